"""The control that grouping must beat: random groups of exactly the sizes of another grouping."""

import numpy as np

from epigroup.core.errors import InputError
from epigroup.grouping.method import Grouping, GroupingInputs, overlapping


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """The group numbers of `like`, or its sets of groups where they overlap, shuffled over the tasks with
    `options["seed"]` (0), the network's seed, and beside the first `options["fold"]`: folds have draws of their own."""
    if inputs.like is None:
        raise InputError(
            f"grouping {inputs.name}: the method random needs `like`, the grouping whose sizes it copies"
        )
    options = inputs.options
    fold = [int(options["fold"])] if "fold" in options else []
    rng = np.random.default_rng([int(options.get("seed", 0)), int(inputs.seed), *fold])
    dealt = rng.permutation(inputs.like)
    return Grouping(dealt) if dealt.ndim == 1 else overlapping(dealt)
