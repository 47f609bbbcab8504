"""What each strategy trains: networks, steps and hours."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from epigroup.config.strategies import count_groups, grouping_tasks
from epigroup.networks.architecture import network_cost
from epigroup.networks.settings import read_network
from epigroup.run.facts import Run
from epigroup.training.balancing import step_flop

# What the estimate rests on; every one of them is printed with it.
GPU_FLOPS = (
    10e12  # sustained by a V100 in float32; the paper's 16 hours a training on one lie within a factor of two
)
CPU_FLOPS = 1e11  # sustained by one recent server core in bfloat16
STEP_SECONDS = {
    True: 0.5e-3,
    False: 2e-3,
}  # least time of a step, on a GPU and on a core, however small the work


@dataclass
class StrategyPlan:
    """What one strategy trains; `sizes` are (number of groups, tasks in each), rounded means if not known;
    `weights` those of its largest network."""

    name: str
    network: str
    seeds: int
    sizes: list[tuple[int, int]]
    sizes_known: bool
    jobs: int
    steps: int
    least_steps: int
    hours: float
    least_hours: float
    gpu: bool
    weights: int
    model_bytes: int

    @property
    def trainings(self) -> int:
        return self.seeds * sum(n for n, _ in self.sizes)


def group_sizes(run: Run, strategy: str) -> tuple[list[tuple[int, int]], bool]:
    """[(number of groups, tasks in each)] of a strategy, largest first, and whether the sizes are known beforehand."""
    spec, grouping = run.grouping_of(strategy), run.grouping_name(strategy)
    tasks = grouping_tasks(run.config, grouping, run.table)
    n_groups = count_groups(run.config, grouping, run.table)
    if spec["method"] == "single":
        return [(n_groups, 1)], True
    if spec["method"] == "all":
        return [(1, len(tasks))], True
    if spec["method"] == "sheet":
        counts = Counter(tasks.groupby(spec["columns"], sort=False).size())
        return sorted(((n, int(size)) for size, n in counts.items()), key=lambda x: -x[1]), True
    return [(n_groups, round(len(tasks) / n_groups))], False


def seconds_a_step(training: Mapping[str, Any], window: int, n_tasks: int) -> float:
    """Estimated seconds of a training step of a network for `n_tasks` tasks."""
    gpu = training["device"] != "cpu"
    work = training["batch_size"] * step_flop(training, window, n_tasks)
    return max(STEP_SECONDS[gpu], work / (GPU_FLOPS if gpu else CPU_FLOPS * training["threads"]))


def plan_strategy(run: Run, name: str) -> StrategyPlan:
    """Trainings, jobs, hours and bytes of one strategy over its seeds."""
    training, window = run.training_of(name), run.config["dataset"]["window"]
    sizes, known = group_sizes(run, name)
    seeds = len(run.strategy_seeds(name))
    gpu = training["device"] != "cpu"
    steps = training["max_steps"]
    least = min(steps, (training["patience"] + 1) * training["validate_every"])
    seconds, size, largest = 0.0, 0, 0
    for n_groups, n_tasks in sizes:
        cost = network_cost(read_network(training["network"]), window, n_tasks)
        seconds += seeds * n_groups * seconds_a_step(training, window, n_tasks)
        # the weights of one validation, or of as many as served a task best and of the group's
        kept = min(n_tasks + 1, steps // training["validate_every"]) if training["keep"] == "task" else 1
        size += seeds * n_groups * 4 * cost.weights * kept
        largest = max(largest, cost.weights)
    return StrategyPlan(
        name=name,
        network=training["network"]["name"],
        seeds=seeds,
        sizes=sizes,
        sizes_known=known,
        jobs=seeds * len(run.packs(name)),
        steps=steps,
        least_steps=least,
        hours=seconds * steps / 3600,
        least_hours=seconds * least / 3600,
        gpu=gpu,
        weights=largest,
        model_bytes=size,
    )
