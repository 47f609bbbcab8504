"""A run beside the paper whose protocol it follows: every table and figure under its number.

What cannot be held against the paper is said so: a difference is a number only where this run has the paper's
profiles, judged by Table I.
"""

import json
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.tables import read_table
from epigroup.core.text_files import as_read, read_json, sealed
from epigroup.dataset.groups import read_groups
from epigroup.dataset.tasks import read_tasks
from epigroup.paper import shiri2022 as printed
from epigroup.paper.shiri2022 import NOT_COMPARABLE, NOT_HERE

log = logging.getLogger(__name__)

CITED = {"shiri2022": "Shiri & Sun 2022 (arXiv:2209.11892)"}
Cell = float | int | str


def kinds(tasks: pd.DataFrame) -> pd.Series:
    """The kind of each task as the paper's columns: ATAC, DNase, HM or TFB; other assays under their own name."""
    return tasks["modality"].where(tasks["modality"] != "CA", tasks["assay"])


def table_1(tasks: pd.DataFrame) -> pd.DataFrame:
    """Table I: a row a (cell_group, kind) with paper, ours and difference, totals last."""
    counts = pd.crosstab(tasks["cell_group"], kinds(tasks))
    same_groups = set(counts.index) == set(printed.TABLE_1)
    rows = []
    for group, cells in printed.TABLE_1.items():
        for kind, paper in zip(
            (*printed.KINDS, "Total"), (*cells, printed.TABLE_1_TOTALS[group]), strict=True
        ):
            row = counts.loc[group] if group in counts.index else None
            ours = NOT_HERE if row is None else int(row.sum() if kind == "Total" else row.get(kind, 0))
            rows.append([group, kind, paper, *beside(paper, ours, same_groups)])
    for kind, paper in zip((*printed.KINDS, "Total"), printed.TABLE_1_BOTTOM, strict=True):
        ours = len(tasks) if kind == "Total" else int(counts[kind].sum()) if kind in counts else 0
        rows.append(["Total", kind, paper, *beside(paper, ours, same_groups)])
    return pd.DataFrame(rows, columns=["cell_group", "kind", "paper", "ours", "difference"])


def beside(paper: float | None, ours: Cell, comparable: bool) -> tuple[Cell, Cell]:
    """(ours, difference): the difference in words where there is none to speak of."""
    if not comparable or paper is None or isinstance(ours, str):
        return ours, NOT_COMPARABLE
    return ours, round(ours - paper, 6)


def same_profiles(tasks: pd.DataFrame) -> bool:
    """Whether the tasks have the joint counts of Table I, cell by cell."""
    found = pd.Series(list(zip(tasks["cell_group"], kinds(tasks), strict=True))).value_counts().to_dict()
    return found == {
        (group, kind): n
        for group, cells in printed.TABLE_1.items()
        for kind, n in zip(printed.KINDS, cells, strict=True)
        if n
    }


def our_groups(tasks: pd.DataFrame, groups: pd.DataFrame | None, comparable: bool) -> pd.DataFrame | None:
    """Counts of our groups, a column a group of the paper (1 to 4), a row a kind or cell group of its Table II.

    Comparable: groups are dealt to the paper's so that the counts differ least in all (the assignment problem);
    otherwise they stand in their own order. None without groups, or without four of them.
    """
    if groups is None or groups["group"].nunique() != len(printed.GROUP_SIZES):
        return None
    known = tasks.set_index("task_id").loc[groups["task_id"]]
    of = groups["group"].to_numpy()
    counts = pd.concat(
        [pd.crosstab(kinds(known).to_numpy(), of), pd.crosstab(known["cell_group"].to_numpy(), of)]
    )
    counts = counts.reindex(list(printed.TABLE_2), fill_value=0)
    if comparable:
        from scipy.optimize import linear_sum_assignment  # every start of Snakemake imports this module

        paper = np.array(list(printed.TABLE_2.values()))
        distance = np.abs(paper[:, :, None] - counts.to_numpy()[:, None, :]).sum(axis=0)
        counts = counts.iloc[:, linear_sum_assignment(distance)[1]]
    counts.columns = range(1, len(printed.GROUP_SIZES) + 1)
    return counts


def table_2(tasks: pd.DataFrame, groups: pd.DataFrame | None, comparable: bool) -> pd.DataFrame:
    """Table II: a row a (category, group) with paper, ours and difference; the groups' sizes first."""
    counts = our_groups(tasks, groups, comparable)
    known = {*kinds(tasks), *tasks["cell_group"]}
    if groups is not None and counts is not None:
        of_kinds = counts.loc[list(printed.KINDS)].sum()
        counts.loc["N"] = of_kinds if comparable else groups.groupby("group").size().set_axis(counts.columns)
    rows = []
    for category, cells in {"N": printed.GROUP_SIZES, **printed.TABLE_2}.items():
        for group, paper in enumerate(cells, 1):
            if counts is None or (category != "N" and category not in known):
                ours: Cell = NOT_HERE
            else:
                ours = int(counts.loc[category, group])
            rows.append([category, group, paper, *beside(paper, ours, comparable)])
    return pd.DataFrame(rows, columns=["category", "group", "paper", "ours", "difference"])


def table_3(gains: pd.DataFrame, names: Mapping[str, str], comparable: bool) -> pd.DataFrame:
    """Table III: a row a (baseline, level) with paper, ours (gain in percent over all seeds) and difference.

    names: our strategy for STL, SMTL, CMTL, EMTL and KMTL, of those that this run has.
    """
    rows = []
    for baseline, cells in printed.TABLE_3.items():
        for level, paper in zip(printed.LEVELS, cells, strict=True):
            ours = gain_of(gains, names, baseline, level)
            rows.append([baseline, level, paper, *beside(paper, ours, comparable)])
    return pd.DataFrame(rows, columns=["baseline", "level", "paper", "ours", "difference"])


def gain_of(gains: pd.DataFrame, names: Mapping[str, str], baseline: str, level: str) -> Cell:
    """Our gain of KMTL over a baseline, percent, or that there is none."""
    if baseline not in names or "KMTL" not in names:
        return NOT_HERE
    rows = gains[
        (gains["strategy"] == names["KMTL"])
        & (gains["baseline"] == names[baseline])
        & (gains["seed"].astype(str) == "all")
        & (gains["by"] == ("all" if level == "All" else "modality"))
        & ((level == "All") | (gains["level"] == level))
    ]
    return (
        NOT_HERE
        if rows.empty or pd.isna(rows["gain_percent"].iloc[0])
        else float(rows["gain_percent"].iloc[0])
    )


def figure_6(strategies: pd.DataFrame, shown: Mapping[str, str]) -> pd.DataFrame:
    """Mean test and validation F1 of strategies by modality: a row a (strategy, level). shown: strategy -> the
    paper's label for it (its K, algorithm or name)."""
    rows = strategies[
        strategies["by"].isin(["all", "modality"])
        & (strategies["seed"].astype(str) == "all")
        & strategies["strategy"].isin(list(shown))
    ].copy()
    rows.insert(0, "label", rows["strategy"].map(dict(shown)))
    rank = {name: i for i, name in enumerate(shown)}
    rows = rows.sort_values("strategy", key=lambda names: names.map(rank), kind="stable")
    kept = ("label", "strategy", "level", "n_seeds", "mean_f1", "low", "high", "mean_validation_f1_half")
    return rows[[name for name in kept if name in rows]]


def stated_values(
    tasks: pd.DataFrame, dataset: Mapping, shares: pd.DataFrame, strategies: pd.DataFrame, gains: pd.DataFrame,
    study: pd.DataFrame | None, cfg: Mapping,
) -> dict[str, Cell]:  # fmt: skip
    """What this run has for each key of STATED; keys that it lacks are left out.

    shares: our Table II; cfg: names (as `table_3`), k, training (of the joint network), single_rate.
    """
    kind = kinds(tasks).value_counts()
    n = {split: int(dataset["n_examples"][split]) for split in ("train", "validation", "test")}
    found: dict[str, Cell] = {
        "profiles": len(tasks),
        "CA": int((tasks["modality"] == "CA").sum()),
        **{name: int(kind.get(name, 0)) for name in printed.KINDS},
        "cell_groups": int(tasks["cell_group"].nunique()),
        "modalities": int(tasks["modality"].nunique()),
        "chromosomes": len(dataset["chromosomes"]),
        "examples": sum(n.values()),
        "test": n["test"],
        "validation": n["validation"],
        "below_2_percent": int((tasks["share_train"].astype(float) < 0.02).sum()),
        **{key: cfg["training"][key] for key in ("max_steps", "batch_size", "validate_every")},
    }
    found |= {key: cfg[key] for key in ("k", "single_rate") if cfg[key] is not None}
    if study is not None:
        found["safe_patience"] = int(study["safe_patience"].max())
    sizes = shares[shares["category"] == "N"].set_index("group")["ours"]
    for row in shares[shares["category"] != "N"].itertuples():
        if not isinstance(row.ours, str) and not isinstance(sizes[row.group], str) and sizes[row.group]:
            found[f"share {row.group} {row.category}"] = round(100 * row.ours / sizes[row.group], 2)
    for baseline in printed.TABLE_3:
        for level in printed.LEVELS:
            gain = gain_of(gains, cfg["names"], baseline, level)
            if not isinstance(gain, str):
                found[f"gain {baseline} {level}"] = gain
    if "KMTL" in cfg["names"]:
        mine = figure_6(strategies, {cfg["names"]["KMTL"]: "KMTL"})
        found |= {f"f1 {row.level}": float(row.mean_f1) for row in mine.itertuples() if pd.notna(row.mean_f1)}
    return found


def table_stated(values: Mapping[str, Cell], comparable: bool) -> pd.DataFrame:
    """A row a number of the paper's text: section, what, printed, ours, difference."""
    rows = [
        [section, what, text, *beside(number, values.get(key, NOT_HERE), comparable)]
        for section, what, text, number, key in printed.STATED
    ]
    return pd.DataFrame(rows, columns=["section", "what", "paper", "ours", "difference"])


def table_figures(figures: list[str], filled: Mapping[str, bool]) -> pd.DataFrame:
    """A row a numbered table or figure of the paper: where ours is. figures: those that this run draws; filled:
    whether a table of the folder shows what the paper's does (`is_filled`)."""
    rows = []
    for number, shows, figure, table in printed.FIGURES:
        files = [f"figures/{figure}.svg"] if figure in figures else []
        has_table = table is not None and filled[table]
        files += [f"paper/{table}.tsv"] if has_table else []
        drawing = figure is None and table is None
        supplier = None if table is None else printed.SUPPLIED_BY.get(table)
        if supplier and not has_table:
            # the figure compares other strategies than the paper's
            files, lacking = [], f"{NOT_HERE}: {supplier}"
        else:
            lacking = "a drawing" if drawing else NOT_HERE
        rows.append([number, shows, "; ".join(files) or lacking])
    return pd.DataFrame(rows, columns=["number", "shows", "ours"])


def is_filled(name: str, table: pd.DataFrame) -> bool:
    """Whether a table has any row of ours, and one of Figures 6A and 6B two numbers of groups or two algorithms:
    one alone compares nothing."""
    if name in printed.SUPPLIED_BY:
        return table["label"].nunique() > 1
    return bool(len(table)) and ("ours" not in table or bool((table["ours"] != NOT_HERE).any()))


def compare_with_paper(inputs: Mapping, outputs: Mapping[str, str], cfg: Mapping) -> None:
    """Write the tables of a run beside the paper's, and paper.json, which holds all of them for the report.

    inputs: tasks, dataset, gains, strategies, and where there are any groups (of the paper's grouping), study.
    outputs: table1, table2, table3, figure6a, figure6b, figure6c, stated, figures (tsv), summary (json). cfg: paper,
    names, k, training, single_rate, by_k, by_algorithm (label of strategies, for Figures 6A and 6B), figures (those
    that this run draws). InputError: a paper that is not known.
    """
    if cfg["paper"] not in CITED:
        raise InputError(f"paper: {cfg['paper']!r} is not known; there is {', '.join(CITED)}")
    tasks, dataset = read_tasks(inputs["tasks"]), read_json(inputs["dataset"])
    gains, strategies = read_table(inputs["gains"]), read_table(inputs["strategies"])
    groups = None
    if path := inputs.get("groups"):
        groups = read_groups(path, overlap=True, numbered=True).table()
    study = read_table(inputs["study"]) if inputs.get("study") else None
    comparable = same_profiles(tasks)
    shares = table_2(tasks, groups, comparable)
    values = stated_values(tasks, dataset, shares, strategies, gains, study, cfg)
    tables = {
        "table1": table_1(tasks),
        "table2": shares,
        "table3": table_3(gains, cfg["names"], comparable),
        "figure6a": figure_6(strategies, cfg["by_k"]),
        "figure6b": figure_6(strategies, cfg["by_algorithm"]),
        "figure6c": figure_6(strategies, {ours: name for name, ours in cfg["names"].items()}),
        "stated": table_stated(values, comparable),
    }
    filled = {name: is_filled(name, table) for name, table in tables.items()}
    tables["figures"] = table_figures(cfg["figures"], filled)
    for name, table in tables.items():
        with whole(outputs[name]) as path:
            table.to_csv(path, sep="\t", index=False, float_format="%.6g")
    about = {
        "paper": CITED[cfg["paper"]],
        "comparable": comparable,
        **{
            name: table.astype(object).where(table.notna(), None).to_dict("records")
            for name, table in tables.items()
        },
        "disagrees": [list(row) for row in printed.DISAGREES],
        "silent": [list(row) for row in printed.SILENT],
        "checked": printed.CHECKED,
    }
    with whole(outputs["summary"]) as path:
        path.write_text(json.dumps(sealed(as_read(about)), indent=1) + "\n", encoding="utf-8")
    log.info(
        "%s: %s",
        CITED[cfg["paper"]],
        "its profiles by Table I" if comparable else f"other profiles: {NOT_COMPARABLE}",
    )
    log.info("tables and figures that this run lacks: %s", ", ".join(
        tables["figures"].loc[tables["figures"]["ours"].str.startswith(NOT_HERE), "number"]) or "none")  # fmt: skip


def outputs_of(folder: str | Path) -> dict[str, str]:
    """The files of `compare_with_paper` in a folder."""
    names = ("table1", "table2", "table3", "figure6a", "figure6b", "figure6c", "stated", "figures")
    return {name: f"{folder}/{name}.tsv" for name in names} | {"summary": f"{folder}/paper.json"}
