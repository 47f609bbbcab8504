"""Which network serves a task that several groups learn: a choice on validation."""

from __future__ import annotations

import csv
import logging
import os
from collections.abc import Sequence

import numpy as np
import torch

from epigroup.core.files import whole
from epigroup.core.logs import Progress
from epigroup.dataset.labels import unpack_columns
from epigroup.evaluation.metrics import average_precision, count_scores, log_loss
from epigroup.evaluation.signal_scores import mean_squared_error, pearson
from epigroup.networks.model_files import read_pack_infos
from epigroup.prediction.predict import PROGRESS_SECONDS, groups_of_tasks, networks_of, open_examples, score

logger = logging.getLogger(__name__)

COLUMNS = {
    "labels": ("task_id", "group", "n_groups", "validation_auprc", "groups"),
    "signal": ("task_id", "group", "n_groups", "validation_pearson", "groups"),
}


def choose_groups(
    model_paths: Sequence[str | os.PathLike],
    genome_h5: str | os.PathLike,
    dataset_json: str | os.PathLike,
    shard_paths: Sequence[str | os.PathLike],
    *,
    out: str | os.PathLike,
    batch_size: int,
    both_strands: bool = False,
    device: str = "auto",
    threads: int = 1,
    data: str = "memory",
) -> None:
    """Write serving.tsv, a row a task: the group whose network has the highest average precision on the
    validation examples (of the regions that stop training); of equals, or without positives, the one of the
    lower log loss, then the first. Where the targets are signals it is Pearson's r and the squared error.

    Average precision needs no threshold, so none is chosen twice. `groups`: each group with its average
    precision. Raises InputError as `open_examples`.
    """
    torch.set_num_threads(threads)
    dataset, examples, sequences, positions = open_examples(
        model_paths, genome_h5, dataset_json, shard_paths,
        split="validation", regions=0, device=device, data=data,
    )  # fmt: skip
    infos = read_pack_infos(model_paths)
    groups = groups_of_tasks(infos)
    open_to_choice = {(task, group) for task, known in groups.items() if len(known) > 1 for group in known}
    column = {task: i for i, task in enumerate(dataset.task_ids)}
    found: dict[tuple[str, int], tuple[float, float]] = {}
    progress = Progress(logger, "networks", len(open_to_choice), "tasks and groups", PROGRESS_SECONDS)
    for network, info, group, tasks, own in networks_of(model_paths, infos, sequences.device, open_to_choice):
        signal = dataset.targets == "signal"
        scores = np.empty((len(positions), len(tasks)), np.float32 if signal else np.float16)
        for rows, probability in score(network, sequences, positions, batch_size, info, both_strands):
            scores[rows] = probability[:, own]
        columns = np.array([column[task] for task in tasks])
        if signal:
            assert examples.signal is not None  # a data set of signals holds them
            for i, task in enumerate(tasks):
                target, predicted = (
                    v.astype(np.float64) for v in (examples.signal[:, columns[i]], scores[:, i])
                )
                found[task, group] = pearson(target, predicted), mean_squared_error(target, predicted)
        else:
            labels = unpack_columns(np.asarray(examples.labels), columns)
            for i, task in enumerate(tasks):
                counts = count_scores(scores[:, i], labels[:, i])
                found[task, group] = average_precision(counts), log_loss(counts)
        progress.advance(len(tasks))
    with whole(out) as partial, open(partial, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS[dataset.targets])
        for task in sorted(groups, key=column.__getitem__):
            known = groups[task]
            rank = {group: found.get((task, group), (np.nan, np.nan)) for group in known}
            least = -np.inf if dataset.targets == "signal" else 0.0
            best = min(
                known, key=lambda group: (-np.nan_to_num(rank[group][0], nan=least), rank[group][1], group)
            )
            words = " ".join(f"{group}:{rank[group][0]:.6g}" for group in known)
            writer.writerow([task, best, len(known), f"{rank[best][0]:.8g}", words])
    logger.info("%d of %d tasks are in several groups", sum(len(g) > 1 for g in groups.values()), len(groups))
