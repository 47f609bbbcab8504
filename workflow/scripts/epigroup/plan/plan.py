"""What a config means before anything runs: trainings, hours, disk and jobs, from config and sheet alone."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from epigroup.config.strategies import count_groups, grouping_tasks
from epigroup.genome.assemblies import known_lengths
from epigroup.networks.architecture import network_cost
from epigroup.networks.settings import read_network
from epigroup.plan.jobs import count_jobs
from epigroup.plan.trials import StudyPlan, TrialPlan, plan_search, plan_study
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


@dataclass
class Plan:
    """All of a run. `disk` is (what, bytes or None when it cannot be known yet, how it was reckoned)."""

    name: str
    n_tasks: int
    strategies: list[StrategyPlan]
    disk: list[tuple[str, int | None, str]]
    jobs: Counter = field(default_factory=Counter)
    searches: list[TrialPlan] = field(default_factory=list)
    study: StudyPlan | None = None


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
        size += seeds * n_groups * 4 * cost.weights
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


def make_plan(run: Run) -> Plan:
    """The plan of a run; looks up sizes of files that are there, opens none."""
    strategies = [plan_strategy(run, name) for name in run.strategies]
    sizes = {one.name: one.sizes for one in strategies}
    return Plan(
        name=run.config["name"],
        n_tasks=len(run.tasks),
        strategies=strategies,
        disk=plan_disk(run, strategies),
        jobs=count_jobs(run),
        searches=[plan_search(run, name, sizes[name], seconds_a_step) for name in run.searched],
        study=plan_study(run, seconds_a_step),
    )


def genome_bases(run: Run) -> tuple[int | None, str]:
    """Base pairs of the genome's FASTA and where the number is from; None when nothing tells."""
    if run.simulated:
        return run.config["simulation"]["chromosome_length"] * len(run.chromosomes), "that will be simulated"
    path, assembly = run.fasta, run.config["genome"]["assembly"]
    if os.path.exists(path) and os.path.getsize(path):
        factor = 4 if path.endswith(("gz", "bgz")) else 1
        return os.path.getsize(path) * factor, f"from the size of {path}" + (" x 4" if factor > 1 else "")
    bases = sum(known_lengths(assembly)[1].values()) or None
    return bases, f"of {assembly}" if bases else "unknown until the FASTA is there"


def held_out_bases(run: Run, bases: int) -> int:
    """Base pairs of validation and test; a chromosome of unknown length counts as the mean one."""
    mean = bases // len(run.chromosomes)
    spans = run.config["splits"]["validation"] + run.config["splits"]["test"]
    return sum((mean if span["end"] is None else span["end"]) - span["start"] for span in spans)


def plan_disk(run: Run, strategies: Sequence[StrategyPlan]) -> list[tuple[str, int | None, str]]:
    """(what, bytes or None, how it was reckoned) for everything large."""
    n_tasks, bin_size, downloads = len(run.tasks), run.config["dataset"]["bin_size"], run.sheet.downloads
    bases, source = genome_bases(run)
    with_fastq = [run.profiles[name] for name in run.of_kind("fastq")]
    rows: list[tuple[str, int | None, str]] = [
        ("genome", bases and 2 * bases, f"2 bytes a base (codes and FASTA); {bases or '?'} bp {source}")
    ]
    if downloads:
        rows.append(("downloads", None, f"{len(downloads)} files by accession, known once they are there"))
    if with_fastq:
        files = [path for p in with_fastq for r in p.replicates for path in (r.fastq_1, r.fastq_2) if path]
        there = sum(os.path.getsize(path) for path in files if os.path.exists(path))
        lacking = [path for path in files if os.path.basename(path) in downloads and not os.path.exists(path)]
        rows.append(("bowtie2 index", bases and int(1.4 * bases), "1.4 bytes a base"))
        rows.append(
            (
                "alignments",
                None if lacking else there or None,
                f"as much as the {len(files)} FASTQ files; three times that in passing",
            )
        )
    bins = bases and bases // bin_size
    row = 4 + -(-n_tasks // 8) + 2 * n_tasks * run.signal
    rows.append(
        (
            "labels and signals" if run.signal else "labels",
            bins and bins * row,
            f"at most: {row} bytes a bin, were every bin kept and nothing compressed",
        )
    )
    models = sum(s.model_bytes for s in strategies)
    rows.append(("models", models, "4 bytes a weight, best weights only"))
    held = bases and held_out_bases(run, bases) // bin_size
    kept = run.config["evaluation"]["keep_predictions"]
    runs = sum(s.seeds for s in strategies) if kept else 1
    how = "kept" if kept else "removed after evaluation; of one strategy and seed"
    rows.append(
        (
            "predictions",
            held and held * ((4 if run.signal else 2) * n_tasks + row) * runs,
            f"at most: {6 if run.signal else 2} bytes a task and bin, {how}",
        )
    )
    return rows
