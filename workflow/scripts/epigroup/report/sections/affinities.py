"""The report's section on affinities: what each says of modality and cell group, how stable it is, what it cost."""

from epigroup.report.section import Page, Section, fill
from epigroup.report.sections.headline import number
from epigroup.results.affinities import AffinityFindings

# What a table has a column for, or names; the rest of a measure's figures is listed as it is.
SHOWN = {
    "affinity", "measure", "strategy", "seed", "kind", "tasks", "auc_modality", "auc_cell_group", "trunk_spearman",
    "trunk_checks", "trunk_tasks", "seconds", "look_ahead_share",
}  # fmt: skip


def affinities(page: Page) -> Section | None:
    """Table of what was measured; stability by sample size, in training, over seeds and between measures."""
    found = page.results.affinities
    if found is None:
        return None
    html = fill(
        "affinities",
        rows=measured_rows(found, page.report["config"].get("affinities", {})),
        has_planted=bool(found.planted),
        curves=curve_rows(found),
        pairs=pair_rows(found),
        page=page,
    )
    return Section("affinities", "Affinities", html)


def measured_rows(found: AffinityFindings, config: dict) -> list[dict]:
    """A row an affinity, strategy and seed: names, state of the network, AUCs, Spearman with the whole trunk, seconds,
    share of the training's time, and what else was measured (list of (what, value))."""
    rows = []
    for figures in found.figures:
        run = figures["affinity"], figures["strategy"], int(figures["seed"])
        spec = config.get(figures["affinity"], {})
        row = {key: figures[key] for key in ("affinity", "measure", "strategy", "seed", "kind", "tasks")}
        row |= {"network": spec.get("network", "") if figures["measure"] != "hoa" else "trained pairs"}
        row |= {
            key: number(figures.get(key))
            for key in ("auc_modality", "auc_cell_group", "trunk_spearman", "look_ahead_share", "seconds")
        }
        row |= {"auc_planted": number(found.planted.get(run))}
        row |= {
            "checked": f"{figures['trunk_checks']} on {figures['trunk_tasks']} tasks"
            if row["trunk_spearman"] is not None
            else ""
        }
        row |= {
            "more": [
                (key.replace("_", " "), said(value)) for key, value in figures.items() if key not in SHOWN
            ]
        }
        rows.append(row)
    return rows


def said(value) -> str:
    """A figure of a measure as text; of a list its length and first three."""
    if isinstance(value, list):
        first = ", ".join(map(str, value[:3]))
        return f"{len(value)}" + (f" ({first}{', …' if len(value) > 3 else ''})" if value else "")
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def curve_rows(found: AffinityFindings) -> list[dict]:
    """A dict a (kind of curve, affinity, strategy, seed): compared ("samples" or "step"), names, and points
    (at, Spearman with the whole)."""
    table = found.stability[found.stability["compared"].isin(["samples", "step"])]
    return [
        {
            "compared": compared,
            "affinity": affinity,
            "strategy": strategy,
            "seed": seed,
            "points": [
                (int(float(at)), number(x)) for at, x in zip(part["at"], part["spearman"], strict=True)
            ],
        }
        for (compared, affinity, strategy, seed), part in table.groupby(
            ["compared", "affinity", "strategy", "seed"], sort=False
        )
        if len(part) > 1
    ]


def pair_rows(found: AffinityFindings) -> list[dict]:
    """A row a pair that was compared: what (seeds of one affinity, or two affinities), names, least and greatest
    Spearman over the pairs of seeds (or the seeds), and how many these are."""
    table = found.stability[found.stability["compared"].isin(["seed", "affinity"])]
    names = table["affinity"].where(table["compared"] == "seed", table["at"] + " and " + table["with"])
    return [
        {
            "compared": "seed against seed" if compared == "seed" else "measure against measure, same seed",
            "name": name,
            "strategy": strategy,
            "low": number(part["spearman"].min()),
            "high": number(part["spearman"].max()),
            "n": len(part),
        }
        for (compared, name, strategy), part in table.assign(name=names).groupby(
            ["compared", "name", "strategy"], sort=False
        )
    ]
