"""One grouping out of those that a method makes of several networks' heads."""

from dataclasses import replace
from itertools import combinations

import numpy as np

from epigroup.core.errors import InputError
from epigroup.grouping.agreement import adjusted_rand
from epigroup.grouping.clustering import group_by, silhouette
from epigroup.grouping.method import Grouping, GroupingInputs, check_k, checked, load
from epigroup.grouping.ward import cut_tree


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """Average linkage on the share of networks in which two tasks are not grouped together (evidence
    accumulation, Fred & Jain 2005), cut into k groups.

    options: of_entry ("module:function" of the method run on each network's heads), and that method's.
    measures: as `group_by` (the similarity is the share of networks that put two tasks together), silhouette
    on 1 - that share, networks, network_agreement (mean adjusted Rand index of two networks' groupings).
    InputError: as the method, fewer than two networks.
    """
    check_k(inputs)
    if len(inputs.heads) < 2:
        raise InputError(
            f"grouping {inputs.name}: a consensus needs the heads of two networks at least, and got"
            f" {len(inputs.heads)}; name more seeds in heads_seeds"
        )
    method = load(inputs.options["of_entry"])
    single = [replace(inputs, heads=(heads,)) for heads in inputs.heads]
    found = [checked(method(one), one).groups for one in single]
    together = np.mean([groups[:, None] == groups for groups in found], axis=0)

    def split(tasks: np.ndarray, _state: int) -> np.ndarray:
        return cut_tree(1 - together[np.ix_(tasks, tasks)], inputs.k, "average")

    grouping = group_by(inputs, split, similarity=together)
    pairs = [adjusted_rand(one, other) for one, other in combinations(found, 2)]
    return Grouping(
        grouping.groups,
        grouping.measures
        | {
            "silhouette": silhouette(1 - together, grouping.groups, "precomputed"),
            "networks": len(found),
            "network_agreement": float(np.mean(pairs)),
        },
    )
