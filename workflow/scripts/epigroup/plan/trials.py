"""What searches of learning rates and the patience study train, for the plan."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from epigroup.config.patience import count_profiles, full_length
from epigroup.config.searches import PHASES, named_search, search_seeds, trial_steps
from epigroup.run import search
from epigroup.run.facts import Run

# seconds of a step, from training settings, window and the tasks of a network
SecondsAStep = Callable[[Mapping[str, Any], int, int], float]


@dataclass(frozen=True)
class TrialPlan:
    """What the search of one strategy trains at most: `networks` (searched groups over all seeds) x `trials`
    of `steps` steps. `sampled`: on a sample of the groups; else on each of them.
    """

    strategy: str
    method: str
    networks: int
    trials: int
    steps: int
    max_steps: int
    jobs: int
    hours: float
    gpu: bool
    sampled: bool

    @property
    def worth(self) -> float:
        """The steps of all trials, in trainings of max_steps."""
        return self.networks * self.trials * self.steps / self.max_steps


@dataclass(frozen=True)
class StudyPlan:
    """Full-length trainings of single profiles."""

    profiles: int
    steps: int
    hours: float
    gpu: bool


def plan_search(
    run: Run, strategy: str, sizes: Sequence[tuple[int, int]], seconds_a_step: SecondsAStep
) -> TrialPlan:
    """The trials of the search of a strategy that has one, over its seeds. `sizes` as in group_sizes."""
    spec = named_search(run.config, strategy)
    training = run.training_of(strategy)
    seeds = len(search_seeds(run.config, strategy))
    searched = sizes if "tasks" not in spec else [(spec["tasks"], 1)]
    listed = len(spec.get("rates") or []) or spec["trials"]
    trials = listed + (2 if spec["method"] == "two_phase" else 0)
    steps = trial_steps(spec, training)
    window = run.config["dataset"]["window"]
    seconds = sum(n * seconds_a_step(training, window, n_tasks) for n, n_tasks in searched)
    return TrialPlan(
        strategy=strategy,
        method=spec["method"],
        networks=seeds * sum(n for n, _ in searched),
        trials=trials,
        steps=steps,
        max_steps=training["max_steps"],
        jobs=seeds * (len(PHASES[spec["method"]]) * len(search.parts(run, strategy)) + 1),
        hours=seeds * trials * steps * seconds / 3600,
        gpu=training["device"] != "cpu",
        sampled="tasks" in spec,
    )


def literal_trainings(trained: Mapping[str, int], searches: Sequence[TrialPlan]) -> int:
    """Trainings to the end that the literal protocol takes: each trial is one, and of a group's trials the
    best is its model. `trained`: strategy -> trainings over its seeds.
    """
    total = dict(trained)
    for one in searches:
        kept = total[one.strategy] if one.sampled else 0
        total[one.strategy] = kept + one.networks * one.trials
    return sum(total.values())


def plan_study(run: Run, seconds_a_step: SecondsAStep) -> StudyPlan | None:
    """The patience study, or None without one."""
    spec = run.config.get("patience_study")
    if spec is None:
        return None
    training = full_length(run.training_of(spec["strategy"]), spec)
    profiles, steps = count_profiles(spec, run.table), training["max_steps"]
    seconds = profiles * steps * seconds_a_step(training, run.config["dataset"]["window"], 1)
    return StudyPlan(profiles, steps, seconds / 3600, training["device"] != "cpu")
