"""The audit: what it reads, and what of the run is fitted or chosen."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from epigroup import audit as audits
from epigroup import grouping as grouping_methods
from epigroup.audit import flow
from epigroup.config.pools import candidates, pool_members
from epigroup.config.settings import canonical
from epigroup.config.strategies import overlaps
from epigroup.run import affinity, evaluation, grouping, patience, search, training
from epigroup.run.data import reads
from epigroup.run.facts import Run
from epigroup.run.settings import settings

# Rules that take metrics.tsv in and read validation's columns of it alone: what they decide is made again in the audit
# (choices), or read by name (pairs of tasks).
BY_COLUMN = ("choose_strategies", "choose_all_mappable", "measure_affinity")


def audit_modules(stage: str) -> tuple[str, ...]:
    """The library's modules that hold the checks of a registry, "DATASET" or "RUN"."""
    return tuple(training.module_of(entry) for entry, *_ in getattr(audits, stage).values())


def origins(
    run: Run, rules: Iterable, called: Callable[[str], str] = str, shown: Callable[[str], str] = str
) -> flow.Maker:
    """Of each file that Snakemake's `rules` make: of which others; scores end the way. called: the name that a
    rule has of the one that this workflow gives it; shown: the one that the audit gives it of that."""
    scores = (run.path("evaluation/"), run.path("all_mappable/evaluation/"))
    made_from = flow.origins(rules, scores, tuple(map(called, BY_COLUMN)))

    def shown_origin(path: str) -> tuple[str, tuple[str, ...]] | None:
        made = made_from(path)
        return None if made is None else (shown(made[0]), made[1])

    return shown_origin


def networks(run: Run) -> list[str]:
    """The model files of everything that is trained."""
    return [path for one in run.trained_runs() for path in training.models(run, *one)]


def decision_files(run: Run) -> dict[str, list[str]]:
    """{kind: files} of all that is fitted or chosen before anything is scored."""
    return {
        "networks": networks(run),
        "groups": training.all_groups(run),
        "rates": search.of_searches(run, "rates.tsv"),
        "sweep": grouping.sweep_tables(run),
        "affinities": affinity.files(run, "h5"),
        "serving": [
            training.served_by(run, strategy, seed)
            for strategy, seed in run.trained_runs()
            if overlaps(run.config, run.grouping_name(strategy))
        ],
        "choices": choice_tables(run),
        "weights": evaluation.weight_tables(run),
        "patience": patience.decided(run),
    }


def made_choices(run: Run) -> list[list]:
    """[folder, choice, seed] of all choices among strategies."""
    return [
        [folder, *one] for folder in evaluation.folders(run).values() for one in evaluation.choice_seeds(run)
    ]


def choice_tables(run: Run) -> list[str]:
    return [f"{folder}/evaluation/{name}/seed{seed}/choice.tsv" for folder, name, seed in made_choices(run)]


def scored_tasks(run: Run, name: str) -> list[str]:
    """Ids of the tasks that a strategy, a choice or predictions from elsewhere have scores of, in the sheet's order."""
    if name in run.choices:
        return [row["task_id"] for row in evaluation.choice_settings(run, name)["tasks"]]
    if name in run.averages:
        return evaluation.learnt_tasks(run, name)
    return list(run.tasks) if name in run.external else run.strategy_tasks(name)


def inputs(run: Run) -> dict[str, Any]:
    """What `audit_run` reads."""
    return {
        "found": run.path("audit/dataset.json"),
        "tasks": run.path("dataset/tasks.tsv"),
        "metrics": evaluation.of_scored(run, "metrics.tsv"),
        "curves": training.all_curves(run),
        "thresholds": [
            f"{folder}/audit/thresholds/{strategy}/seed{seed}/thresholds.tsv"
            for folder in evaluation.folders(run).values()
            for strategy, seed in run.trained_runs()
            if not run.signal
        ],
        "chosen": choice_tables(run),
        "candidates": [
            f"{folder}/evaluation/{strategy}/seed{seed}/{evaluation.chosen_from(run, name)}"
            for folder, name, seed in made_choices(run)
            for strategy in candidates(run.config, name)
        ],
        "fastp": reads.trimmed_counts(run),
        "flagstat": reads.aligned_counts(run),
        **({"read_quality": run.path("quality/quality.tsv")} if run.from_reads else {}),
    }


def fitted_facts(run: Run) -> dict[str, Any]:
    """What of this run is fitted, for `epigroup.audit.fitted`."""
    specs = {name: run.grouping_of(name) for name in run.strategies}
    trained = [run.training_of(name) for name in run.strategies]
    needs = {name: grouping_methods.needs(spec["method"], spec) for name, spec in specs.items()}
    needed = {what for one in needs.values() for what in one}
    return {
        "targets": run.config["dataset"]["targets"],
        "baselines": run.config["baselines"]["names"],
        "regions": run.regions[0],
        "called": bool(run.from_reads),
        "positive_weights": any(one["positive_weights"] != "none" for one in trained),
        "sampling": any(one["sampling"] != "none" for one in trained),
        "searches": bool(run.searched),
        "choices": bool(run.choices),
        "averages": bool(run.averages),
        "overlap": bool(decision_files(run)["serving"]),
        "clusterings": "heads" in needed,
        "covariance": "covariance" in needed,
        "label_correlation": "labels" in needed,
        "affinities": bool(affinity.measured(run)),
        "sweep": "sweep" in run.config,
        "patience_study": "patience_study" in run.config,
        "tables": sorted(
            {run.grouping_name(name) for name, spec in specs.items() if spec["method"] == "table"}
        ),
    }


def run_settings(run: Run, origins: flow.Maker) -> dict[str, Any]:
    """What `audit_run` is told, `origins` as above. Only asked for when the job is in the way: it follows the files of
    the whole run."""
    decisions = decision_files(run)
    pairs: Sequence[Sequence[str | None]] = evaluation.headline_pairs(run) or [[run.strategies[0], None]]
    pair = pairs[0]

    def tested(path: str) -> bool:
        """Whether a file holds the predictions of test."""
        return os.path.basename(path) == "test.h5" and path.startswith(run.path("predictions/"))

    return canonical(
        {
            **settings(run, "audit_run"),
            "pair": pair,
            "targets": run.config["dataset"]["targets"],
            "pools": run.config["comparison"]["pools"],
            "learnt": {
                member: scored_tasks(run, member)
                for name in pair
                if name
                for member in pool_members(run.config, name)
            },
            "tasks": [
                {"task_id": task, "donors": run.profiles[task].donors, "batches": run.profiles[task].batches}
                for task in run.tasks
            ],
            "facts": fitted_facts(run),
            "trainings": [
                {"strategy": strategy, "seed": seed, **{key: told[key] for key in audits.ENDING_KEYS}}
                for strategy, seed in run.trained_runs()
                for told in [run.training_of(strategy)]
                for _ in training.curves(run, strategy, seed)
            ],
            "leaks": flow.leaks(decisions, tested, origins),
            "readers": flow.readers(evaluation.of_scored(run, "metrics.tsv"), tested, origins),
            "followed": {kind: len(files) for kind, files in decisions.items()},
            "choices": [
                {"name": name, "seed": seed, **evaluation.choice_settings(run, name)}
                for _, name, seed in made_choices(run)
            ],
        }
    )
