"""The number of groups by stability and validation, as the report shows it."""

import pandas as pd

from epigroup.report.figures import numbers as tables
from epigroup.report.section import Page, Section, fill
from epigroup.report.sections.comparison import confounder_rows
from epigroup.report.sections.headline import number
from epigroup.report.sections.strategies import composition_tables
from epigroup.results.run import Results


def k_choice_rows(results: Results) -> dict | None:
    """score (in words) and families: each name, rule, chosen (K or None), rows by K (k, stability, silhouette,
    validation, behind, error, strategy, seeds, chosen); None where no K was tried beside another."""
    if results.k is None or results.k.empty:
        return None
    score = results.names.chosen_by
    found = []
    for name, table in results.k.groupby("family", sort=False):
        marked = table[table["chosen"].astype(str) == "True"]
        found.append(
            {
                "name": name,
                "rule": table["rule"].iloc[0],
                "chosen": int(marked["k"].iloc[0]) if len(marked) else None,
                "rows": [
                    {
                        "k": int(row["k"]),
                        "stability": number(row["stability"]),
                        "silhouette": number(row.get("silhouette")),
                        "validation": number(row.get(f"mean_{score}")),
                        "behind": number(row.get("behind")),
                        "error": number(row.get("standard_error")),
                        "strategy": "" if pd.isna(row["strategy"]) else row["strategy"],
                        "seeds": listed(row["seeds"]),
                        "chosen": str(row["chosen"]) == "True",
                    }
                    for _, row in table.iterrows()
                ],
            }
        )
    words = f"{results.names.label} on validation" + (", half by half" if score.endswith("_half") else "")
    return {"score": words, "families": found}


def listed(seeds) -> str:
    """`1,2` as `1, 2`; a lone seed, which a table gives as a number, as it is; nothing for none."""
    if pd.isna(seeds):
        return ""
    return seeds.replace(",", ", ") if isinstance(seeds, str) else str(int(seeds))


def groups(page: Page) -> Section | None:
    """The task vectors in a plane, who is in which group, and what the groups follow."""
    results = page.results
    composition = composition_tables(results, page.grouping)
    confounders = confounder_rows(results)
    if not (page.data["embedding"] or composition or confounders or results.k is not None):
        return None
    html = fill(
        "groups",
        has_embedding=bool(page.data["embedding"]),
        embedding_seeds=list(page.data["embedding"]),
        colour_by=colour_choices(page),
        composition=composition,
        grouping=page.grouping,
        confounders=confounders,
        has_sweep=bool(page.data["sweep"]["measures"]),
        most_stable=tables.most_stable(results),
        k_choice=k_choice_rows(results),
        page=page,
    )
    return Section("groups", "Groups", html)


def colour_choices(page: Page) -> list[tuple[str, str]]:
    """What the embedding can be coloured by, first what tells tasks apart."""
    choices = [("modality", "event modality"), ("cell_group", "cell group")]
    if page.results.tasks["modality"].nunique() == 1:
        choices.reverse()
    if page.grouping in set(page.results.groups["grouping"]):
        choices.append(("group", "task group"))
    if page.data["gain"]["label"]:
        choices.append(("gain", f"gain in {page.results.names.label}"))
    return choices
