"""A table of the user's own: tab separated, a header, columns task_id and group (any words)."""

from epigroup.core.errors import InputError
from epigroup.grouping.group_table import as_members, read_group_lists, read_groups
from epigroup.grouping.method import Grouping, GroupingInputs, numbered, overlapping


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """Groups as the table has them, several for a task with `options["overlap"]`. measures: `members`, the
    table's word for each group number."""
    if inputs.table is None:
        raise InputError(
            f"grouping {inputs.name}: the method 'table' needs `file`, a table with task_id and group"
        )
    if inputs.options.get("overlap"):
        lists = read_group_lists(inputs.table, inputs.task_ids, overlap=True)
        names = dict.fromkeys(group for groups in lists for group in groups)
        return overlapping(as_members(lists), {"members": dict(enumerate(names))})
    words = read_groups(inputs.table, inputs.task_ids)
    groups = numbered(words)
    return Grouping(groups, {"members": {int(g): str(w) for g, w in zip(groups, words, strict=True)}})
