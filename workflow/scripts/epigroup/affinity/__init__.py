"""What says how well two tasks learn together: one file a measure, one line here, imported only when it is
used.

A job gets its measure's entry (`"package.module:function"`) from the rule, so that a new line here reruns no
other measure.
"""

from epigroup.errors import InputError

# measure: (entry, what it reads: "network" of a strategy or "metrics" of trained pairs, the config keys it
# heeds)
MEASURES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "sca": (
        "epigroup.affinity.sca:measure",
        "network",
        ("network", "samples", "sampling", "rate", "every", "trunk_checks", "seed"),
    ),
    "tag": (
        "epigroup.affinity.tag:measure",
        "network",
        ("network", "batches", "form", "rate", "every", "trunk_checks"),
    ),
    "hoa": ("epigroup.affinity.hoa:measure", "metrics", ("pairs_from",)),
}


def entry(measure: str) -> str:
    """`"module:function"` of a measure. InputError: an unknown measure."""
    if measure not in MEASURES:
        raise InputError(f"unknown measure '{measure}': choose one of {', '.join(MEASURES)}")
    return MEASURES[measure][0]


def needs(measure: str) -> str:
    """What a measure reads: "network" (of a strategy, and training examples) or "metrics" (of trained
    pairs)."""
    entry(measure)
    return MEASURES[measure][1]


def options(measure: str) -> tuple[str, ...]:
    """The keys of an affinity's config that a measure heeds."""
    entry(measure)
    return MEASURES[measure][2]
