"""What the shards hold, task by task and split by split: tasks.tsv and dataset.json."""

import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from epigroup.errors import InputError
from epigroup.files import sha256_file, whole
from epigroup.labels import count_positives, unpack_columns
from epigroup.shards import FORMAT_VERSION, Shard, read_shard, served
from epigroup.splits import SPLITS, assign, resolve

log = logging.getLogger(__name__)

COLUMNS = ("task_id", "modality", "assay", "target", "cell_type", "cell_group")
_SAME = ("bin_size", "window", "min_overlap", "assembly", "genome_sha256", "task_ids")


def summarise_dataset(
    shard_paths: Sequence[str | os.PathLike],
    tasks_tsv: str | os.PathLike,
    dataset_json: str | os.PathLike,
    *,
    splits: Mapping,
    tasks: Sequence[Mapping[str, str]],
) -> None:
    """Write tasks.tsv (a row a task, in bit order) and dataset.json from the shards, in the order given.

    `splits` as in the config; `tasks`: the sheet's row of each task (task_id, modality, assay, target,
    cell_type, cell_group). A task without a positive in a split is flagged and named in the log, as are tasks
    whose labels are the same bit by bit.
    Raises InputError for shards that do not belong together, wrong splits, and a split without any example.
    """
    heads = [_checked(path, shard_paths[0], tasks) for path in shard_paths]
    first = heads[0]
    sizes = {head.chrom: head.size for head in heads}
    resolved = resolve(splits, sizes)
    positives = {name: np.zeros(len(tasks), np.int64) for name in (*SPLITS, "none")}
    by_shard = []
    chromosomes = {}
    for path in shard_paths:
        shard = read_shard(path)
        where, by_start = (
            assign(shard.chrom, shard.start, rule, shard.window, shard.bin_size, shard.size)
            for rule in (resolved, resolved | {"rule": "bin"})
        )
        at_border = (where < 0) & (served(by_start, shard.role) >= 0)
        outside = by_start < 0
        where = served(where, shard.role)
        here = {}
        for code, name in [*enumerate(SPLITS), (-1, "none")]:
            here[name] = count_positives(shard.labels[where == code], len(tasks))
            positives[name] += here[name]
        by_shard.append(np.stack([*here.values(), shard.n_peaks]))
        chromosomes[shard.chrom] = {
            "size": shard.size, **shard.counts,
            **{f"n_{name}": int((where == code).sum()) for code, name in enumerate(SPLITS)},
            "n_dropped_border": int(at_border.sum()),
            "n_outside_splits": int(outside.sum()),
            "n_other_role": int(((where < 0) & ~at_border & ~outside).sum()),
            "content_sha256": shard.content_sha256(), "file_sha256": sha256_file(path),
        }  # fmt: skip
    n_examples = {name: sum(c[f"n_{name}"] for c in chromosomes.values()) for name in SPLITS}
    for name, n in n_examples.items():
        if n == 0:
            raise InputError(f"splits.{name}: no example lies in {_show(resolved[name])}; choose other spans")
    border = sum(c["n_dropped_border"] for c in chromosomes.values())
    log.info(
        "%s examples in train, %s in validation, %s in test; %s dropped: windows across a split's border",
        *(f"{n_examples[name]:,}" for name in SPLITS),
        f"{border:,}",
    )
    table = task_table(tasks, sum(c[-1] for c in by_shard), positives, n_examples["train"])
    for row in table.itertuples():
        if row.flag:
            log.warning("task %s: %s; its figures there will be empty", row.task_id, row.flag)
    warn_of_twins(shard_paths, first.task_ids, np.stack(by_shard))
    about = {
        "format_version": FORMAT_VERSION, "assembly": first.assembly, "genome_sha256": first.genome_sha256,
        "bin_size": first.bin_size, "window": first.window, "min_overlap": first.min_overlap,
        "n_examples": n_examples, "chromosomes": chromosomes, "splits": resolved,
        "task_ids": list(first.task_ids),
    }  # fmt: skip
    about["dataset_hash"] = dataset_hash(about)
    with whole(tasks_tsv) as partial:
        table.to_csv(partial, sep="\t", index=False, float_format="%.6g")
    with whole(dataset_json) as partial:
        partial.write_text(json.dumps(about, indent=1) + "\n")


def _checked(path, first_path, tasks: Sequence[Mapping[str, str]]) -> Shard:
    head, first = read_shard(path, rows=False), read_shard(first_path, rows=False)
    for key in _SAME:
        if getattr(head, key) != getattr(first, key):
            raise InputError(
                f"{path}: its {key} is not that of {first_path}; make them again from one genome and sheet"
            )
    if list(head.task_ids) != [t["task_id"] for t in tasks]:
        raise InputError(
            f"{path}: its tasks are not those of the sheet, in the sheet's order; make the shard again"
        )
    return head


def task_table(
    tasks: Sequence[Mapping[str, str]], n_peaks: np.ndarray, positives: Mapping[str, np.ndarray], n_train: int
) -> pd.DataFrame:
    """tasks.tsv: the sheet's columns, n_peaks, positives per split, share_train of the training examples,
    flag."""
    table = pd.DataFrame([{key: task.get(key) or "" for key in COLUMNS} for task in tasks])
    table["n_peaks"] = n_peaks
    for name in SPLITS:
        table[f"positives_{name}"] = positives[name]
    table["share_train"] = positives["train"] / n_train
    lacking = [[name for name in SPLITS if positives[name][i] == 0] for i in range(len(tasks))]
    table["flag"] = [f"no positives in {', '.join(names)}" if names else "" for names in lacking]
    return table


def warn_of_twins(
    paths: Sequence[str | os.PathLike], task_ids: Sequence[str], counts: np.ndarray
) -> list[tuple[str, str]]:
    """Warn of tasks whose labels are the same in every example, and return them in pairs; tasks without any
    positive aside.

    `counts` int (shards, k, T): whatever counts of each task; only tasks of equal counts are compared.
    """
    alike: dict[bytes, list[int]] = {}
    for task in range(len(task_ids)):
        if counts[:, :-1, task].any():
            alike.setdefault(counts[:, :-1, task].tobytes(), []).append(task)
    candidates = sorted(t for tasks in alike.values() if len(tasks) > 1 for t in tasks)
    if not candidates:
        return []
    digests = {task: hashlib.sha256() for task in candidates}
    for path in paths:
        labels = read_shard(path).labels
        for task in candidates:
            digests[task].update(np.packbits(unpack_columns(labels, np.array([task]))[:, 0]).data)
    twins = [
        (task_ids[a], task_ids[b])
        for a, b in combinations(candidates, 2)
        if digests[a].digest() == digests[b].digest()
    ]
    for a, b in twins:
        log.warning(
            "tasks %s and %s have the same labels in every example; is one peak file in the sheet twice?",
            a,
            b,
        )
    return twins


def dataset_hash(about: Mapping) -> str:
    """sha256 of what a network can learn from: the shards' contents, the splits, the tasks and the window."""
    known = {
        "content": {c: values["content_sha256"] for c, values in about["chromosomes"].items()},
        **{key: about[key] for key in ("splits", "task_ids", "window", "bin_size")},
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def read_tasks(path: str | os.PathLike) -> pd.DataFrame:
    """tasks.tsv as written; empty cells are empty strings."""
    return pd.read_csv(Path(path), sep="\t", keep_default_na=False)


def _show(spans: Sequence[Mapping]) -> str:
    shown = [f"{s['chrom']}:{s['start']}-{s['end']}" for s in spans[:5]]
    return ", ".join(shown) + (", ..." if len(spans) > 5 else "") if shown else "no span"
