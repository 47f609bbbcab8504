"""Folds: what is made of each, and of all together."""

from epigroup.run.facts import Run


def findings(run: Run) -> list[str]:
    """What a fold is made for: the comparison of its strategies, its audit, and its baselines."""
    return [
        run.file("headline"),
        run.file("strategies"),
        run.file("audit_table"),
        *([run.file("marks")] if run.baselines else []),
    ]


def findings_of_all(run: Run) -> list[str]:
    """Those of every fold of the config."""
    return [path for fold in run.folds for path in findings(run.of_fold(fold))]


def why_none(run: Run) -> str:
    """Why the target `folds` makes nothing in this run."""
    if run.fold > 1:
        return f"fold: {run.fold}: the target `folds` makes all folds and is of the first: leave the key fold out"
    return "splits.folds: the target `folds` needs further folds: folds: [{validation: ..., test: ...}, ...]"
