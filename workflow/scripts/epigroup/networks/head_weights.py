"""E: the head weights of one network of many tasks, a row a task (Shiri & Sun 2022, section II)."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import new_hdf5, write_arrays
from epigroup.networks.model_files import read_pack_infos, read_weights

logger = logging.getLogger(__name__)


def read_heads(model_paths: Sequence[str | os.PathLike]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """E float32 (T, d), biases float32 (T,) and task ids (T), tasks in the data set's order.

    Raises InputError when the models hold more than one network: rows of different networks live in
    unrelated bases and cannot be compared. The same for private hidden layers.
    """
    infos = read_pack_infos(model_paths)
    if infos[0].network.get("head", "shared") != "shared":
        raise InputError(
            f"{model_paths[0]}: each task has a hidden layer of its own, and rows on different hidden layers "
            "cannot be compared; let heads_from name a strategy with network.head shared"
        )
    places = [(path, group) for path, info in zip(model_paths, infos, strict=True) for group in info.groups]
    if len(places) != 1:
        raise InputError(
            f"{model_paths[0]}: the strategy has {len(places)} networks, and head weights can only be "
            "compared within one; let heads_from name a strategy whose grouping has a single group"
        )
    path, group = places[0]
    tasks = next(info.groups[group] for info in infos if group in info.groups)
    weights = read_weights(path, group)
    return weights["head.weight"].numpy(), weights["head.bias"].numpy(), tasks


def write_heads(model_paths: Sequence[str | os.PathLike], out: str | os.PathLike) -> None:
    """Write heads.h5: `E` float32 (T, d), `bias` float32 (T,), `task_id` (T,) text; attributes say what it
    was read from.
    """
    weights, bias, tasks = read_heads(model_paths)
    info = read_pack_infos(model_paths)[0]
    with whole(out) as partial, new_hdf5(partial) as handle:
        write_arrays(handle, {"E": weights, "bias": bias, "task_id": np.array(tasks)})
        handle.attrs.update(dataset_hash=info.dataset_hash, seed=info.seed, network=info.network["name"])
    logger.info("heads of %d tasks, %d weights each", *weights.shape)
