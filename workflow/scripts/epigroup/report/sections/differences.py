"""The tasks whose own interval excludes 0, for each comparison of the headline."""

from collections.abc import Mapping

from epigroup.report.sections.headline import number
from epigroup.report.sections.twins import twin_notes, twins_of
from epigroup.results.run import Results

LISTED = 40  # tasks that a list of one comparison has at most; the table holds all


def clear_tasks(results: Results, groupings: Mapping[str, str] | None = None) -> list[dict]:
    """A dict a pair of the headline: strategy, baseline, n_up, n_down, n_intervals, rows (task, modality,
    difference, low, high, twins as `twin_notes`; the largest difference first) and `left_out`, how many of the
    middle are not listed. Nothing where no task has an interval.

    groupings: strategy -> the name of its grouping.
    """
    if results.differences is None:
        return []
    table = results.differences[results.differences["headline"] == 1]
    twins, groupings = twins_of(results), groupings or {}
    found = []
    for (strategy, baseline), pair in table.groupby(["strategy", "baseline"], sort=False):
        known = pair[pair["excludes_zero"].notna()]
        clear = known[known["excludes_zero"] == 1].sort_values("difference", ascending=False, kind="stable")
        shown = clear
        if len(clear) > LISTED:
            half = LISTED // 2
            shown = clear.iloc[[*range(half), *range(len(clear) - half, len(clear))]]
        if known.empty:
            continue
        found.append(
            {
                "strategy": strategy,
                "baseline": baseline,
                "n_up": int((clear["low"] > 0).sum()),
                "n_down": int((clear["high"] < 0).sum()),
                "n_intervals": len(known),
                "left_out": len(clear) - len(shown),
                "rows": [
                    {
                        "task": row.task_id,
                        "modality": results.tasks["modality"].get(row.task_id, ""),
                        **{key: number(getattr(row, key)) for key in ("difference", "low", "high")},
                        "twins": twin_notes(results, row.task_id, twins, pair, groupings.get(strategy)),
                    }
                    for row in shown.itertuples()
                ],
            }
        )
    return found
