"""The patience study of Shiri & Sun 2022 (section III.D, Figure 3): how long to wait for a new minimum.

Profiles of small to large positive share are trained alone, each for its full course. Between two
successive minima of the validation loss lies a run of validations; a patience shorter than the longest of
them would have stopped too early.
"""

import logging
import os
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.tables import read_table
from epigroup.core.text_files import read_json
from epigroup.dataset.groups import read_groups
from epigroup.dataset.tasks import read_tasks, task_table

log = logging.getLogger(__name__)

STUDY_COLUMNS = (
    "task_id", "modality", "share_train", "validations", "steps", "best_step", "best_loss", "safe_patience",
    "best_at_end",
)  # fmt: skip


def choose_profiles(tasks: pd.DataFrame, per_modality: int) -> list[str]:
    """Ids of `per_modality` tasks of each modality (fewer where it has fewer), from small to large share.

    tasks: as tasks.tsv. The tasks of a modality that have a positive in training and in validation are ranked by
    their share of positive training examples (ties by id) and cut into `per_modality` runs of equal length;
    the middle of each run is taken, so that neither the rarest nor the commonest stands for the rest.
    Raises InputError for a modality that has too few such tasks.
    """
    chosen = []
    for modality, rows in tasks.groupby("modality", sort=True):
        wanted = min(per_modality, len(rows))
        known = rows[(rows["positives_train"] > 0) & (rows["positives_validation"] > 0)]
        if len(known) < wanted:
            raise InputError(
                f"patience_study.per_modality: {wanted} profiles of {modality} are wanted, but only "
                f"{len(known)} have positives in training and validation; lower it, or name the profiles in "
                "patience_study.tasks"
            )
        ranked = known.sort_values(["share_train", "task_id"])["task_id"].to_list()
        chosen += [ranked[(2 * i + 1) * len(ranked) // (2 * wanted)] for i in range(wanted)]
    return chosen


def write_profiles(
    dataset_json: str | os.PathLike,
    out: str | os.PathLike,
    *,
    modalities: Sequence[Mapping[str, str]],
    tasks: Sequence[str] | None,
    per_modality: int | None,
) -> None:
    """Write the study's grouping (task_id, group), each profile a group of its own. modalities: dicts of task_id
    and modality, a task of the data set each, in its order. Raises InputError as `choose_profiles`, and where neither
    `tasks` nor `per_modality` is given.
    """
    table = task_table(read_json(dataset_json), modalities)
    if tasks is not None:
        chosen = list(tasks)
    elif per_modality is not None:
        chosen = choose_profiles(table, per_modality)
    else:
        raise InputError("patience_study: give either tasks or per_modality")
    with whole(out) as path:
        pd.DataFrame({"task_id": chosen, "group": range(len(chosen))}).to_csv(path, sep="\t", index=False)
    log.info("full-length trainings of %d profiles: %s", len(chosen), ", ".join(chosen))


def minima(losses: Sequence[float]) -> np.ndarray:
    """int (M,): numbers, from 0, of the validations that were lower than all before."""
    values = np.asarray(losses, float)
    before = np.concatenate([[np.inf], np.minimum.accumulate(values)[:-1]])
    return np.flatnonzero(values < before)


def safe_patience(losses: Sequence[float]) -> int:
    """The longest run of validations from one minimum to the next, at least 1: the smallest patience that
    would have reached the lowest loss of the course.
    """
    return int(np.diff(minima(losses)).max(initial=1))


def stop_of(losses: Sequence[float], patience: int) -> int:
    """Number, from 0, of the validation after which a patience would have stopped the course; its last one
    where the patience was not used up.
    """
    found = minima(losses)
    gaps = np.diff(np.append(found, np.inf))
    last = found[int((gaps > patience).argmax())]
    return int(min(last + patience, len(losses) - 1))


def study_patience(
    groups_tsv: str | os.PathLike,
    tasks_tsv: str | os.PathLike,
    curve_tsvs: Sequence[str | os.PathLike],
    *,
    patience: int,
    study_out: str | os.PathLike,
    regret_out: str | os.PathLike,
) -> None:
    """Write a row a profile (STUDY_COLUMNS), and for each smaller patience what it would have lost.

    `patience`: the one that the config trains with; the second table goes from 1 to it or to the safe one,
    whichever is longer, with columns patience, task_id, stop_step, loss, regret (that loss less the lowest of
    the course) and steps_share (of the course's steps that would have been trained).
    Raises InputError for a profile without a curve.
    """
    groups = read_groups(groups_tsv, numbered=True)
    tasks = read_tasks(tasks_tsv).set_index("task_id")
    curves = pd.concat([read_table(path) for path in curve_tsvs], ignore_index=True)
    courses = {}
    for task, group in groups.numbered_rows:
        mine = curves[curves["group"] == group].sort_values("step")
        if mine.empty:
            raise InputError(f"{groups_tsv}: no curve of {task} (group {group}); train the study again")
        courses[task] = (mine["step"].to_numpy(), mine["validation_loss"].to_numpy())
    rows = []
    for task, (steps, losses) in courses.items():
        best = int(minima(losses)[-1])
        rows.append(
            (
                task,
                tasks.loc[task, "modality"],
                tasks.loc[task, "share_train"],
                len(losses),
                steps[-1],
                steps[best],
                losses[best],
                safe_patience(losses),
                int(best == len(losses) - 1),
            )  # fmt: skip
        )
    study = pd.DataFrame(rows, columns=STUDY_COLUMNS)
    safe = int(study["safe_patience"].max())
    regret = []
    for waited in range(1, max(safe, patience) + 1):
        for task, (steps, losses) in courses.items():
            stop = stop_of(losses, waited)
            reached = losses[: stop + 1].min()
            regret.append(
                (waited, task, steps[stop], reached, reached - losses.min(), steps[stop] / steps[-1])
            )
    columns = ["patience", "task_id", "stop_step", "loss", "regret", "steps_share"]
    for out, table in ((study_out, study), (regret_out, pd.DataFrame(regret, columns=columns))):
        with whole(out) as path:
            table.to_csv(path, sep="\t", index=False, float_format="%.8g")
    log.info("the safe patience of %d profiles is %d; the config trains with %d", len(study), safe, patience)
    late = study.loc[study["best_at_end"] == 1, "task_id"].to_list()
    if late:
        log.warning(
            "still at a new minimum when the course ended: %s; a longer one may ask for more patience",
            ", ".join(late),
        )
