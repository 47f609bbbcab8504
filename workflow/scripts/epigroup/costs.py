"""What each strategy cost to train: hours by the clock of its jobs, and the FLOP of its networks."""

import logging
from collections import Counter

import pandas as pd

from epigroup.architecture import network_cost
from epigroup.errors import InputError
from epigroup.files import whole
from epigroup.tables import read_table

log = logging.getLogger(__name__)

SUMS = ["networks", "steps", "hours", "flop"]
COLUMNS = ["strategy", "seed", "device", *SUMS, "needs", "hours_in_all", "flop_in_all"]


def read_ends(path: str) -> pd.DataFrame:
    """The last row of each group of a curves.tsv, indexed by group: its steps, and seconds of training and
    validation. A pack without groups has none. InputError: a lacking column."""
    table = read_table(path)
    lacking = [name for name in ("group", "step", "seconds") if name not in table]
    if lacking:
        raise InputError(f"{path}: no column {', '.join(lacking)}; train the strategy again")
    return table.sort_values("step").groupby("group")[["step", "seconds"]].last()


def run_cost(curves: list[str], groups: str, training: dict, window: int) -> dict[str, float]:
    """networks, steps, hours and FLOP of one strategy and seed, summed over its groups.

    hours: seconds on a GPU, or on a CPU times its threads, / 3600. FLOP: those of training an example
    (`network_cost`) x batch size x steps; those of validation are left out. training: network, batch_size,
    device, threads. InputError: a group without a curve.
    """
    sizes = Counter(read_table(groups)["group"].tolist())
    ends = pd.concat([read_ends(path) for path in curves])
    lacking = sorted(set(sizes) - set(ends.index))
    if lacking:
        raise InputError(f"{groups}: group {lacking[0]} has no curve in {', '.join(map(str, curves))}")
    flop = {size: network_cost(training["network"], window, size).training for size in set(sizes.values())}
    cores = training["threads"] if training["device"] == "cpu" else 1
    return {
        "networks": len(sizes),
        "steps": int(ends["step"].sum()),
        "hours": cores * float(ends["seconds"].sum()) / 3600,
        "flop": sum(flop[n] * training["batch_size"] * int(ends.at[g, "step"]) for g, n in sizes.items()),
    }


def cost_table(curves: dict[tuple[str, int], list[str]], groups: dict[tuple[str, int], str], cfg: dict):
    """costs.tsv as a DataFrame: a row a (strategy, seed), then choices and pools, then the mean of each over
    its seeds (`all`).

    `hours_in_all`, `flop_in_all`: with what had to be trained before (`needs`: the network whose heads were
    clustered; of a choice all its candidates, each network once). A pool is the mean of its members. curves,
    groups: paths by strategy and seed; cfg as in `count_costs`.
    """
    own = {
        run: run_cost(paths, groups[run], cfg["training"][run[0]], cfg["window"])
        for run, paths in curves.items()
    }
    rows = []

    def add(name: str, seed: int, mine: dict, needs: list[str], device: str) -> None:
        lacking = [one for one in needs if (one, seed) not in own]
        row = {"strategy": name, "seed": str(seed), "device": device, **mine, "needs": " ".join(needs)}
        for key in ("hours", "flop"):
            before = sum(own[one, seed][key] for one in needs) if not lacking else float("nan")
            row[f"{key}_in_all"] = mine[key] + before
        rows.append(row)

    for (name, seed), mine in own.items():
        add(name, seed, mine, cfg["needs"][name], cfg["training"][name]["device"])
    for name, (candidates, seeds) in cfg["choices"].items():
        needs = list(dict.fromkeys(one for c in candidates for one in (c, *cfg["needs"][c])))
        device = _common(cfg["training"][one]["device"] for one in needs)
        for seed in seeds:
            add(name, seed, dict.fromkeys(SUMS, 0), needs, device)
    for name, members in cfg["pools"].items():
        parts = [row for row in rows if row["strategy"] in members]
        for seed in dict.fromkeys(row["seed"] for row in parts):
            here = pd.DataFrame([row for row in parts if row["seed"] == seed])
            if len(here) == len(members):
                means = here[[*SUMS, "hours_in_all", "flop_in_all"]].mean().to_dict()
                needs = _common(here["needs"])
                rows.append(
                    {"strategy": name, "seed": seed, "device": _common(here["device"]), "needs": needs}
                    | means
                )
    table = pd.DataFrame(rows, columns=COLUMNS)
    means = table.groupby(["strategy", "device", "needs"], sort=False).mean(numeric_only=True).reset_index()
    return pd.concat([means.assign(seed="all")[COLUMNS], table], ignore_index=True)


def _common(values) -> str:
    """The one value of all, or `mixed`."""
    found = set(values)
    return found.pop() if len(found) == 1 else "mixed"


def count_costs(curves: list[str], groups: list[str], out: str, cfg: dict) -> None:
    """Write costs.tsv.

    curves: `.../{strategy}/seed{seed}/pack{n}.curves.tsv`; groups: a groups.tsv for each of cfg's runs
    ([strategy, seed]). cfg: window, runs, training (strategy -> network, batch_size, device, threads),
    needs (strategy -> strategies trained before), choices (name -> [candidates, seeds]), pools (name ->
    strategies).
    """
    runs = [(strategy, int(seed)) for strategy, seed in cfg["runs"]]
    of_run: dict[tuple[str, int], list[str]] = {run: [] for run in runs}
    for path in curves:
        *_, strategy, seed, _ = str(path).split("/")
        of_run[strategy, int(seed.removeprefix("seed"))].append(path)
    table = cost_table(of_run, dict(zip(runs, groups, strict=True)), cfg)
    for row in table[table["seed"] == "all"].itertuples():
        log.info(
            "%s: %.3g hours (%s) and %.3g FLOP a seed, in all %.3g and %.3g",
            row.strategy, row.hours, row.device, row.flop, row.hours_in_all, row.flop_in_all,
        )  # fmt: skip
    with whole(out) as path:
        table.to_csv(path, sep="\t", index=False, na_rep="NaN", float_format="%.6g")
