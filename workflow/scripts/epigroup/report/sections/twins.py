"""What the report says of twins: tasks whose labels, or signals, the audit found to be the same in every example."""

from collections.abc import Mapping, Sequence

import pandas as pd

from epigroup.dataset.twins import shown_sets
from epigroup.report.sections.headline import number
from epigroup.results.run import Results

NAMED = 3  # twins of a task that are named where it stands


def twin_groups(results: Results) -> list[list[str]]:
    """The sets of twins that the audit found; none without an audit."""
    findings = results.audit["findings"] if results.audit else []
    return next((one["details"]["sets"] for one in findings if one["check"] == "twins"), [])


def twins_of(results: Results) -> dict[str, list[str]]:
    """Task -> its twins, of the tasks that have any."""
    return {task: [t for t in names if t != task] for names in twin_groups(results) for task in names}


def twin_flags(results: Results) -> dict[str, str]:
    """Task -> `same labels as a, b`, of the tasks that have twins."""
    return {
        task: f"same {results.names.targets} as {', '.join(names[:NAMED])}{_rest(names)}"
        for task, names in twins_of(results).items()
    }


def twin_warnings(results: Results) -> list[str]:
    """One sentence for the first screen where there are twins, else none."""
    sets = twin_groups(results)
    if not sets:
        return []
    return [
        f"{sum(map(len, sets))} of {len(results.tasks)} tasks have the same {results.names.targets} in every example "
        f"as another ({shown_sets(sets)}): what twins gain from each other is no gain from relatedness, and every "
        "mean over tasks counts their profile more than once."
    ]


def twin_notes(
    results: Results, task: str, twins: Mapping[str, Sequence[str]], pair: pd.DataFrame, grouping: str | None
) -> list[dict]:
    """A dict a named twin of a task: task, difference, low, high (None where not known), together (words, "" where
    the groups are not known), rest (words for the twins that are not named, with the last one).

    pair: rows of differences.tsv of one strategy against one baseline. grouping: the strategy's, or None.
    """
    names = twins.get(task, [])
    if not names:
        return []
    rows = pair.drop_duplicates("task_id").set_index("task_id")
    notes = []
    for twin in names[:NAMED]:
        known = rows.loc[twin] if twin in rows.index else {}
        figures = {key: number(known.get(key)) for key in ("difference", "low", "high")}
        notes.append(
            {"task": twin, **figures, "together": together(results, grouping, task, twin), "rest": ""}
        )
    notes[-1]["rest"] = _rest(names)
    return notes


def together(results: Results, grouping: str | None, task: str, twin: str) -> str:
    """Whether a grouping has two tasks in one group, in words; of overlapping groups any one that holds both."""
    groups = results.groups[results.groups["grouping"] == grouping]
    places = groups[groups["task_id"].isin([task, twin])].groupby(["seed", "group"])["task_id"].nunique()
    seeds = groups["seed"].nunique()
    if not seeds:
        return ""
    shared = places[places == 2].index.get_level_values("seed").nunique()
    if shared in (0, seeds):
        return "in one group" if shared else "in no group together"
    return f"in one group under {shared} of {seeds} seeds"


def _rest(names: Sequence[str]) -> str:
    return f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
