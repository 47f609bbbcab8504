"""Donors and their cell types: whether the same are in training and in test."""

from collections.abc import Mapping

import pandas as pd

from epigroup.audit.finding import NOT_APPLICABLE, PASS, WARN, Finding
from epigroup.dataset.splits import SPLITS
from epigroup.dataset.tasks import read_tasks

COLUMNS = ["donor", "cell_type", "n_tasks", *SPLITS]


def donor_table(tasks: pd.DataFrame, donors: Mapping[str, list[str]]) -> pd.DataFrame:
    """A row a (donor, cell type), in the order of the tasks: COLUMNS; of the splits the positives of their tasks.

    tasks: as tasks.tsv; donors: names by task id. A task of several donors counts for each.
    """
    rows = [
        [donor, row["cell_type"], 1, *(int(row[f"positives_{name}"]) for name in SPLITS)]
        for row in tasks.to_dict("records")
        for donor in dict.fromkeys(donors.get(row["task_id"], []))
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.groupby(COLUMNS[:2], sort=False)[COLUMNS[2:]].sum().reset_index()


def check(inputs: Mapping, cfg: Mapping) -> Finding:
    """Which cell types of which donors have positives in training and in test. A warning where any have.

    inputs: tasks. cfg: tasks (dicts of task_id, donors: a list, empty where not known). Not applicable without donors.
    The splits are by position and every profile is in each of them, so that a donor is on both sides unless its
    profiles have no positives on one.
    """
    donors = {row["task_id"]: row["donors"] for row in cfg["tasks"] if row["donors"]}
    if not donors:
        return Finding(
            NOT_APPLICABLE,
            "The sample sheet names no donors.",
            "Where profiles come from people, add the column donor to the sheet.",
        )
    table = donor_table(read_tasks(inputs["tasks"]), donors)
    sides = table[(table["train"] > 0) & (table["test"] > 0)]
    unknown = len(cfg["tasks"]) - len(donors)
    n_donors = table["donor"].nunique()
    largest = table.groupby("donor", sort=False)["n_tasks"].sum()
    figure = (
        f"{sides['donor'].nunique()} of {n_donors} donors have positives of the same cell type in training and in "
        f"test ({len(sides)} of {len(table)} pairs of donor and cell type; {len(donors)} tasks, {largest.max()} of "
        f"them of {largest.idxmax()})" + (f"; of {unknown} tasks the donor is not known." if unknown else ".")
    )
    details = {"pairs": table.to_dict("records")}
    if sides.empty:
        return Finding(PASS, figure, "Nothing to do.", details)
    advice = (
        "The splits are by position, so that every profile, with its donor and cell type, is on both sides: scores are "
        "for new positions in known donors and cell types, never for a new donor. "
        + (
            "All tasks are of one donor: nothing can be said beyond this one."
            if n_donors == 1
            else "To speak of new donors, train without some and score others' profiles of the same mark."
        )
    )
    return Finding(WARN, figure, advice, details)
