"""What a config means before anything runs: trainings, hours, disk and jobs, from config and sheet alone."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from epigroup.config.settings import training_settings
from epigroup.config.sheet import Sheet
from epigroup.config.strategies import count_groups, count_packs, grouping_tasks, strategy_seeds
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


def group_sizes(config: dict, grouping: str, table: pd.DataFrame) -> tuple[list[tuple[int, int]], bool]:
    """[(number of groups, tasks in each)], largest first, and whether the sizes are known beforehand."""
    spec = config["groupings"][grouping]
    tasks = grouping_tasks(config, grouping, table)
    n_groups = count_groups(config, grouping, table)
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


def plan_strategy(config: dict, name: str, table: pd.DataFrame) -> StrategyPlan:
    """Trainings, jobs, hours and bytes of one strategy over its seeds."""
    training = training_settings(config, name)
    sizes, known = group_sizes(config, config["strategies"][name]["grouping"], table)
    seeds = len(strategy_seeds(config, name))
    gpu = training["device"] != "cpu"
    steps = training["max_steps"]
    least = min(steps, (training["patience"] + 1) * training["validate_every"])
    seconds, size, largest = 0.0, 0, 0
    for n_groups, n_tasks in sizes:
        cost = network_cost(read_network(training["network"]), config["dataset"]["window"], n_tasks)
        seconds += seeds * n_groups * seconds_a_step(training, config["dataset"]["window"], n_tasks)
        size += seeds * n_groups * 4 * cost.weights
        largest = max(largest, cost.weights)
    return StrategyPlan(
        name=name,
        network=training["network"]["name"],
        seeds=seeds,
        sizes=sizes,
        sizes_known=known,
        jobs=seeds * count_packs(config, name, table),
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
    config, table = run.config, run.table
    strategies = [plan_strategy(config, name, table) for name in config["strategies"]]
    found = [plan_search(config, s.name, s.sizes, table, seconds_a_step) for s in strategies]
    searches = [search for search in found if search is not None]
    study = plan_study(config, table, seconds_a_step)
    return Plan(
        name=config["name"],
        n_tasks=len(table),
        strategies=strategies,
        disk=plan_disk(config, run.sheet, strategies),
        jobs=count_jobs(run),
        searches=searches,
        study=study,
    )


def genome_bases(config: dict) -> tuple[int | None, str]:
    """Base pairs of the genome's FASTA and where the number is from; None when nothing tells."""
    if "simulation" in config:
        each, n = config["simulation"]["chromosome_length"], len(config["genome"]["chromosomes"])
        return each * n, "that will be simulated"
    path = config["genome"]["fasta"]
    if os.path.exists(path) and os.path.getsize(path):
        factor = 4 if path.endswith(("gz", "bgz")) else 1
        return os.path.getsize(path) * factor, f"from the size of {path}" + (" x 4" if factor > 1 else "")
    bases = sum(known_lengths(config["genome"]["assembly"])[1].values()) or None
    return bases, f"of {config['genome']['assembly']}" if bases else "unknown until the FASTA is there"


def held_out_bases(config: dict, bases: int) -> int:
    """Base pairs of validation and test; a chromosome of unknown length counts as the mean one."""
    mean = bases // len(config["genome"]["chromosomes"])
    spans = config["splits"]["validation"] + config["splits"]["test"]
    return sum((mean if span["end"] is None else span["end"]) - span["start"] for span in spans)


def plan_disk(
    config: dict, sheet: Sheet, strategies: list[StrategyPlan]
) -> list[tuple[str, int | None, str]]:
    """(what, bytes or None, how it was reckoned) for everything large."""
    n_tasks = len(sheet.tasks)
    bases, source = genome_bases(config)
    with_fastq = [p for p in sheet.profiles.values() if p.kind == "fastq"]
    rows: list[tuple[str, int | None, str]] = [
        ("genome", bases and 2 * bases, f"2 bytes a base (codes and FASTA); {bases or '?'} bp {source}")
    ]
    if sheet.downloads:
        rows.append(
            ("downloads", None, f"{len(sheet.downloads)} files by accession, known once they are there")
        )
    if with_fastq:
        files = [path for p in with_fastq for r in p.replicates for path in (r.fastq_1, r.fastq_2) if path]
        there = sum(os.path.getsize(path) for path in files if os.path.exists(path))
        lacking = [
            path for path in files if os.path.basename(path) in sheet.downloads and not os.path.exists(path)
        ]
        rows.append(("bowtie2 index", bases and int(1.4 * bases), "1.4 bytes a base"))
        rows.append(
            (
                "alignments",
                None if lacking else there or None,
                f"as much as the {len(files)} FASTQ files; three times that in passing",
            )
        )
    bins = bases and bases // config["dataset"]["bin_size"]
    signal = config["dataset"]["targets"] == "signal"
    row = 4 + -(-n_tasks // 8) + 2 * n_tasks * signal
    rows.append(
        (
            "labels and signals" if signal else "labels",
            bins and bins * row,
            f"at most: {row} bytes a bin, were every bin kept and nothing compressed",
        )
    )
    models = sum(s.model_bytes for s in strategies)
    rows.append(("models", models, "4 bytes a weight, best weights only"))
    held = bases and held_out_bases(config, bases) // config["dataset"]["bin_size"]
    kept = config["evaluation"]["keep_predictions"]
    runs = sum(s.seeds for s in strategies) if kept else 1
    how = "kept" if kept else "removed after evaluation; of one strategy and seed"
    rows.append(
        (
            "predictions",
            held and held * ((4 if signal else 2) * n_tasks + row) * runs,
            f"at most: {6 if signal else 2} bytes a task and bin, {how}",
        )
    )
    return rows
