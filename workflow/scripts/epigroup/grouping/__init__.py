"""The grouping methods: one file a method, one line here, imported only when it is used.

A job gets its method's entry (`"package.module:function"`) from the rule, so that a new line here reruns no
other method.
"""

from epigroup.errors import InputError

# method: (entry, what it reads beside the sheet: "heads" | "like" | "table" | None, the config keys it heeds)
METHODS: dict[str, tuple[str, str | None, tuple[str, ...]]] = {
    "single": ("epigroup.grouping.single:group_tasks", None, ()),
    "all": ("epigroup.grouping.all_tasks:group_tasks", None, ()),
    "sheet": ("epigroup.grouping.sheet_columns:group_tasks", None, ("columns",)),
    "kmeans": ("epigroup.grouping.kmeans:group_tasks", "heads", ("vectors", "starts", "seed")),
    "random": ("epigroup.grouping.random_matched:group_tasks", "like", ("seed",)),
    "table": ("epigroup.grouping.table:group_tasks", "table", ("file",)),
}


def entry(method: str) -> str:
    """`"module:function"` of a method. InputError: an unknown method."""
    if method not in METHODS:
        raise InputError(f"unknown grouping method '{method}': choose one of {', '.join(METHODS)}")
    return METHODS[method][0]


def needs(method: str) -> str | None:
    """What a method reads beside the sheet: "heads" (heads.h5), "like" (another grouping), "table" (a
    file), None."""
    entry(method)
    return METHODS[method][1]


def options(method: str) -> tuple[str, ...]:
    """The keys of a grouping's config that a method heeds, beside k and tasks."""
    entry(method)
    return METHODS[method][2]
