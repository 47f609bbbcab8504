"""What says how well two tasks learn together: one file a measure, one line here, imported only when it is
used.

A job gets its measure's entry (`"package.module:function"`) from the rule, so that a new line here reruns no
other measure.
"""

from collections.abc import Mapping

from epigroup.core.errors import InputError

# measure: (entry, what it reads: "network" of a strategy or "metrics" of trained pairs, the config keys it
# heeds, the grouping method that takes it)
MEASURES: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "sca": (
        "epigroup.affinity.sca:measure",
        "network",
        ("network", "samples", "sampling", "rate", "every", "trunk_checks", "seed"),
        "sca",
    ),
    "tag": (
        "epigroup.affinity.tag:measure",
        "network",
        ("network", "batches", "form", "rate", "every", "trunk_checks"),
        "tag",
    ),
    "hoa": ("epigroup.affinity.hoa:measure", "metrics", ("pairs_from",), "tag"),
    "surrogate": (
        "epigroup.affinity.surrogate:measure",
        "network",
        ("network", "samples", "sampling", "rate", "subsets", "subset_size", "steps", "seed"),
        "tag",
    ),
    "grad_tag": (
        "epigroup.affinity.grad_tag:measure",
        "network",
        ("network", "samples", "sampling", "subsets", "subset_size", "projections", "seed"),
        "tag",
    ),
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


def grouped_by(method: str) -> tuple[str, ...]:
    """The measures that a grouping method takes; none for a method that takes any."""
    return tuple(measure for measure, (*_, by) in MEASURES.items() if by == method)


# What looks on while a network trains, for the measures that it can be had by so; the keys of an affinity's
# config that it heeds.
LOOKS = {"tag": "epigroup.affinity.look_ahead:TrainingLooks"}
LOOK_OPTIONS = ("form", "rate", "every")


# The measures on networks that can be had all along a training (`network: training`).
ALONG_TRAINING = ("sca", "tag")


def looks_on(spec: Mapping) -> bool:
    """Whether an affinity is collected while its strategy trains."""
    return spec["measure"] in LOOKS and spec["network"] == "training"


def trains_again(spec: Mapping) -> bool:
    """Whether an affinity repeats its strategy's training."""
    return needs(spec["measure"]) == "network" and spec["network"] == "training" and not looks_on(spec)


def reads_network(spec: Mapping) -> bool:
    """Whether an affinity reads its strategy's trained network."""
    return needs(spec["measure"]) == "network" and (spec["network"] == "trained" or looks_on(spec))


MAX_PILOT = 12  # tasks of a pilot of pairs: 66 networks; their number grows with the square


def check_pilot(what: str, n_tasks: int) -> None:
    """InputError for more tasks than pairs can be trained of."""
    if n_tasks > MAX_PILOT:
        raise InputError(
            f"{what}: a pilot of {n_tasks} tasks would train {n_tasks * (n_tasks - 1) // 2} networks of pairs;"
            f" {MAX_PILOT} tasks at most: name a few (groupings.NAME.tasks)"
        )


def options(measure: str) -> tuple[str, ...]:
    """The keys of an affinity's config that a measure heeds."""
    entry(measure)
    return MEASURES[measure][2]
