"""Write down that the test figures of a run are looked at, before they are: benchmarks/OPENED.tsv.

What a study chooses (recipe, groups, weights) it chooses on validation. Each look at test figures is a row: of which
set, with which config, on which validation figures the choice stood, and which look at this set it is. A set is opened
again only where the best strategy's validation AUPRC is higher than at the last look over as many folds; what has the
same validation figures may be looked at again, and is not written twice. Choices of one strategy for each task, which
were made by their validation figures, are not the best.

    python benchmarks/open_test.py results/human_chr20 --config config/human_chr20.yaml --out benchmarks/OPENED.tsv
"""

import argparse
import hashlib
import sys
import time
from pathlib import Path

import pandas as pd
import yaml

COLUMNS = (
    "date", "set", "look", "config", "validation", "best", "best_validation_auprc", "n_folds", "n_seeds", "figures",
)  # fmt: skip
SCORE = "auprc"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def opening(tree: Path, config: Path) -> dict:
    """The row of a finished run but for its date, its look and its test figures: nothing of test is read."""
    seen = ["strategy", "fold", "seed", "score", "mean_validation"]
    units = pd.read_csv(tree / "comparison" / "units.tsv", sep="\t", usecols=seen)
    choices = yaml.safe_load(config.read_text()).get("choices", {})
    chosen = [name for name, one in choices.items() if one.get("combine", "best") != "average"]
    scored = units[(units["score"] == SCORE) & ~units["strategy"].isin(chosen)]
    if scored.empty:
        raise SystemExit(
            f"{tree}: units.tsv has no {SCORE}: looks are written down of runs whose targets are labels"
        )
    means = scored.groupby("strategy", sort=False)["mean_validation"].mean()
    return {
        "set": tree.name,
        "config": digest(config.read_bytes()),
        "validation": digest(units.to_csv(index=False, float_format="%.5f").encode()),
        "best": means.idxmax(),
        "best_validation_auprc": round(float(means.max()), 5),
        "n_folds": units["fold"].nunique(),
        "n_seeds": units["seed"].nunique(),
    }


def test_figures(tree: Path) -> str:
    """Mean test AUPRC and F1 of each strategy, over folds and seeds."""
    units = pd.read_csv(tree / "comparison" / "units.tsv", sep="\t")
    means = units.pivot_table(index="strategy", columns="score", values="mean", sort=False)
    return "; ".join(f"{name} {row[SCORE]:.4f} {row['f1']:.4f}" for name, row in means.iterrows())


def open_test(tree: Path, config: Path, out: Path) -> str:
    """Add the row, or find it, and return what may now be said. SystemExit: validation is no better than at the last
    look at this set."""
    rows = pd.read_csv(out, sep="\t") if out.exists() else pd.DataFrame(columns=list(COLUMNS))
    row = opening(tree, config)
    of_set = rows[(rows["set"] == row["set"]) & (rows["n_folds"] == row["n_folds"])]
    same = of_set[of_set["validation"] == row["validation"]]
    if len(same):
        return f"look {same['look'].iloc[0]} at {row['set']}, of {same['date'].iloc[0]}: {same['figures'].iloc[0]}"
    # of looks from before this table validation is not known, and a comparison with it false
    if len(of_set) and row["best_validation_auprc"] <= of_set["best_validation_auprc"].iloc[-1]:
        raise SystemExit(
            f"{tree}: validation AUPRC {row['best_validation_auprc']} ({row['best']}) is not above the "
            f"{of_set['best_validation_auprc'].iloc[-1]} of the last look at {row['set']}: the test stays closed"
        )
    row |= {
        "date": time.strftime("%Y-%m-%d"),
        "look": int((rows["set"] == row["set"]).sum()) + 1,
        "figures": test_figures(tree),
    }
    rows = pd.concat([rows, pd.DataFrame([row])])[list(COLUMNS)]
    partial = out.with_suffix(".partial")
    rows.to_csv(partial, sep="\t", index=False)
    partial.replace(out)
    return f"look {row['look']} at {row['set']}: {row['figures']}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree", type=Path, help="a finished run")
    parser.add_argument("--config", type=Path, required=True, help="what it was made with")
    parser.add_argument("--out", type=Path, required=True, help="the table of looks")
    told = parser.parse_args()
    sys.stdout.write(open_test(told.tree, told.config, told.out) + "\n")


if __name__ == "__main__":
    main()
