"""What each strategy cost to train, with what had to be searched, measured or trained before: hours by the clock
of its jobs, and the FLOP of its networks.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.settings import read_settings
from epigroup.core.tables import read_table
from epigroup.dataset.groups import read_groups
from epigroup.search.rates import read_trials
from epigroup.training.balancing import step_flop

log = logging.getLogger(__name__)

SUMS = ["networks", "steps", "hours", "flop"]
BEFORE = [
    "search_hours", "search_flop", "affinity_hours", "affinity_flop", "heads_hours", "heads_flop", "warm_start_hours",
    "warm_start_flop", "teachers_hours", "teachers_flop",
]  # fmt: skip
COLUMNS = ["strategy", "seed", "device", *SUMS, *BEFORE, "needs", "hours_in_all", "flop_in_all"]

Run = tuple[str, int]
Figures = Mapping[str, float]
Needs = Mapping[str, list[tuple]]
NOTHING = {"hours": 0.0, "flop": 0.0}


@dataclass(frozen=True)
class CostSettings:
    """What costs are counted of.

    window: bp; runs: [strategy, seed], as the groups.tsv; searches: [strategy, seed], as the trials.tsv; affinities:
    [affinity, strategy, seed], as their figures; training: strategy -> network, batch_size, balancing with its keys,
    device, threads; before: [strategy, seed, directly before, all before] of each run, the latter two as `Before`;
    choices: name -> [seed, [[strategy, seed], ...]] of each of its seeds; pools: name -> strategies.
    """

    window: int
    runs: tuple[Sequence[Any], ...]
    searches: tuple[Sequence[Any], ...]
    affinities: tuple[Sequence[Any], ...]
    training: Mapping[str, dict[str, Any]]
    before: tuple[Sequence[Any], ...]
    choices: Mapping[str, Sequence[Any]]
    pools: Mapping[str, Sequence[str]]


def read_ends(path: str) -> pd.DataFrame:
    """The last row of each group of a curves.tsv, indexed by group: its steps, and seconds of training and
    validation, without those of looking on, which go with the affinity. A pack without groups has none.
    InputError: a lacking column."""
    table = read_table(path)
    lacking = [name for name in ("group", "step", "seconds") if name not in table]
    if lacking:
        raise InputError(f"{path}: no column {', '.join(lacking)}; train the strategy again")
    if "look_ahead_seconds" in table:
        table["seconds"] -= table["look_ahead_seconds"]
    return table.sort_values("step").groupby("group")[["step", "seconds"]].last()


def run_cost(curves: list[str], groups: str, training: dict, window: int) -> dict[str, float]:
    """networks, steps, hours and FLOP of one strategy and seed, summed over its groups.

    hours: seconds on a GPU, or on a CPU times its threads, / 3600. FLOP: those of training an example with its
    balancing (`step_flop`) x batch size x steps; those of validation are left out. training: network,
    batch_size, balancing with its keys, device, threads. InputError: a group without a curve.
    """
    sizes = read_groups(groups, overlap=True, numbered=True).sizes
    ends = pd.concat([read_ends(path) for path in curves])
    lacking = sorted(set(sizes) - set(ends.index))
    if lacking:
        raise InputError(f"{groups}: group {lacking[0]} has no curve in {', '.join(map(str, curves))}")
    steps = [(n, int(ends.at[group, "step"])) for group, n in sizes.items()]
    return {
        "networks": len(sizes),
        "steps": int(ends["step"].sum()),
        "hours": _hours(float(ends["seconds"].sum()), training),
        "flop": _flop(steps, training, window),
    }


def search_cost(trials: str, groups: str, training: dict, window: int) -> dict[str, float]:
    """hours and FLOP of all trials of a search, in the units of `run_cost`. InputError: a trial of no group."""
    sizes = read_groups(groups, overlap=True, numbered=True).sizes
    found = read_trials([trials])
    unknown = [trial.group for trial in found if trial.group not in sizes]
    if unknown:
        raise InputError(f"{trials}: group {unknown[0]} is not in {groups}; search the rates again")
    return {
        "hours": _hours(sum(trial.seconds for trial in found), training),
        "flop": _flop([(sizes[trial.group], trial.steps) for trial in found], training, window),
    }


def affinity_cost(measures: str, training: dict, window: int) -> dict[str, float]:
    """hours and FLOP of a measurement, in the units of `run_cost`: with what it took while its network trained;
    of FLOP those of a training that it repeats. InputError: a file that does not say its seconds."""
    try:
        found = json.loads(Path(measures).read_text(encoding="utf-8"))
        seconds = float(found["seconds"])
        if "look_ahead_share" in found:
            seconds += float(found["look_ahead_seconds"])
        steps = [(int(found["tasks"]), int(found["training_steps"]))] if "training_steps" in found else []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{measures}: no figures of an affinity ({error!r}); measure it again") from None
    return {"hours": _hours(seconds, training), "flop": _flop(steps, training, window)}


def _hours(seconds: float, training: dict) -> float:
    return (training["threads"] if training["device"] == "cpu" else 1) * seconds / 3600


def _flop(steps: list[tuple[int, int]], training: dict, window: int) -> float:
    """Of networks of so many tasks, so many steps each."""
    each = {n: step_flop(training, window, n) for n in {n for n, _ in steps}}
    return sum(each[n] * training["batch_size"] * made for n, made in steps)


@dataclass(frozen=True)
class Spent:
    """What was spent: `networks`, `run_cost` by (strategy, seed); `searches`, `search_cost` by (strategy, seed);
    `affinities`, `affinity_cost` by (affinity, strategy, seed).
    """

    networks: dict[Run, dict[str, float]]
    searches: dict[Run, dict[str, float]]
    affinities: dict[tuple[str, str, int], dict[str, float]]

    def of_networks(self, runs: list[Run], key: str) -> float:
        """Of training them; NaN where one is not trained."""
        lacking = [run for run in runs if run not in self.networks]
        return sum(self.networks[run][key] for run in runs) if not lacking else float("nan")

    def in_all(self, before: Needs, key: str) -> float:
        """Hours or FLOP of everything in `before` (lists of `Before`)."""
        total = self.of_networks(before["heads"], key)
        total += sum(self.searches[run][key] for run in before["searches"])
        return total + sum(self.affinities[run][key] for run in before["affinities"])


def cost_table(spent: Spent, told: CostSettings) -> pd.DataFrame:
    """costs.tsv: a row a (strategy, seed), then choices and pools, then the mean of each over its seeds
    (`all`).

    `search_...`: the search of the strategy's own rates; `affinity_...`: measuring the affinity that its
    groups are made by; `heads_...`: training the networks that its groups are made from; `warm_start_...`:
    training the network that they start from; `teachers_...`: training the networks whose scores they learn.
    `..._in_all`: with all that, and what it needed in its turn, each
    once; of a choice all its candidates. Of an affinity's FLOP those of a training that it repeats count. A pool
    is the mean of its members.
    """
    rows: list[dict[str, Any]] = []

    def add(name: str, seed: int, mine: Figures, parts: Figures, before: Needs, device: str) -> None:
        row: dict[str, Any] = {"strategy": name, "seed": str(seed), "device": device, **mine, **parts}
        row["needs"] = " ".join(dict.fromkeys(one for one, _ in before["heads"]))
        for key in ("hours", "flop"):
            row[f"{key}_in_all"] = mine[key] + spent.in_all(before, key)
        rows.append(row)

    before = {(name, seed): (_tuples(direct), _tuples(in_all)) for name, seed, direct, in_all in told.before}
    for (name, seed), mine in spent.networks.items():
        direct, in_all = before[name, seed]
        own = [run for run in direct["searches"] if run[0] == name]
        parts = {f"search_{key}": sum(spent.searches[run][key] for run in own) for key in NOTHING}
        measured = [spent.affinities[run] for run in direct["affinities"]]
        parts |= {f"affinity_{key}": sum(one[key] for one in measured) for key in NOTHING}
        for what in ("heads", "warm_start", "teachers"):
            parts |= {f"{what}_{key}": spent.of_networks(direct[what], key) for key in NOTHING}
        add(name, seed, mine, parts, in_all, told.training[name]["device"])
    for name, made in told.choices.items():
        for seed, members in made:
            needed = [before[one, own][1] | {"own": [(one, own)]} for one, own in members]
            in_all = {
                what: list(dict.fromkeys(run for one in needed for run in one.get(what, [])))
                for what in ("searches", "affinities")
            }
            # a candidate, and then what it needs
            in_all["heads"] = list(
                dict.fromkeys(run for one in needed for run in (*one["own"], *one["heads"]))
            )
            device = _common(told.training[one]["device"] for one, _ in in_all["heads"])
            add(name, seed, dict.fromkeys(SUMS, 0), dict.fromkeys(BEFORE, 0), in_all, device)
    for name, members in told.pools.items():
        of_members = [row for row in rows if row["strategy"] in members]
        for seed in dict.fromkeys(row["seed"] for row in of_members):
            here = pd.DataFrame([row for row in of_members if row["seed"] == seed])
            if len(here) == len(members):
                means = here[[*SUMS, *BEFORE, "hours_in_all", "flop_in_all"]].mean().to_dict()
                needs = _common(here["needs"])
                rows.append(
                    {"strategy": name, "seed": seed, "device": _common(here["device"]), "needs": needs}
                    | means
                )
    table = pd.DataFrame(rows, columns=COLUMNS)
    means = table.groupby(["strategy", "device", "needs"], sort=False).mean(numeric_only=True).reset_index()
    return pd.concat([means.assign(seed="all")[COLUMNS], table], ignore_index=True)


def _tuples(before: Mapping[str, Sequence[Sequence[Any]]]) -> dict[str, list[tuple]]:
    """Lists of lists, as a job's settings hold them, as lists of tuples."""
    return {what: [tuple(run) for run in runs] for what, runs in before.items()}


def _common(values: Iterable[str]) -> str:
    """The one value of all, or `mixed`."""
    found = set(values)
    return found.pop() if len(found) == 1 else "mixed"


def count_costs(
    curves: list[str],
    groups: list[str],
    out: str,
    cfg: Mapping[str, Any],
    *,
    trials: Sequence[str] = (),
    affinities: Sequence[str] = (),
) -> None:
    """Write costs.tsv.

    curves: `.../{strategy}/seed{seed}/pack{n}.curves.tsv`; groups: a groups.tsv for each of cfg's runs; trials: a
    trials.tsv for each of cfg's searches; affinities: the figures (JSON) of each of cfg's affinities. cfg:
    `CostSettings`.
    """
    told = read_settings(CostSettings, cfg, "costs")
    runs = [(strategy, int(seed)) for strategy, seed in told.runs]
    of_run: dict[Run, list[str]] = {run: [] for run in runs}
    for path in curves:
        *_, strategy, seed, _ = str(path).split("/")
        of_run[strategy, int(seed.removeprefix("seed"))].append(path)
    groups_of, training, window = dict(zip(runs, groups, strict=True)), told.training, told.window
    searches = zip([(strategy, seed) for strategy, seed in told.searches], trials, strict=True)
    measured = zip(
        [(name, strategy, seed) for name, strategy, seed in told.affinities], affinities, strict=True
    )
    spent = Spent(
        {run: run_cost(paths, groups_of[run], training[run[0]], window) for run, paths in of_run.items()},
        {run: search_cost(path, groups_of[run], training[run[0]], window) for run, path in searches},
        {run: affinity_cost(path, training[run[1]], window) for run, path in measured},
    )
    table = cost_table(spent, told)
    for row in table[table["seed"] == "all"].itertuples():
        log.info(
            "%s: %.3g hours (%s) and %.3g FLOP a seed, in all %.3g and %.3g",
            row.strategy, row.hours, row.device, row.flop, row.hours_in_all, row.flop_in_all,
        )  # fmt: skip
    with whole(out) as partial:
        table.to_csv(partial, sep="\t", index=False, na_rep="NaN", float_format="%.6g")
