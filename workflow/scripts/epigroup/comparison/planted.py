"""What only a simulation can tell: how well groupings find the planted groups, and how well any network
could score."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from epigroup.affinity.matrix import read_pieces, same_group_auc
from epigroup.comparison.scores import read_metrics
from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import open_hdf5
from epigroup.core.settings import read_settings
from epigroup.dataset.dataset import Dataset, open_dataset
from epigroup.dataset.groups import read_groups
from epigroup.dataset.labels import unpack_columns
from epigroup.evaluation.label_scores import LABEL_SCORES, LabelPredictions
from epigroup.evaluation.metrics import count_scores
from epigroup.evaluation.score import score_columns
from epigroup.grouping.agreement import adjusted_rand
from epigroup.grouping.make_grouping import sheet_agreement

log = logging.getLogger(__name__)

CEILING = [score for score in LABEL_SCORES if score.role in ("headline", "shown") and not score.threshold]
COLUMNS = ["grouping", "method", "vectors", "seed", "k", "ari_planted", "ari_modality", "ari_cell_group"]


@dataclass(frozen=True)
class AgreementSettings:
    """tasks: rows of the sheet; groupings: [grouping, seed, task ids], as the groups.tsv; methods: grouping -> [method,
    vectors], empty where the method has none; affinities: [affinity, strategy, seed], as their files."""

    tasks: tuple[Mapping[str, Any], ...]
    groupings: tuple[Sequence[Any], ...]
    methods: Mapping[str, Sequence[str]]
    affinities: tuple[Sequence[Any], ...]


def planted_agreement(truth: str | Path, groups: list[str], told: AgreementSettings) -> pd.DataFrame:
    """A row a (grouping, seed): method, vectors (empty where the method has none), k, and the adjusted Rand
    index with the planted groups, modality and cell group.
    """
    sheet = pd.DataFrame(told.tasks).set_index("task_id", drop=False)
    planted = read_groups(truth, sheet.index.tolist()).words
    rows = []
    for (name, seed, tasks), path in zip(told.groupings, groups, strict=True):
        # tasks in the same groups are together where groups overlap
        groups_found = read_groups(path, tasks, overlap=True)
        found = groups_found.joined()
        score = adjusted_rand([planted[task][0] for task in tasks], found)
        method, vectors = told.methods[name]
        rows.append({"grouping": name, "method": method, "vectors": vectors, "seed": seed})
        rows[-1] |= {"k": len(groups_found.names), "ari_planted": score}
        rows[-1] |= sheet_agreement(found, sheet.loc[tasks])
        log.info("grouping %s, seed %s: adjusted Rand index %.3f with the planted groups", name, seed, score)
    return pd.DataFrame(rows, columns=COLUMNS)


def affinity_agreement(truth: str | Path, affinities: list[str], told: AgreementSettings) -> pd.DataFrame:
    """A row an affinity (affinity, strategy, seed, kind): the chance that a pair of one planted group,
    modality or cell group scores higher than another pair (`same_group_auc`); 0.5 tells nothing of the
    groups.
    """
    sheet = pd.DataFrame(told.tasks).set_index("task_id", drop=False)
    planted = pd.Series(read_groups(truth, sheet.index.tolist()).joined(), sheet.index)
    rows = []
    for (name, strategy, seed), path in zip(told.affinities, affinities, strict=True):
        found, tasks = read_pieces(path)
        row = {"affinity": name, "strategy": strategy, "seed": seed, "kind": found.kind}
        for column, of in (
            ("planted", planted), ("modality", sheet["modality"]), ("cell_group", sheet["cell_group"])
        ):  # fmt: skip
            score = same_group_auc(found.matrix, found.kind, of.loc[tasks].astype(str))
            row[f"auc_{column}"] = np.nan if score is None else score
        rows.append(row)
        log.info(
            "affinity %s on %s, seed %s: pairs of a planted group score higher with chance %.3f",
            name,
            strategy,
            seed,
            row["auc_planted"],
        )
    columns = ["affinity", "strategy", "seed", "kind", "auc_planted", "auc_modality", "auc_cell_group"]
    return pd.DataFrame(rows, columns=columns)


def ceiling(dataset: Dataset, probability: str | Path) -> pd.DataFrame:
    """A row a task (task_id, regions, n_test, positives_test, test_auprc, test_auroc): the noise-free
    probability against the test labels, on the first set of evaluation regions, by the scores that all tables show
    and that need no threshold.

    probability: HDF5, a dataset (bins, tasks) for each chromosome, attributes task_ids and bin_size.
    InputError: other bins than the data set's, or a task without probabilities.
    """
    examples = dataset.split("test")
    scores = np.empty((len(examples), len(dataset.task_ids)), np.float32)
    with open_hdf5(probability) as file:
        place = {str(task): i for i, task in enumerate(file.attrs["task_ids"])}
        lacking = [task for task in dataset.task_ids if task not in place]
        if lacking or int(file.attrs["bin_size"]) != dataset.bin_size:
            raise InputError(
                f"{probability}: bins of {file.attrs['bin_size']} bp, {len(place)} tasks, the data set has"
                f" {dataset.bin_size} bp and {len(dataset.task_ids)}; simulate again"
            )
        columns = [place[task] for task in dataset.task_ids]
        for i, chromosome in enumerate(dataset.chromosomes):
            here = np.flatnonzero(examples.chrom == i)
            if len(here):
                bins = examples.start[here] // dataset.bin_size
                scores[here] = file[chromosome][:][bins][:, columns]
    rows = []
    for task, name in enumerate(dataset.task_ids):
        labels = unpack_columns(examples.labels, np.array([task]))[:, 0]
        counts = count_scores(scores[:, task], labels)
        rows.append(
            {
                "task_id": name,
                "regions": dataset.evaluation_regions[0],
                "n_test": counts.n,
                "positives_test": counts.n_positive,
            }
            | score_columns(CEILING, LabelPredictions(counts, threshold=np.nan), "test")
        )
    return pd.DataFrame(rows)


def compare_groupings(
    truth: str | Path,
    groups: list[str],
    affinities: list[str],
    out: str | Path,
    affinities_out: str | Path,
    cfg: Mapping[str, Any],
) -> None:
    """Write truth.tsv (`planted_agreement`) and affinities.tsv (`affinity_agreement`). cfg: `AgreementSettings`."""
    told = read_settings(AgreementSettings, cfg, "compare_groupings")
    with whole(out) as path:
        planted_agreement(truth, groups, told).to_csv(path, sep="\t", index=False, na_rep="NaN")
    with whole(affinities_out) as path:
        affinity_agreement(truth, affinities, told).to_csv(path, sep="\t", index=False, na_rep="NaN")


def compare_with_truth(
    probability: str | Path,
    dataset_json: str | Path,
    shards: list[str],
    metrics: list[str],
    out: str | Path,
    cfg: Mapping[str, Any],
) -> None:
    """Write ceiling.tsv (`ceiling`, and `{strategy}:test_auprc` as mean over seeds).

    cfg: runs ([strategy, seed], as metrics).
    """
    table = ceiling(open_dataset(dataset_json, shards), probability).set_index("task_id")
    found: dict[str, list[pd.Series]] = {}
    for (strategy, _), path in zip(cfg["runs"], metrics, strict=True):
        scores = read_metrics(path)["test_auprc"]
        found.setdefault(strategy, []).append(scores.reindex(table.index))
    for strategy, scores in found.items():
        table[f"{strategy}:test_auprc"] = pd.concat(scores, axis=1).mean(axis=1, skipna=False)
        share = (table[f"{strategy}:test_auprc"] / table["test_auprc"]).mean()
        log.info(
            "%s reaches %.3f of the AUPRC of the noise-free probability, mean over tasks", strategy, share
        )
    with whole(out) as partial:
        table.reset_index().to_csv(partial, sep="\t", index=False, na_rep="NaN")
