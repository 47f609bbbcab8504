"""The report's section on what gains rest on: folds, seeds, random groupings, scores and tasks; and which grouping to
believe."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from epigroup.evaluation.score import Score
from epigroup.report.section import Page, Section, fill
from epigroup.report.sections.headline import number
from epigroup.results.run import Results

FIGURES = (
    "gain", "gain_percent", "low", "high", "resampled_low", "resampled_high", "share_up", "gain_without_best",
    "gain_trimmed", "mean", "baseline_mean",
)  # fmt: skip
COUNTS = ("n_folds", "n_seeds", "n_members", "n_tasks")
HELPS = "grouping helps most tasks"
RESCUES = "grouping rescues some tasks"
LOSES = "random groups are better"
CAPACITY = "repairs capacity: widen the network instead"
NOTHING = "nothing shown"


def units(page: Page) -> Section | None:
    """Gains of the headline's pairs in every score, and what is to be believed of each grouping."""
    table = page.results.unit_gains
    if table is None or table.empty:
        return None
    words = {score.name: score.words for score in page.results.names.scores}
    pairs = [
        {
            "strategy": strategy,
            "baseline": baseline,
            "rows": [row_of(one, words) for _, one in rows.iterrows()],
        }
        for (strategy, baseline), rows in headed(table).groupby(["strategy", "baseline"], sort=False)
    ]
    if not pairs:
        return None
    rows = [row for pair in pairs for row in pair["rows"]]
    html = fill(
        "units",
        pairs=pairs,
        believed=believed(page.results, all_task_strategies(page)),
        believed_scores=[one.words for one in scores_of_verdict(page.results)],
        n_folds=max(row["n_folds"] for row in rows),
        by_folds=any(row["units"] == "folds" for row in rows),
        one_seed=all(row["units"] == "none" for row in rows),
    )
    return Section("units", "What the gains rest on", html)


def headed(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the headline's pairs, over all tasks."""
    return table[(table["headline"] == 1) & (table["by"] == "all")]


def row_of(one: pd.Series, words: Mapping[str, str]) -> dict:
    """A row of unit_gains.tsv as the template takes it; `tone`: what both intervals let one say."""
    row = {key: number(one[key]) for key in FIGURES} | {key: int(one[key]) for key in COUNTS}
    clear = one["excludes_zero"] == 1
    tone = ("good" if row["gain"] > 0 else "bad") if clear and row["gain"] is not None else ""
    return row | {"score": words.get(one["score"], one["score"]), "units": one["units"], "tone": tone}


def all_task_strategies(page: Page) -> list[str]:
    """The strategies of one network of all tasks."""
    config = page.report["config"]
    found = {name: config["groupings"][one["grouping"]] for name, one in config["strategies"].items()}
    return [name for name, grouping in found.items() if grouping["method"] == "all"]


def believed(results: Results, all_task: list[str]) -> list[dict]:
    """A row a strategy of the headline that is held against random groups of its sizes: `strategy`, `random`, `rows` (a
    score each), `over_all` (its row over the network of all tasks in the first score, or None) and `sentence`."""
    table = results.unit_gains
    if table is None:
        return []
    overall, words = table[table["by"] == "all"], {score.name: score.words for score in results.names.scores}
    chosen = scores_of_verdict(results)
    found = []
    for pair in results.headline.get("pairs", []):
        if not pair.get("matched"):
            continue
        mine = overall[overall["strategy"] == pair["strategy"]]
        mine = mine[mine["baseline"] == pair["baseline"]].set_index("score", drop=False)
        rows = [mine.loc[one.name] for one in chosen if one.name in mine.index]
        over, of_random = (
            overall_gain(overall, name, all_task, chosen[0].name)
            for name in (pair["strategy"], pair["baseline"])
        )
        found.append(
            {
                "strategy": pair["strategy"],
                "random": pair["baseline"],
                "rows": [row_of(one, words) for one in rows],
                "over_all": over,
                "sentence": sentence(rows, over, of_random),
            }
        )
    return found


def scores_of_verdict(results: Results) -> list[Score]:
    """The scores that a verdict on a grouping asks for: the headline's, and those shown beside it with an interval."""
    return [one for one in results.names.scores if one.role in ("headline", "shown") and one.interval]


def overall_gain(overall: pd.DataFrame, strategy: str, all_task: list[str], score: str) -> dict | None:
    """How a strategy stands to the best network of all tasks, that of its least gain: `rival`, `gain`, `clear`; None
    where they are not compared."""
    found: list[dict[str, Any]] = []
    for rival in all_task:
        for mine, theirs, sign in ((strategy, rival, 1), (rival, strategy, -1)):
            row = overall[
                (overall["strategy"] == mine) & (overall["baseline"] == theirs) & (overall["score"] == score)
            ]
            if len(row):
                gain = sign * float(row["gain"].iloc[0])
                found.append({"rival": rival, "gain": gain, "clear": bool(row["excludes_zero"].iloc[0] == 1)})
    return min(found, key=lambda one: one["gain"], default=None)


def sentence(rows: list[pd.Series], over_all: Mapping | None, of_random: Mapping | None) -> str:
    """What is to be believed of a grouping, from its gains over random groups of its sizes in every score of the
    verdict (F1 and AUPRC, or Pearson's r), and from how it and these random groups stand to one network of all tasks.

    A gain counts where both intervals exclude 0 in every score. It helps most tasks where at least half gain, and the
    gain outlives the loss of the five best tasks, by validation and at both ends, where there are tasks enough to leave
    some out; else it rescues some.
    """
    if not rows:
        return NOTHING
    clear = all(row["excludes_zero"] == 1 for row in rows)
    if clear and all(row["gain"] < 0 for row in rows):
        return LOSES
    if clear and all(row["gain"] > 0 for row in rows):
        left = [row[key] for row in rows for key in ("gain_without_best", "gain_trimmed")]
        broad = all(row["share_up"] >= 0.5 for row in rows) and not any(one <= 0 for one in left)
        return HELPS if broad else RESCUES
    if all(one and one["clear"] and one["gain"] > 0 for one in (over_all, of_random)):
        return CAPACITY
    return NOTHING
