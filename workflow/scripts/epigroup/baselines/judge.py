"""A baseline fitted on training bins, its predictions of the validation and test bins, and their scores."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from epigroup import baselines
from epigroup.baselines.material import Bins, Material, Predictor, as_bins
from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import new_hdf5, open_hdf5
from epigroup.core.logs import Progress
from epigroup.core.settings import read_settings
from epigroup.core.text_files import read_json
from epigroup.dataset.dataset import Dataset
from epigroup.dataset.labels import packed_width, unpack
from epigroup.dataset.with_genome import open_with_genome
from epigroup.evaluation.predictions import evaluate_strategy
from epigroup.evaluation.settings import EvaluationSettings

log = logging.getLogger(__name__)

_CHUNK = 1 << 12


def draw_bins(dataset: Dataset, split: str, n: int, seed: int) -> Bins:
    """Up to n bins of a split, drawn at random, in its order; all where there are fewer."""
    total = (
        dataset.n_train if split == "train" else dataset.n_evaluation[dataset.evaluation_regions[0]][split]
    )
    rng = np.random.default_rng([seed])
    rows = np.sort(rng.choice(total, min(n, total), replace=False))
    chrom, start = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    labels = np.empty((len(rows), len(dataset.task_ids)), bool)
    at = 0
    for part in dataset.blocks(split):
        here = slice(*np.searchsorted(rows, [at, at + len(part)]))
        picked = rows[here] - at
        chrom[here], start[here] = part.chrom[picked], part.start[picked]
        labels[here] = unpack(part.labels[picked], len(dataset.task_ids))
        at += len(part)
    return Bins(chrom, start, labels)


def scored_bins(dataset: Dataset, split: str, predictions: str | os.PathLike | None) -> Iterator[Bins]:
    """The bins of a split over all sets of evaluation regions, at most 65,536 at a time, with the predictions of
    a strategy beside them where a file of these is given. InputError: predictions of other bins."""
    at = 0
    with ExitStack() as stack:
        store = stack.enter_context(open_hdf5(predictions)) if predictions else None
        for part in dataset.blocks(split, dataset.evaluation_regions[-1]):
            beside = None
            if store is not None:
                here = slice(at, at + len(part))
                same = all(np.array_equal(store[key][here], getattr(part, key)) for key in ("chrom", "start"))
                if not same or str(store.attrs["dataset_hash"]) != dataset.dataset_hash:
                    raise InputError(f"{predictions}: is not of this data set's {split} bins; predict again")
                beside = store["probability"][here]
            at += len(part)
            yield as_bins(part, len(dataset.task_ids), beside)


def write_predictions(
    path: str | os.PathLike,
    dataset: Dataset,
    split: str,
    predict: Predictor,
    predictions: str | os.PathLike | None = None,
) -> None:
    """Scores of all bins of a split, in the form of `predict.predict_split`."""
    n = dataset.n_evaluation[dataset.evaluation_regions[-1]][split]
    n_tasks = len(dataset.task_ids)
    progress = Progress(log, f"scores of {split}", n, "examples")
    with new_hdf5(path) as store:
        shapes = {
            "probability": ((n, n_tasks), np.float16),
            "labels": ((n, packed_width(n_tasks)), np.uint8),
            "chrom": ((n,), np.int16),
            "start": ((n,), np.int32),
        }
        kept = {
            name: store.create_dataset(name, shape, kind, chunks=(min(_CHUNK, max(n, 1)), *shape[1:]))
            for name, (shape, kind) in shapes.items()
        }
        at = 0
        for bins in scored_bins(dataset, split, predictions):
            here = slice(at, at + len(bins))
            at += len(bins)
            kept["probability"][here] = predict(bins)
            kept["labels"][here] = np.packbits(bins.labels, axis=1, bitorder="little")
            kept["chrom"][here], kept["start"][here] = bins.chrom, bins.start
            progress.advance(len(bins))
        store.attrs.update(
            dataset_hash=dataset.dataset_hash,
            split=split,
            task_ids=list(dataset.task_ids),
            chromosomes=list(dataset.chromosomes),
        )


@dataclass(frozen=True, kw_only=True)
class JudgeSettings(EvaluationSettings):
    """Those of the evaluation, and examples (training bins, and validation bins, that a regression sees at most), l2
    and ridge (penalties tried by logistic and by ridge regressions), ranks (tried), draw (seed of these bins)."""

    examples: int
    l2: tuple[float, ...]
    ridge: tuple[float, ...]
    ranks: tuple[int, ...]
    draw: int


def judge_baseline(
    name: str,
    dataset_json: str | os.PathLike,
    shard_paths: Sequence[str | os.PathLike],
    genome_h5: str | os.PathLike,
    outputs: Mapping[str, str],
    cfg: Mapping[str, Any],
    predictions: Mapping[str, str] | None = None,
) -> None:
    """Fit a baseline and score it as a strategy is scored: metrics.tsv and blocks.h5 of the same form, and its
    predictions of validation and test.

    cfg: `JudgeSettings`. outputs: paths by metrics, blocks, validation, test. predictions: validation and test of the
    joint network, for the baseline that reads them.
    Nothing is fitted on test bins; penalty and rank are chosen on validation, and scores made probabilities there.
    InputError: a genome, shards or predictions of another data set.
    """
    told = read_settings(JudgeSettings, cfg, "baselines")
    dataset, genome = open_with_genome(genome_h5, dataset_json, shard_paths)
    n = told.examples if baselines.penalties(name) else 0
    material = Material(
        dataset,
        genome,
        draw_bins(dataset, "train", n, told.draw),
        draw_bins(dataset, "validation", n, told.draw),
        np.array(read_json(dataset_json)["positives"]["train"], np.float64),
        dataset.n_train,
        told.l2,
        told.ridge,
        told.ranks,
    )
    predict = baselines.load(name)(material)
    for split in ("validation", "test"):
        with whole(outputs[split]) as path:
            write_predictions(path, dataset, split, predict, predictions[split] if predictions else None)
    with TemporaryDirectory(prefix=".partial", dir=Path(outputs["metrics"]).parent) as folder:
        groups = Path(folder, "groups.tsv")
        groups.write_text(
            "task_id\tgroup\n" + "".join(f"{task}\t0\n" for task in told.tasks), encoding="utf-8"
        )
        evaluate_strategy(
            outputs["validation"],
            outputs["test"],
            groups,
            dataset_json,
            outputs["metrics"],
            outputs["blocks"],
            {one.name: getattr(told, one.name) for one in fields(EvaluationSettings)},
        )
