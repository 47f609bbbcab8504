"""What an evaluation is told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EvaluationSettings:
    """tasks: ids that the strategy learns, sheet order; regions: the set of evaluation regions, on whose validation
    bins thresholds are chosen and on whose test bins scores are counted; min_validation_positives: with fewer a task's
    threshold is 0.5; interval_draws, seed: of the tasks' intervals; targets: "labels" or "signal"."""

    tasks: tuple[str, ...]
    regions: str
    min_validation_positives: int
    interval_draws: int
    seed: int
    targets: str = "labels"
