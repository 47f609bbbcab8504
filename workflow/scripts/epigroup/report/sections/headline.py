"""The first screen: who won, by how much, how sure that is, and what to be wary of."""

import math
from collections.abc import Sequence

import numpy as np

from epigroup.results.run import Results


def number(value) -> float | None:
    """A finite float, or None."""
    if value is None:
        return None
    value = float(value)
    return value if math.isfinite(value) else None


def verdict(
    difference: float | None, low: float | None, high: float | None, per_seed: Sequence[float] = ()
) -> tuple[str, str]:
    """What an interval and the seeds let one say: (words, tone), tone one of good, bad, none.

    The interval knows the sampling of the test set alone, so seeds that disagree in sign take a verdict back.
    """
    if difference is None:
        return "not measured", ""
    if low is None or high is None:
        return "no interval", ""
    signs = {np.sign(one) for one in per_seed}
    if (low > 0 or high < 0) and len(signs) > 1:
        return "seeds disagree", "none"
    if low > 0:
        return "gain beyond the interval", "good"
    if high < 0:
        return "loss beyond the interval", "bad"
    return "no difference shown", ""


def headline_rows(results: Results, colours: dict[str, str]) -> list[dict]:
    """A row a compared pair, in the config's order, with the places of its mark on one shared scale."""
    rows = []
    for pair in results.headline.get("pairs", []):
        row = {key: pair[key] for key in ("strategy", "baseline", "n_seeds")}
        row |= {
            key: number(pair[key]) for key in ("difference", "low", "high", "gain_percent", "share_below")
        }
        mean = results.names.mean
        row |= {"mean": number(pair[mean]), "baseline_mean": number(pair[f"baseline_{mean}"])}
        row["n_tasks"] = pair["n_tasks"] - pair["n_nan"]
        row["matched"] = bool(pair.get("matched"))
        row["n_members"], row["rank"] = pair.get("n_members"), pair.get("rank")
        row["verdict"], row["tone"] = verdict(
            row["difference"], row["low"], row["high"], [one["difference"] for one in pair["per_seed"]]
        )
        row["colour"] = colours.get(row["baseline"], "currentColor")
        rows.append(row)
    ends = [row[key] for row in rows for key in ("difference", "low", "high") if row[key] is not None] + [0.0]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0

    def place(value: float | None) -> float | None:
        return None if value is None else round(8 + 154 * (value - low) / span, 1)

    for row in rows:
        row |= {
            "zero": place(0.0),
            "x": place(row["difference"]),
            "x1": place(row["low"]),
            "x2": place(row["high"]),
        }
    return rows


def lead_sentence(rows: list[dict], results: Results) -> str:
    """The result in a sentence for the first comparison of the headline and one for the second."""
    if not rows:
        many = f"{len(results.strategy_names)} strategies, {len(results.tasks)} tasks"
        return f"{many}; no comparison was asked for."
    first = rows[0]
    over = "random groups of the same sizes" if first["matched"] else first["baseline"]
    over += f" (mean of {first['n_members']} draws)" if first["matched"] and first["n_members"] else ""
    if first["difference"] is None:
        return f"{first['strategy']} could not be compared with {over}: no task has both scores."
    size = f"{signed(first['difference'])} mean test {results.names.label} ({measured(first)})"
    opening = {
        "good": f"{first['strategy']} gains over {over}: {size}.",
        "bad": f"{first['strategy']} loses to {over}: {size}.",
    }.get(first["tone"], f"No difference shown between {first['strategy']} and {over}: {size}.")
    if first["verdict"] == "seeds disagree":
        opening = f"{first['strategy']} against {over}: {size}, but seeds disagree on the sign."
    if first["verdict"] == "no interval":
        opening = f"{first['strategy']} against {over}: {size}, without an interval."
    second = [
        f" Against {row['baseline']}: {signed(row['difference'])}, {row['verdict']}."
        for row in rows[1:2]
        if row["difference"] is not None
    ]
    return opening + "".join(second) + highest_mean(results)


def highest_mean(results: Results) -> str:
    """Which of three strategies or more has the highest mean score, out of those with the most tasks."""
    mean = results.names.mean
    table = results.strategies[
        (results.strategies["by"] == "all")
        & (results.strategies["seed"].astype(str) == "all")
        & results.strategies["strategy"].isin(results.strategy_names)
    ]
    table = table[(table["n_tasks"] == table["n_tasks"].max()) & table[mean].notna()]
    if len(table) < 3:
        return ""
    best = table.loc[table[mean].idxmax()]
    return f" Highest mean test {results.names.label} of {len(table)} strategies: {best['strategy']}, {best[mean]:.3f}."


def measured(row: dict) -> str:
    """Interval and gain in brackets' words."""
    parts = [] if row["low"] is None else [f"95 % interval {signed(row['low'])} to {signed(row['high'])}"]
    parts += [] if row["gain_percent"] is None else [f"{signed(row['gain_percent'], 1)} %"]
    return "; ".join(parts) or "no interval"


def signed(value: float, digits: int = 3) -> str:
    """A number with its sign, a true minus."""
    if not round(value, digits):
        return f"{0:.{digits}f}"
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def interval_text(results: Results) -> str:
    """How the intervals were made, in words."""
    size = results.headline.get("block_size")
    return "paired bootstrap of test-set blocks" + (f" of {size:,} bp" if size else "")


def warnings(results: Results, rows: list[dict]) -> list[str]:
    """What a reader should know before relying on the page."""
    found = []
    withheld = results.headline.get("interval_withheld")
    if withheld:
        found.append(f"There are no intervals: {withheld}. Differences say nothing about chance.")
    tasks = results.tasks
    effects = {
        "test": "without them there is no F1, AUPRC or AUROC, and no part in any mean",
        "validation": "the threshold is 0.5",
        "train": "there is nothing to learn from",
    }
    if results.names.targets == "signal":
        effects = dict.fromkeys(effects, "its signal there is that of bins without a peak")
        flat = results.metrics.loc[results.metrics[results.names.test].isna(), "task_id"].unique()
        if len(flat):
            found.append(
                f"{naming(flat)} no {results.names.label} under some strategy, where the signal or its "
                "prediction never changes, and no part in any mean."
            )
    for split, effect in effects.items():
        none = tasks.index[tasks[f"positives_{split}"] == 0]
        if len(none):
            found.append(f"{naming(none)} no positive in the {split} split; {effect}.")
    if "threshold_flag" in results.metrics:
        few = results.metrics.loc[results.metrics["threshold_flag"] == 1, "task_id"].unique()
        if len(few):
            found.append(
                f"{naming(few)} a flagged threshold: too few validation positives to choose one, so it is "
                f"0.5."
            )
    if not withheld and any(row["low"] is None for row in rows):
        found.append("At least one comparison has no interval; its difference says nothing about chance.")
    found.append(
        "The intervals hold the sampling of the test set only, not the luck of training and of dealt groups: "
        + ("there is one seed." if len(results.seeds) == 1 else "look at how far the seeds lie apart.")
    )
    for name in results.strategy_names:
        covered = results.metrics.loc[results.metrics["strategy"] == name, "task_id"].nunique()
        if covered < len(tasks):
            found.append(
                f"{name} was trained for {covered} of {len(tasks)} tasks; comparisons with it are of those, "
                "as is its mean in the figure and table of strategies, beside others over more tasks."
            )
    return found


def naming(tasks) -> str:
    """`3 tasks (a, b, c) have`: at most five names."""
    tasks = list(tasks)
    shown = ", ".join(map(str, tasks[:5])) + (", …" if len(tasks) > 5 else "")
    return f"{len(tasks)} task{'s' if len(tasks) > 1 else ''} ({shown}) ha{'ve' if len(tasks) > 1 else 's'}"
