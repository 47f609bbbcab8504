"""One model out of a pack."""

from __future__ import annotations

import os

from epigroup.core.errors import InputError
from epigroup.networks.model_files import read_info, read_weights, write_models


def export_model(pack: str | os.PathLike, group: int, out: str | os.PathLike) -> None:
    """Write group `group` of a pack's model file as a model file of its own, with the same metadata cut to
    that group.
    """
    info = read_info(pack)
    if group not in info.groups:
        raise InputError(f"{pack}: holds no group {group}; it holds {sorted(info.groups)}")
    others = [step for step in info.serving_steps(group) if step != info.best_step[group]]
    write_models(
        out,
        info.of_group(group),
        {group: read_weights(pack, group)},
        {group: {step: read_weights(pack, group, step) for step in others}},
    )
