"""Folds: what is made of each, and of all together."""

from epigroup.run import calibration, training
from epigroup.run.facts import Run


def findings(run: Run) -> list[str]:
    """What a fold is made for: the comparison of its strategies on each set of evaluation regions, its audit, and its
    baselines."""
    compared = [
        run.file(key, mappable=regions != run.regions[0])
        for regions in run.regions
        for key in ("headline", "strategies")
    ]
    return [
        *compared,
        run.file("audit_table"),
        *([run.file("marks")] if run.baselines else []),
    ]


def findings_of_all(run: Run) -> list[str]:
    """Those of every fold of the config, and what gains rest on over all of them."""
    of_each = [path for fold in run.folds for path in findings(run.of_fold(fold))]
    return [*of_each, run.file("units"), run.file("unit_gains")]


def shared(run: Run) -> list[str]:
    """What folds read and share: once it is there, each may be made by itself beside the others."""
    devices = dict.fromkeys(training.device(run, strategy) for strategy in run.strategies)
    return [
        *training.shards(run),
        *([run.path("quality/quality.tsv")] if run.from_reads else []),
        *(calibration.precision_file(run, device) for device in devices),
        *([run.path("checks/device.json")] if "cuda" in devices else []),
    ]


def why_none(run: Run) -> str:
    """Why the target `folds` makes nothing in this run."""
    if run.fold > 1:
        return f"fold: {run.fold}: the target `folds` makes all folds and is of the first: leave the key fold out"
    return "splits.folds: the target `folds` needs further folds: folds: [{validation: ..., test: ...}, ...]"
