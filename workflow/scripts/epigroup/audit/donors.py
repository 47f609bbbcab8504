"""Profiles of one donor: the splits are by position, so each donor is on both sides."""

from collections import Counter
from collections.abc import Mapping

from epigroup.audit.contract import NOT_APPLICABLE, PASS, WARN, Finding


def check(inputs: Mapping, cfg: Mapping) -> Finding:
    """How many tasks share a donor.

    cfg: tasks (dicts of task_id, donors: a list, empty where not known). Not applicable without donors; a warning
    where all tasks are of one donor.
    """
    donors = {row["task_id"]: row["donors"] for row in cfg["tasks"] if row["donors"]}
    if not donors:
        return Finding(
            NOT_APPLICABLE,
            "The sample sheet names no donors.",
            "Where profiles come from people, add the column donor to the sheet.",
        )
    sizes = Counter(name for names in donors.values() for name in names)
    shared = [task for task, names in donors.items() if any(sizes[name] > 1 for name in names)]
    largest = max(sizes, key=sizes.get)
    unknown = len(cfg["tasks"]) - len(donors)
    figure = (
        f"{len(sizes)} donors of {len(donors)} tasks; {len(shared)} tasks share a donor with another, "
        f"{sizes[largest]} of them {largest}"
        + (f"; of {unknown} tasks the donor is not known." if unknown else ".")
    )
    advice = (
        "The splits are by position: every donor is in training, validation and test, so that the scores are for "
        "new positions in known donors, never for a new donor. "
        + (
            "All tasks are of one donor: nothing can be said beyond this one."
            if len(sizes) == 1
            else "To speak of new donors, train without some and score others' profiles of the same mark."
        )
    )
    details = {"donors": dict(sorted(sizes.items(), key=lambda item: (-item[1], item[0])))}
    return Finding(WARN if len(sizes) == 1 and len(donors) > 1 else PASS, figure, advice, details)
