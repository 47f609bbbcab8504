"""The number of groups by stability and validation, as the report shows it."""

import pandas as pd

from epigroup.report.sections.headline import number
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
