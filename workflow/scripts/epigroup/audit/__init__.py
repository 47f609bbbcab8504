"""The checks of the audit: one file a check, one line here, imported only when it runs.

`DATASET` checks know the data set alone; `RUN` checks know its scores too. A check is a function
`check(inputs, cfg) -> Finding`: `inputs` maps names to paths, `cfg` is the audit's one dict of settings.
"""

# check: (entry, title, where Whalen et al. 2022 have it, as Nehal 2024 (chapter 8) lists their pitfalls)
DATASET: dict[str, tuple[str, str, str]] = {
    "shared_windows": (
        "epigroup.audit.shared_windows:check",
        "Windows shared across splits",
        "Dependent examples",
    ),
    "near_identical": (
        "epigroup.audit.near_identical:check",
        "Near-identical sequences across splits",
        "Dependent examples",
    ),
    "twins": (
        "epigroup.audit.twins:check",
        "Tasks with the same labels or signal",
        "Dependent examples",
    ),
}
RUN: dict[str, tuple[str, str, str]] = {
    "donors": (
        "epigroup.audit.donors:check",
        "Cell types of one donor on both sides",
        "Distributional differences",
    ),
    "class_balance": (
        "epigroup.audit.class_balance:check",
        "Class balance",
        "Unbalanced classes",
    ),
    "ended": (
        "epigroup.audit.ended:check",
        "Trainings that came to their end",
        "Not among them",
    ),
    "technique": (
        "epigroup.audit.technique:check",
        "Depth, FRiP, peaks and batch against performance",
        "Confounding",
    ),
    "fitted": (
        "epigroup.audit.fitted:check",
        "What is fitted, and on which split",
        "Leaky pre-processing",
    ),
    "thresholds": (
        "epigroup.audit.thresholds:check",
        "Thresholds chosen on validation",
        "Leaky pre-processing",
    ),
    "selection": (
        "epigroup.audit.selection:check",
        "K, groups, rates and strategies chosen without test",
        "Leaky pre-processing",
    ),
}
CHECKS = DATASET | RUN
# Of a training's settings, what `ended` goes by.
ENDING_KEYS = ("max_steps", "patience", "schedule")
