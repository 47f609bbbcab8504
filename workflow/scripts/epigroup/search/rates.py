"""Search of learning rates: which rates a trial takes, which rate wins, and what a config asks for.

Shiri & Sun 2022 (section III.D) search the rate of each joint training in two phases: a coarse grid, then
steps of half its width around the best. `halving` tries as many rates and stops the worse early. Every choice
rests on validation losses.
"""

import csv
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.tables import read_table
from epigroup.dataset.groups import read_groups


@dataclass(frozen=True)
class Trial:
    """One group trained at one rate. `validation_loss`: the lowest one, inf when the loss was not finite;
    `ended`: max_steps, patience, stopped (by halving) or diverged.
    """

    group: int
    phase: str
    learning_rate: float
    steps: int
    best_step: int
    validation_loss: float
    seconds: float
    ended: str


TRIAL_COLUMNS = tuple(field.name for field in fields(Trial))


def fine_rates(best: float, tried: Sequence[float], refine: float) -> list[float]:
    """The second phase: best - refine and best + refine, without what is not positive or was tried before."""
    rates = [float(f"{best + step:.10g}") for step in (-refine, refine)]
    return [rate for rate in rates if rate > 0 and rate not in tried]


def mean_losses(trials: Iterable[Trial]) -> dict[float, float]:
    """Rate -> mean of the lowest validation losses over the groups that were tried at it; inf where one
    diverged.
    """
    losses: dict[float, list[float]] = {}
    for trial in trials:
        losses.setdefault(trial.learning_rate, []).append(trial.validation_loss)
    return {rate: sum(values) / len(values) for rate, values in sorted(losses.items())}


def best_rate(trials: Sequence[Trial], what: str) -> float:
    """The rate with the lowest mean loss; of equal ones the smallest. InputError, naming `what`, when every
    trial diverged.
    """
    losses = mean_losses(trials)
    finite = {rate: loss for rate, loss in losses.items() if math.isfinite(loss)}
    if not finite:
        raise InputError(
            f"{what}: the loss was not finite at any of the rates {', '.join(f'{r:g}' for r in losses)}; "
            "give the search smaller rates"
        )
    return min(finite, key=lambda rate: (finite[rate], rate))


def write_trials(path: str | os.PathLike, trials: Iterable[Trial]) -> None:
    """A row a trial, columns as the fields of Trial."""
    write_rows(path, TRIAL_COLUMNS, (asdict(trial) for trial in trials))


def write_rows(path: str | os.PathLike, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """A tab-separated table; floats keep ten digits."""
    with whole(path) as partial, open(partial, "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {key: f"{value:.10g}" if isinstance(value, float) else value for key, value in row.items()}
            )


def read_trials(paths: Iterable[str | os.PathLike]) -> list[Trial]:
    """The trials of several tables, one after another. InputError: a table that is cut, damaged, or none of
    trials.
    """
    kinds = {field.name: field.type for field in fields(Trial)}
    found = []
    for path in paths:
        table = read_table(path, dtype=kinds)
        lacking = [name for name in kinds if name not in table]
        if lacking:
            raise InputError(f"{path}: no column {', '.join(lacking)}; delete it and search again")
        found += [Trial(**row) for row in table[list(kinds)].to_dict("records")]
    return found


def choose_rates(
    trial_tsvs: Sequence[str | os.PathLike],
    groups_tsv: str | os.PathLike,
    *,
    strategy: str,
    sampled: bool,
    rates_out: str | os.PathLike,
    trials_out: str | os.PathLike,
) -> dict[int, float]:
    """Write the rate of each group and the table of all trials, and return the rates. The table has the
    columns of Trial and networks (how many share the rate), mean_loss (over them), chosen (1: this rate won).

    `sampled`: the trials are of a sample of the groups, and one rate, of the lowest mean loss over the
    sample, serves all groups of `groups_tsv`. Raises InputError for a group without a finite loss or without
    trials.
    """
    trials = read_trials(trial_tsvs)
    groups = sorted(read_groups(groups_tsv, overlap=True, numbered=True).sizes)
    by_unit: dict[int | None, list[Trial]] = {}
    for trial in trials:
        by_unit.setdefault(None if sampled else trial.group, []).append(trial)
    lacking = [] if sampled and trials else [group for group in groups if group not in by_unit]
    if lacking:
        raise InputError(f"strategy {strategy}: no trial of group {lacking[0]}; search its rates again")
    best = {
        unit: best_rate(mine, f"strategy {strategy}" + ("" if unit is None else f", group {unit}"))
        for unit, mine in by_unit.items()
    }
    rates = {group: best[None if sampled else group] for group in groups}
    means = {unit: mean_losses(mine) for unit, mine in by_unit.items()}
    rows = []
    for trial in trials:
        unit = None if sampled else trial.group
        rows.append(
            asdict(trial)
            | {
                "networks": len({other.group for other in by_unit[unit]}),
                "mean_loss": means[unit][trial.learning_rate],
                "chosen": int(trial.learning_rate == best[unit]),
            }
        )
    write_rows(trials_out, (*TRIAL_COLUMNS, "networks", "mean_loss", "chosen"), rows)
    write_rows(
        rates_out,
        ("group", "learning_rate"),
        ({"group": group, "learning_rate": rate} for group, rate in rates.items()),
    )
    return rates
