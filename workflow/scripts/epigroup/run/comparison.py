"""Beside the scores: what each strategy cost, how groups follow technique, what is known of every K."""

from typing import Any

from epigroup.config.k_families import families
from epigroup.config.pools import averaged_members, candidates, compared_seeds
from epigroup.config.prerequisites import all_before, directly_before
from epigroup.config.settings import canonical
from epigroup.evaluation.score_names import SCORE_NAMES
from epigroup.run import affinity, evaluation, grouping, training
from epigroup.run.data import reads
from epigroup.run.facts import Run
from epigroup.training import balancing


def runs_before(run: Run, part: str) -> list[tuple]:
    """The searches or affinities that trained runs need, each once."""
    found = [all_before(run.config, *one) for one in run.trained_runs()]
    return list(dict.fromkeys(needed for one in found for needed in getattr(one, part)))


def cost_inputs(run: Run) -> dict[str, list[str]]:
    return {
        "curves": training.all_curves(run),
        "groups": training.all_groups(run),
        "trials": [
            run.path("search", strategy, f"seed{seed}", "trials.tsv")
            for strategy, seed in runs_before(run, "searches")
        ],
        "affinities": [
            affinity.file_of(run, name, strategy, seed, "json")
            for name, strategy, seed in runs_before(run, "affinities")
        ],
    }


def cost_settings(run: Run) -> dict[str, Any]:
    """What `count_costs` is told: how each strategy trains, and what it could not do without."""
    kept = {"network", "batch_size", "device", "threads", "balancing", "adapter_rank", *balancing.OPTIONS}
    found = (directly_before, all_before)
    return canonical(
        {
            "window": run.config["dataset"]["window"],
            "runs": run.trained_runs(),
            "searches": runs_before(run, "searches"),
            "affinities": runs_before(run, "affinities"),
            "training": {
                name: {key: value for key, value in run.training_of(name).items() if key in kept}
                for name in run.strategies
            },
            "before": [
                [*one, *(vars(find(run.config, *one)) for find in found)] for one in run.trained_runs()
            ],
            "choices": {name: chosen_runs(run, name) for name in run.config["choices"]},
            "pools": run.config["comparison"]["pools"],
        }
    )


def chosen_runs(run: Run, choice: str) -> list[list]:
    """[seed, [[strategy, seed], ...]] of each seed of a choice: the trainings that it is made from."""
    return [
        [
            seed,
            [list(one) for one in averaged_members(run.config, choice, seed) if one[1] is not None]
            if choice in run.averages
            else [[one, seed] for one in candidates(run.config, choice)],
        ]
        for seed in compared_seeds(run.config, choice)
    ]


def pooled_folds(run: Run) -> list[int]:
    """The folds that gains are counted over: of the first all, of another one itself."""
    return run.folds if run.fold == 1 else [run.fold]


def unit_inputs(run: Run) -> dict[str, list[str]]:
    """The scores of everything in each of the pooled folds, under names of its own."""
    return {
        f"{kind}_{fold}": evaluation.of_scored(run.of_fold(fold), name)
        for fold in pooled_folds(run)
        for kind, name in (("metrics", "metrics.tsv"), ("blocks", "blocks.h5"))
    }


def unit_settings(run: Run) -> dict[str, Any]:
    """What `compare_units` is told."""
    kept = ("runs", "headline", "pools", "bootstrap", "seed")
    told = evaluation.comparison_settings(run)
    return canonical(
        {
            "folds": pooled_folds(run),
            "tasks": run.task_rows(columns=("task_id", "modality")),
            **{key: told[key] for key in kept},
        }
    )


def confounder_inputs(run: Run) -> dict[str, Any]:
    return {
        "groups": grouping.tables(run, grouping.trained(run)),
        "tasks": run.path("dataset/tasks.tsv"),
        "fastp": reads.trimmed_counts(run),
        "flagstat": reads.aligned_counts(run),
    }


def k_families(run: Run) -> list[dict]:
    """Ways of grouping that differ in the number of groups alone."""
    return families(run.config)


def k_runs(run: Run) -> list[list]:
    """[strategy, seed] of the trainings that differ in K alone."""
    names = [name for family in k_families(run) for name, _, _ in family["strategies"]]
    return [[name, seed] for name in names for seed in run.strategy_seeds(name)]


def k_groupings(run: Run) -> list[list]:
    """[grouping, seed] of these, each once."""
    found = {(run.grouping_name(name), seed): None for name, seed in k_runs(run)}
    return [list(one) for one in found]


def k_inputs(run: Run) -> dict[str, list[str]]:
    return {
        "sweep": grouping.sweep_tables(run),
        "measures": [
            run.path("groupings", name, f"seed{seed}", "measures.json") for name, seed in k_groupings(run)
        ],
        "metrics": [run.path("evaluation", name, f"seed{seed}", "metrics.tsv") for name, seed in k_runs(run)],
    }


def k_settings(run: Run) -> dict[str, Any]:
    """What `choose_k` is told."""
    return {
        "families": k_families(run),
        "runs": k_runs(run),
        "grouped": k_groupings(run),
        "score": SCORE_NAMES[run.config["dataset"]["targets"]].chosen_by,
    }
