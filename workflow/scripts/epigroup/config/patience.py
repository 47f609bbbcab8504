"""What a config asks of the study of patience."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from epigroup.core.errors import InputError


def count_profiles(spec: Mapping[str, Any], table: pd.DataFrame) -> int:
    """How many profiles a study trains, from config and sheet alone (`table` has columns task_id, modality).

    InputError: a task that the sheet lacks.
    """
    tasks = spec.get("tasks")
    if tasks is None:
        return int(table["modality"].value_counts().clip(upper=spec["per_modality"]).sum())
    unknown = sorted(set(tasks) - set(table["task_id"]))
    if unknown:
        raise InputError(f"config: patience_study.tasks: not in the sample sheet: {', '.join(unknown)}")
    return len(tasks)


def full_length(training: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a strategy with the study's own over them, a patience that is never used up, and no
    weights kept for single tasks, as the study keeps none.
    """
    own = {key: spec[key] for key in ("max_steps", "validate_every", "learning_rate") if key in spec}
    full = {**training, **own}
    return full | {"patience": -(-full["max_steps"] // full["validate_every"]), "keep": "group"}
