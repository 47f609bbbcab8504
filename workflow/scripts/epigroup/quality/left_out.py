"""Profiles whose quality keeps them out of training."""

import os
from collections.abc import Sequence


def profiles_left_out(summary: str, min_grade: str, tasks: Sequence[str]) -> dict[str, str]:
    """{task: its measures below `min_grade`} by the grades that an earlier run left; none when there are none.

    Raises InputError when the table of grades is damaged.
    """
    if min_grade == "fail" or not os.path.exists(summary):
        return {}
    from epigroup.quality.tables import failing, read_summary

    return {name: why for name, why in failing(read_summary(summary), min_grade).items() if name in tasks}
