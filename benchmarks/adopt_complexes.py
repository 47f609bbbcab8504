"""Whether a new profile is put where it belongs: targets of yeast's complexes held out, and adopted without them.

Of each complex with three members or more one target is held out in a round; over as many rounds as the largest complex
has members every one has been. A run without them is made, and they are adopted (`snakemake adopt`).

    python benchmarks/adopt_complexes.py results/adopt_round0 --make 0
    snakemake -c2 --configfile results/adopt_round0/config.yaml -- adopt
    python benchmarks/adopt_complexes.py results/adopt_round0 [results/adopt_round1 ...] --out where.tsv

A target lands right where the group that it is told to belong to is the one that holds most of the other members of
its complex. By chance it would land there as often as that group's share of the run's tasks says; and the p-value is
the share of permutations of the targets' groups, among the targets of a strategy and seed, that land right as often or
more.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
PERMUTATIONS = 10_000
LEAST = 3  # members of a complex
KEPT = ("SMTL", "LABELS", "KMTL", "RANDOM")
FEW = {"learning_rate": 0.0005, "warm_up": 100, "max_steps": 1600, "validate_every": 200}


def complexes(path: Path) -> dict[str, list[str]]:
    """Members of each complex with three or more, in the order of the table."""
    table = pd.read_csv(path, sep="\t")
    members = {name: group["task_id"].tolist() for name, group in table.groupby("set", sort=False)}
    return {name: found for name, found in members.items() if len(found) >= LEAST}


def held_out(path: Path, number: int) -> dict[str, str]:
    """Complex -> the member that is held out in a round; the rounds go through its members by turns."""
    return {name: members[number % len(members)] for name, members in complexes(path).items()}


def make(out: Path, number: int, seeds: list[int]) -> None:
    """Sheets and config of a round."""
    config = yaml.safe_load((ROOT / "config/yeast_chipexo.yaml").read_text())
    sheet = pd.read_csv(ROOT / config["samples"], sep="\t", dtype=str, keep_default_na=False)
    known = ROOT / config["known_sets"]["file"]
    targets = held_out(known, number)
    out.mkdir(parents=True, exist_ok=True)
    is_new = sheet["profile_id"].isin(targets.values())
    sheet[~is_new].to_csv(out / "samples.tsv", sep="\t", index=False)
    sheet[is_new].to_csv(out / "new.tsv", sep="\t", index=False)
    keys = ("genome", "peaks", "dataset", "splits", "training", "evaluation")
    warm = {"warm_start": "SMTL", "training": FEW}
    written = {
        "name": f"yeast without a member of each complex, round {number}",
        "results": str(out / "results"),
        "samples": str(out / "samples.tsv"),
        "seeds": seeds,
        **{key: config[key] for key in keys},
        "groupings": {
            "all": {"method": "all"},
            "labels": {"method": "kmeans", "k": 4, "vectors": "labels"},
            "kmeans": {"method": "kmeans", "k": 4, "heads_from": "SMTL"},
            "random": {"method": "random", "like": "labels"},
        },
        "strategies": {
            "SMTL": {"grouping": "all"},
            "LABELS": {"grouping": "labels", **warm},
            "KMTL": {"grouping": "kmeans", **warm},
            "RANDOM": {"grouping": "random", **warm},
        },
        "baselines": {"names": ["kmer"]},
        "adopt": {
            "samples": str(out / "new.tsv"),
            "min_positives": {"train": 10, "validation": 5, "test": 1},
            "few_shot": {"positives": [100, 300, 1000]},
        },
    }
    (out / "config.yaml").write_text(yaml.safe_dump(written, sort_keys=False))
    (out / "round.json").write_text(json.dumps({"targets": targets, "known": str(known)}, indent=1) + "\n")


def landings(folder: Path) -> pd.DataFrame:
    """A row a target, strategy and seed of a round: the group that it landed in, that of its complex, and the share of
    the run's tasks that this one holds. Of a complex whose other members lie in several groups evenly, the first."""
    told = json.loads((folder / "round.json").read_text())
    members = complexes(Path(told["known"]))
    groupings = {"LABELS": "labels", "KMTL": "kmeans", "RANDOM": "random"}
    rows = []
    for path in sorted((folder / "results/adopt/models").glob("*/seed*/starts.tsv")):
        starts = pd.read_csv(path, sep="\t")
        strategy, seed = starts["strategy"].iloc[0], int(starts["seed"].iloc[0])
        if strategy not in groupings:
            continue
        groups = pd.read_csv(
            folder / f"results/groupings/{groupings[strategy]}/seed{seed}/groups.tsv", sep="\t"
        ).set_index("task_id")["group"]
        chosen = starts[starts["chosen"] == 1].set_index("task_id")["group"]
        for name, target in told["targets"].items():
            others = groups.reindex([one for one in members[name] if one != target]).dropna()
            home = int(others.value_counts(sort=True).sort_index(kind="stable").idxmax())
            rows.append({
                "round": folder.name, "strategy": strategy, "seed": seed, "complex": name, "target": target,
                "group": int(chosen[target]), "home": home, "together": (others == home).mean(),
                "share": (groups == home).mean(),
            })  # fmt: skip
    return pd.DataFrame(rows)


def judged(table: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    """A row a strategy: targets, share that lands right, the base rate, and the p-value of permutations within rounds
    and seeds."""
    rows = []
    for strategy, own in table.groupby("strategy", sort=False):
        rng = np.random.default_rng([seed])
        units = [unit for _, unit in own.groupby(["round", "seed"])]
        found = np.concatenate([(unit["group"] == unit["home"]).to_numpy() for unit in units]).mean()
        drawn = np.array([
            np.concatenate([
                rng.permutation(unit["group"].to_numpy()) == unit["home"].to_numpy() for unit in units
            ]).mean()
            for _ in range(PERMUTATIONS)
        ])  # fmt: skip
        rows.append({
            "strategy": strategy, "n": len(own), "right": found, "base_rate": own["share"].mean(),
            "permuted": drawn.mean(), "p": (1 + (drawn >= found - 1e-12).sum()) / (1 + PERMUTATIONS),
        })  # fmt: skip
    return pd.DataFrame(rows)


def curves(folders: list[Path]) -> pd.DataFrame:
    """Mean over targets of test AUPRC by start and number of positives, its gain over a network of the target alone,
    and the share of targets in which it is positive. The last number of each target is all of its positives (`all`)."""
    tables = [pd.read_csv(folder / "results/adopt/few_shot.tsv", sep="\t") for folder in folders]
    table = pd.concat(tables)
    most = table.groupby("task_id")["n_positives"].transform("max")
    table["positives"] = np.where(table["n_positives"] == most, "all", table["n_positives"].astype(str))
    return (
        table.groupby(["positives", "start"], sort=False)
        .agg(
            n=("task_id", "size"), auprc=("test_auprc", "mean"), above_alone=("above_alone", "mean"),
            share_above=("above_alone", lambda gain: (gain > 0).mean()),
        )
        .reset_index()
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rounds", type=Path, nargs="+", help="folders of rounds")
    parser.add_argument(
        "--make", type=int, metavar="NUMBER", help="write the sheets and config of this round"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="with --make: of the run")
    parser.add_argument("--out", type=Path, help="a table of where each target landed")
    told = parser.parse_args()
    if told.make is not None:
        make(told.rounds[0], told.make, told.seeds)
        return
    table = pd.concat([landings(folder) for folder in told.rounds])
    if told.out:
        table.to_csv(told.out, sep="\t", index=False)
    for found in (table, judged(table), curves(told.rounds)):
        sys.stdout.write(found.to_string(index=False) + "\n\n")


if __name__ == "__main__":
    main()
