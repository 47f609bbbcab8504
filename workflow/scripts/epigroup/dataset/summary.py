"""What the shards hold, task by task and split by split: dataset.json."""

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import sha256_file, whole
from epigroup.core.text_files import sealed
from epigroup.dataset.dataset import read_role, served
from epigroup.dataset.labels import count_positives, unpack_columns
from epigroup.dataset.shards import FORMAT_VERSION, SCORED, Shard, read_shard
from epigroup.dataset.splits import SPLITS, assign, resolve
from epigroup.dataset.twins import Columns, twin_sets

log = logging.getLogger(__name__)

_SAME = ("bin_size", "window", "min_overlap", "assembly", "genome_sha256", "task_ids", "signal_transform")


@dataclass(frozen=True)
class ShardCounts:
    """What one shard holds. about: its entry in dataset.json. positives: int64 (T,) of each task, by split and "none".
    n_peaks int64 (T,)."""

    about: dict[str, Any]
    positives: dict[str, np.ndarray]
    n_peaks: np.ndarray


def summarise_dataset(
    shard_paths: Sequence[str | os.PathLike],
    dataset_json: str | os.PathLike,
    *,
    splits: Mapping[str, Any],
    task_ids: Sequence[str],
) -> None:
    """Write dataset.json from the shards, in the order given.

    `splits` as in the config; `task_ids` in the sheet's order. A task without a positive in a split is named
    in the log, as are tasks whose labels are the same bit by bit.
    Raises InputError for shards that do not belong together, wrong splits, and a split without any example.
    """
    heads = [_checked(path, shard_paths[0], task_ids) for path in shard_paths]
    first = heads[0]
    regions = evaluation_regions(shard_paths)
    resolved = resolve(splits, {head.chrom: head.size for head in heads})
    counted = [count_shard(path, resolved, regions) for path in shard_paths]
    chromosomes = {head.chrom: one.about for head, one in zip(heads, counted, strict=True)}
    n_examples = {name: sum(c[f"n_{name}"] for c in chromosomes.values()) for name in SPLITS}
    for name, n in n_examples.items():
        if n == 0:
            raise InputError(f"splits.{name}: no example lies in {_show(resolved[name])}; choose other spans")
    n_evaluation = {
        name: {s: sum(c["n_evaluation"][name][s] for c in chromosomes.values()) for s in SPLITS[1:]}
        for name in regions
    }
    positives = {name: np.sum([one.positives[name] for one in counted], axis=0) for name in SPLITS}
    n_at_border = sum(c["n_dropped_border"] for c in chromosomes.values())
    _log_examples(n_examples["train"], resolved["rule"], n_at_border, n_evaluation)
    _warn_of_lacking(first.task_ids, positives)
    by_shard = np.stack([np.stack([*one.positives.values(), one.n_peaks]) for one in counted])
    warn_of_twins(shard_paths, first.task_ids, by_shard)
    about: dict[str, Any] = {
        "format_version": FORMAT_VERSION, "assembly": first.assembly, "genome_sha256": first.genome_sha256,
        "bin_size": first.bin_size, "window": first.window, "min_overlap": first.min_overlap,
        "n_examples": n_examples, "n_evaluation": n_evaluation, "chromosomes": chromosomes,
        "splits": resolved, "task_ids": list(first.task_ids),
        "n_peaks": np.sum([one.n_peaks for one in counted], axis=0).tolist(),
        "positives": {name: positives[name].tolist() for name in SPLITS},
        **({} if first.signal is None else {"signal_transform": first.signal_transform}),
    }  # fmt: skip
    about["dataset_hash"] = dataset_hash(about)
    with whole(dataset_json) as partial:
        partial.write_text(json.dumps(sealed(about), indent=1) + "\n", encoding="utf-8")


def count_shard(path: str | os.PathLike, splits: Mapping[str, Any], regions: Sequence[str]) -> ShardCounts:
    """What a shard holds of each split. `splits`: resolved; `regions`: the sets of evaluation regions, each of which
    holds the one before. Positives are those of the first set."""
    shard = read_shard(path)
    where, by_start = (
        assign(shard.chrom, shard.start, rule, shard.window, shard.bin_size, shard.size)
        for rule in (splits, {**splits, "rule": "bin"})
    )
    at_border = (where < 0) & (served(by_start, shard.role, regions[-1]) >= 0)
    outside = by_start < 0
    other = (served(where, shard.role, regions[-1]) < 0) & ~at_border & ~outside
    sets = {name: np.bincount(served(where, shard.role, name) + 1, minlength=4)[1:] for name in regions}
    where = served(where, shard.role, regions[0])
    positives = {
        name: count_positives(shard.labels[where == code], len(shard.task_ids))
        for code, name in [*enumerate(SPLITS), (-1, "none")]
    }
    about = {
        "size": shard.size, **shard.counts,
        **{f"n_{name}": int(n) for name, n in zip(SPLITS, sets[regions[0]], strict=True)},
        "n_evaluation": {
            name: {split: int(n[SPLITS.index(split)]) for split in SPLITS[1:]} for name, n in sets.items()
        },
        "n_dropped_border": int(at_border.sum()),
        "n_outside_splits": int(outside.sum()),
        "n_other_role": int(other.sum()),
        "content_sha256": shard.content_sha256(), "file_sha256": sha256_file(path),
    }  # fmt: skip
    return ShardCounts(about, positives, shard.n_peaks)


def _log_examples(
    n_train: int, rule: str, n_at_border: int, n_evaluation: Mapping[str, Mapping[str, int]]
) -> None:
    log.info(
        "%s examples in train (rule %s); %s dropped: windows across a split's border",
        f"{n_train:,}", rule, f"{n_at_border:,}",
    )  # fmt: skip
    for name, n in n_evaluation.items():
        log.info(
            "evaluation regions %s: %s examples in validation, %s in test",
            name, f"{n['validation']:,}", f"{n['test']:,}",
        )  # fmt: skip


def _warn_of_lacking(task_ids: Sequence[str], positives: Mapping[str, np.ndarray]) -> None:
    for task, name in enumerate(task_ids):
        lacking = [split for split in SPLITS if positives[split][task] == 0]
        if lacking:
            log.warning(
                "task %s: no positives in %s; its figures there will be empty", name, ", ".join(lacking)
            )


def evaluation_regions(shard_paths: Sequence[str | os.PathLike]) -> list[str]:
    """Names of the sets of evaluation regions that the shards hold, each of which holds the one before; the
    first of all where no example is for evaluation."""
    roles = {int(role) for path in shard_paths for role in np.unique(read_role(path))}
    return [name for name, bit in SCORED.items() if any(role & bit for role in roles)] or [*SCORED][:1]


def _checked(path: str | os.PathLike, first_path: str | os.PathLike, task_ids: Sequence[str]) -> Shard:
    head, first = read_shard(path, rows=False), read_shard(first_path, rows=False)
    for key in _SAME:
        if getattr(head, key) != getattr(first, key):
            raise InputError(
                f"{path}: its {key} is not that of {first_path}; make them again from one genome and sheet"
            )
    if list(head.task_ids) != list(task_ids):
        raise InputError(
            f"{path}: its tasks are not those of the sheet, in the sheet's order; make the shard again"
        )
    return head


def warn_of_twins(
    paths: Sequence[str | os.PathLike], task_ids: Sequence[str], counts: np.ndarray
) -> list[list[str]]:
    """Warn of tasks whose labels are the same in every example, and return them in sets; tasks without any
    positive aside.

    `counts` int (shards, k, T): whatever counts of each task; only tasks of equal counts are compared.
    """
    alike: dict[bytes, list[int]] = {}
    for task in range(len(task_ids)):
        if counts[:, :-1, task].any():
            alike.setdefault(counts[:, :-1, task].tobytes(), []).append(task)
    twins = [[task_ids[task] for task in one] for one in twin_sets(_label_columns(paths), alike.values())]
    for names in twins:
        log.warning(
            "tasks %s and %s have the same labels in every example; is one peak file in the sheet twice?",
            ", ".join(names[:-1]),
            names[-1],
        )
    return twins


def _label_columns(paths: Sequence[str | os.PathLike]) -> Iterator[Columns]:
    for path in paths:
        labels = read_shard(path).labels
        for row in range(0, len(labels), 1 << 16):
            yield partial(unpack_columns, labels[row : row + (1 << 16)])


def dataset_hash(about: Mapping[str, Any]) -> str:
    """sha256 of what a network can learn from: the shards' contents, the splits, the tasks and the window."""
    known = {
        "content": {c: values["content_sha256"] for c, values in about["chromosomes"].items()},
        **{key: about[key] for key in ("splits", "task_ids", "window", "bin_size")},
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _show(spans: Sequence[Mapping[str, Any]]) -> str:
    shown = [f"{s['chrom']}:{s['start']}-{s['end']}" for s in spans[:5]]
    return ", ".join(shown) + (", ..." if len(spans) > 5 else "") if shown else "no span"
