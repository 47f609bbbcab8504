"""A table of the user's own: tab separated, a header, columns task_id and group (any words)."""

from epigroup.core.errors import InputError
from epigroup.dataset.groups import read_groups
from epigroup.grouping.method import Grouping, GroupingInputs, numbered, overlapping


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """Groups as the table has them, several for a task with `options["overlap"]`. measures: `members`, the
    table's word for each group number."""
    if inputs.table is None:
        raise InputError(
            f"grouping {inputs.name}: the method 'table' needs `file`, a table with task_id and group"
        )
    overlap = bool(inputs.options.get("overlap"))
    found = read_groups(inputs.table, inputs.task_ids, overlap=overlap)
    measures = {"members": dict(enumerate(found.names))}
    if overlap:
        return overlapping(found.members(), measures)
    return Grouping(numbered(found.joined()), measures)
