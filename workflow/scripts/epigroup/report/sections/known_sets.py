"""The report's section on tasks that are known to belong together."""

from epigroup.comparison.known_sets import ALL
from epigroup.report.section import Page, Section, fill


def known_sets(page: Page) -> Section | None:
    """How many pairs of the known sets each grouping has in one group; set by set for the grouping shown."""
    table = page.results.known_sets
    if table is None or table.empty:
        return None
    overall = table[table["set"] == ALL].to_dict("records")
    names = list(dict.fromkeys(table["grouping"]))
    grouping = page.grouping if page.grouping in names else names[0]
    sets = []
    for name, part in table[table["grouping"] == grouping].groupby("set", sort=False):
        if name != ALL:
            first = part.iloc[0]
            sets.append(
                {
                    "set": name,
                    "n_tasks": int(first["n_tasks"]),
                    "n_pairs": int(first["n_pairs"]),
                    "together": float(part["together"].mean()),
                    "expected": float(part["expected"].mean()),
                    "p_values": ", ".join(f"{p:.4f}" for p in part["p_value"]),
                }
            )
    html = fill("known_sets", overall=overall, sets=sets, grouping=grouping)
    return Section("known_sets", "Known sets", html)
