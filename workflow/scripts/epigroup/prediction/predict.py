"""Scores of a strategy's networks: every task by the network of its group, at the step that serves it."""

from __future__ import annotations

import logging
import os
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import new_hdf5, write_arrays
from epigroup.core.logs import Progress
from epigroup.dataset.dataset import Dataset, Examples
from epigroup.dataset.groups import read_groups
from epigroup.dataset.with_genome import open_with_genome
from epigroup.networks.losses import find_loss
from epigroup.networks.model_files import ModelInfo, check_dataset, load_network, read_info, read_pack_infos
from epigroup.networks.networks import Network
from epigroup.training.batches import Sequences
from epigroup.training.devices import choose_device
from epigroup.training.open_data import load_sequences, window_positions

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 20
CHUNK = 1 << 12  # examples with a checksum of their own


@dataclass(frozen=True)
class ScoringSettings:
    """How windows are scored: `batch_size` at a time, forward or, with `both_strands`, as the mean of what a window
    and its reverse complement give; on `device` ("auto", "cpu" or "cuda") with so many threads; `data` "disk": genome
    and labels are pages of files."""

    batch_size: int
    both_strands: bool = False
    device: str = "auto"
    threads: int = 1
    data: str = "memory"


def groups_of_tasks(infos: Sequence[ModelInfo]) -> dict[str, list[int]]:
    """Task -> the groups that learn it, ascending, for the packs of one strategy."""
    pairs = sorted((group, task) for info in infos for group, tasks in info.groups.items() for task in tasks)
    found: dict[str, list[int]] = {}
    for group, task in pairs:
        found.setdefault(task, []).append(group)
    return found


def serving_groups(infos: Sequence[ModelInfo], serving: str | os.PathLike | None = None) -> dict[str, int]:
    """Task -> the group whose network scores it, for the packs of one strategy.

    `serving`: a table of task_id and group, made on validation, where groups overlap. Raises InputError for a
    task in more than one group without it, and for a table of other tasks or groups.
    """
    known = groups_of_tasks(infos)
    if serving is None:
        for task, groups in known.items():
            if len(groups) > 1:
                raise InputError(
                    f"task {task!r} is in the groups {' and '.join(map(str, groups))}; "
                    "overlapping groups need a table that says which network serves a task"
                )
        return {task: groups[0] for task, groups in known.items()}
    table = read_groups(serving, list(known), needed=(), overlap=True, numbered=True)
    rows = [(task, group) for group, tasks in table.by_number().items() for task in tasks]
    chosen = dict(rows)
    if len(rows) != len(known) or any(group not in known[task] for task, group in rows):
        wrong = [task for task in known if chosen.get(task) not in known[task]] or [rows[0][0]]
        raise InputError(
            f"{serving}: task {wrong[0]!r} needs one row, with a group that learns it; choose groups again"
        )
    return chosen


def networks_of(
    model_paths: Sequence[str | os.PathLike],
    infos: Sequence[ModelInfo],
    device: torch.device,
    wanted: Container[tuple[str, int]],
) -> Iterator[tuple[Network, ModelInfo, int, list[str], list[int]]]:
    """The networks of all packs one after another, on the device, with their group, those of its (task,
    group) that are `wanted`, and their columns in its output; one is in memory at a time, and one that
    serves none is left out.

    A group has one network, or, where tasks keep weights of their own, one for each step that serves some.
    """
    for path, info in zip(model_paths, infos):
        for group in sorted(info.groups):
            column = {task: i for i, task in enumerate(info.groups[group])}
            for step, tasks in info.serving_steps(group).items():
                served = [task for task in tasks if (task, group) in wanted]
                if served:
                    network = load_network(path, info, group, step).to(device)
                    yield network, info, group, served, [column[task] for task in served]


def score(
    network: Network,
    sequences: Sequences,
    positions: torch.Tensor,
    batch_size: int,
    info: ModelInfo,
    both_strands: bool,
) -> Iterator[tuple[slice, np.ndarray]]:
    """Expected targets (of labels: probabilities) of the windows at `positions` (N,): pairs of the rows and
    float32 (rows, tasks), from first to last.

    The network is that of `info`: its precision, and what its output means under its loss. With
    `both_strands` the mean of what a window and its reverse complement give.
    """
    bf16, mean = info.precision == "bf16", find_loss(info.settings["loss"]).mean
    dtype = torch.bfloat16 if bf16 else torch.float32
    for first in range(0, len(positions), batch_size):
        rows = slice(first, min(first + batch_size, len(positions)))
        with (
            torch.inference_mode(),
            torch.autocast(positions.device.type, torch.bfloat16, enabled=bf16),
        ):
            here = positions[rows]
            scores = mean(network(sequences.one_hot(here, dtype)))
            if both_strands:
                other = sequences.one_hot(here, dtype, torch.ones_like(here, dtype=torch.bool))
                scores = (scores + mean(network(other))) / 2
        yield rows, scores.cpu().numpy()


def score_tasks(
    model_paths: Sequence[str | os.PathLike],
    sequences: Sequences,
    positions: torch.Tensor,
    task_ids: Sequence[str],
    scoring: ScoringSettings,
    dtype: type[np.floating] = np.float16,
    serving: str | os.PathLike | None = None,
) -> np.ndarray:
    """Probabilities (N, T) in `dtype` of the windows at `positions` for `task_ids`; NaN where no network has
    the task. `serving` as in `serving_groups`.

    The precision of the arithmetic is the one a network was trained with.
    """
    infos = read_pack_infos(model_paths)
    wanted = set(serving_groups(infos, serving).items())
    columns: Mapping[str, int] = {task: i for i, task in enumerate(task_ids)}
    n_networks = sum(
        any((task, group) in wanted for task in tasks)
        for info in infos
        for group in info.groups
        for tasks in info.serving_steps(group).values()
    )
    scores = np.full((len(positions), len(task_ids)), np.nan, dtype=dtype)
    progress = Progress(logger, "scores", n_networks * len(positions), "examples", PROGRESS_SECONDS)
    for network, info, _, tasks, own in networks_of(model_paths, infos, sequences.device, wanted):
        at = [columns[task] for task in tasks]
        for rows, probability in score(
            network, sequences, positions, scoring.batch_size, info, scoring.both_strands
        ):
            scores[rows, at] = probability[:, own]
            progress.advance(len(probability))
    return scores


def open_examples(
    model_paths: Sequence[str | os.PathLike],
    genome_h5: str | os.PathLike,
    dataset_json: str | os.PathLike,
    shard_paths: Sequence[str | os.PathLike],
    *,
    split: str,
    regions: int,
    device: str,
    data: str,
) -> tuple[Dataset, Examples, Sequences, torch.Tensor]:
    """Data set, its examples of a split in one of its sets of evaluation regions (0: the first, -1: the
    last), sequences, and positions (N,) of their windows. Raises InputError when models, data set and genome
    do not belong together.
    """
    chosen = choose_device(device)  # first: a missing GPU must not show after minutes of reading
    dataset, genome = open_with_genome(genome_h5, dataset_json, shard_paths)
    check_dataset(model_paths, read_pack_infos(model_paths), dataset.dataset_hash, str(dataset_json))
    sequences = load_sequences(dataset, genome, chosen, data)
    examples = dataset.split(split, dataset.evaluation_regions[regions], data)
    return dataset, examples, sequences, window_positions(sequences, dataset, examples)


def predict_split(
    model_paths: Sequence[str | os.PathLike],
    genome_h5: str | os.PathLike,
    dataset_json: str | os.PathLike,
    shard_paths: Sequence[str | os.PathLike],
    *,
    split: str,
    out: str | os.PathLike,
    scoring: ScoringSettings,
    serving: str | os.PathLike | None = None,
) -> None:
    """Score all examples of a split, of every set of evaluation regions, and write them with their labels;
    `serving` as in `serving_groups`.

    The file: `probability` float16 (N, T), NaN for a task that the strategy does not learn; `labels` uint8
    (N, ceil(T/8)) packed little-endian; `chrom` int16 (N) index into the attribute `chromosomes`; `start`
    int32 (N) of the bin; attributes `task_ids`, `chromosomes`, `dataset_hash`, `split`, and the networks'
    `precision`. Where the targets are
    signals, `predicted` float32 and `signal` float16 (N, T) instead of `probability`. Raises InputError
    when models, data set and genome do not belong together.
    """
    torch.set_num_threads(scoring.threads)
    dataset, examples, sequences, positions = open_examples(
        model_paths, genome_h5, dataset_json, shard_paths,
        split=split, regions=-1, device=scoring.device, data=scoring.data,  # the last set holds the others
    )  # fmt: skip
    scores = score_tasks(
        model_paths, sequences, positions, dataset.task_ids, scoring,
        np.float32 if dataset.targets == "signal" else np.float16, serving,
    )  # fmt: skip
    with whole(out) as partial, new_hdf5(partial) as handle:
        arrays = {"probability": scores, "labels": examples.labels}
        if examples.signal is not None:
            arrays = {"predicted": scores, "signal": examples.signal, "labels": examples.labels}
        arrays |= {"chrom": examples.chrom.astype(np.int16), "start": examples.start.astype(np.int32)}
        write_arrays(handle, arrays, rows=CHUNK)
        handle.attrs.update(
            dataset_hash=dataset.dataset_hash,
            split=split,
            task_ids=list(dataset.task_ids),
            chromosomes=list(dataset.chromosomes),
            precision=read_info(model_paths[0]).precision,
        )
    logger.info(
        "%s examples of the %s split scored for %d tasks", f"{len(scores):,}", split, len(dataset.task_ids)
    )
