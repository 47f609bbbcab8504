"""Groups from columns of the sheet: EMTL (modality), CMTL (cell_group), any other column or several at
once."""

import pandas as pd

from epigroup.core.errors import InputError
from epigroup.grouping.method import Grouping, GroupingInputs, numbered


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """Tasks that agree in every one of `options["columns"]` form a group.

    measures: `members`, the columns' values of each group. InputError: a column the sheet lacks, a task
    without a value.
    """
    columns = list(inputs.options.get("columns") or [])
    if not columns:
        raise InputError(f"grouping {inputs.name}: `columns` names no column of the sheet")
    for column in columns:
        if column not in inputs.sheet.columns:
            raise InputError(
                f"grouping {inputs.name}: the sheet has no column '{column}'; it has"
                f" {', '.join(map(str, inputs.sheet.columns))}"
            )
        values = inputs.sheet[column]
        empty = (values.isna() | (values.astype(str).str.strip() == "")).to_numpy()
        if empty.any():
            raise InputError(
                f"grouping {inputs.name}: task '{inputs.task_ids[int(empty.argmax())]}' has no"
                f" value in column '{column}' of the sheet"
            )
    keys = pd.Series(list(zip(*(inputs.sheet[c].astype(str) for c in columns), strict=True)))
    groups = numbered(keys)
    members = {int(group): " x ".join(key) for group, key in zip(groups, keys, strict=True)}
    return Grouping(groups, {"members": members})
