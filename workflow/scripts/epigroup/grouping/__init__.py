"""The grouping methods: one file a method, one line here, imported only when it is used.

A job gets its method's entry (`"package.module:function"`) from the rule, so that a new line here reruns no
other method.
"""

from collections.abc import Mapping
from typing import Any

from epigroup.core.errors import InputError

# What each form of task vectors is made from (`epigroup.grouping.vectors`).
VECTORS: dict[str, tuple[str, ...]] = {
    "raw": ("heads",),
    "l2": ("heads",),
    "logit_covariance": ("heads", "covariance", "labels"),
    "labels": ("labels",),
}
_CLUSTERS = ("vectors", "append", "seed")

# method: (entry, what it reads beside the sheet, the config keys it heeds). What may be read: "heads" (E of
# one network, or of several), "covariance" (of their hidden features), "labels" (the tasks' label
# correlation), "affinity" (a T x T matrix), "like" (another grouping), "table" (a file); "vectors" stands for
# what the option `vectors` is made from, "of" for what the method named by the option `of` reads.
METHODS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "single": ("epigroup.grouping.single:group_tasks", (), ()),
    "all": ("epigroup.grouping.all_tasks:group_tasks", (), ()),
    "sheet": ("epigroup.grouping.sheet_columns:group_tasks", (), ("columns",)),
    "kmeans": ("epigroup.grouping.kmeans:group_tasks", ("vectors",), (*_CLUSTERS, "starts")),
    "ward": ("epigroup.grouping.ward:group_tasks", ("vectors",), _CLUSTERS),
    "spectral": (
        "epigroup.grouping.spectral:group_tasks",
        ("vectors",),
        (*_CLUSTERS, "graph", "neighbours", "starts"),
    ),
    "dbscan": ("epigroup.grouping.dbscan:group_tasks", ("vectors",), _CLUSTERS),
    "ssc": ("epigroup.grouping.subspace:group_tasks", ("vectors",), (*_CLUSTERS, "alpha", "starts")),
    "consensus": ("epigroup.grouping.consensus:group_tasks", ("of",), ("of",)),
    "sca": ("epigroup.grouping.sca:group_tasks", ("affinity",), ("neighbours", "starts", "seed", "overlap")),
    "tag": ("epigroup.grouping.tag:group_tasks", ("affinity",), ("starts", "seed")),
    "pairs": ("epigroup.grouping.pairs:group_tasks", (), ("round",)),
    "random": ("epigroup.grouping.random_matched:group_tasks", ("like",), ("seed",)),
    "table": ("epigroup.grouping.table:group_tasks", ("table",), ("file", "overlap")),
}

# Methods that need torch: their jobs run in its environment, all others in one without it.
WITH_TORCH = ("sca",)


def entry(method: str) -> str:
    """`"module:function"` of a method. InputError: an unknown method."""
    if method not in METHODS:
        raise InputError(f"unknown grouping method '{method}': choose one of {', '.join(METHODS)}")
    return METHODS[method][0]


def needs(method: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """What a method with these `settings` (a grouping's config) reads beside the sheet; see METHODS."""
    entry(method)
    found: list[str] = []
    for what in METHODS[method][1]:
        if what == "vectors":
            found += VECTORS[settings["vectors"]]
        elif what == "of":
            found += _combined(settings)
        else:
            found.append(what)
    return tuple(dict.fromkeys(found))


def _combined(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """What the method reads whose groupings of several networks are combined."""
    of = settings["of"]
    able = [name for name, (_, reads, _) in METHODS.items() if "vectors" in reads]
    if of not in able:
        raise InputError(f"of is '{of}'; a consensus combines groupings by {', '.join(able)}")
    found = needs(of, settings)
    if "heads" not in found:
        raise InputError(f"vectors is '{settings['vectors']}', which is the same for every network")
    return found


def options(method: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of a grouping's config that a method with these `settings` heeds, beside k and tasks."""
    entry(method)
    keys = METHODS[method][2]
    return tuple(dict.fromkeys([*keys, *(options(settings["of"], settings) if "of" in keys else ())]))
