"""What is scored, and what is held against what."""

from typing import Any

from epigroup.config.pools import averaged_members, candidates, compared_seeds, pool_members
from epigroup.run import grouping
from epigroup.run.facts import Run
from epigroup.run.settings import settings


def _scores(run: Run, name: str, folder: str, strategy: str, seed: int) -> str:
    """A file of scores: metrics.tsv, which the catalogue of results has, or blocks.h5. folder: of the evaluation."""
    if name == "metrics.tsv":
        return run.file("metrics", strategy, seed, mappable=folder != "evaluation")
    return run.path(folder, strategy, f"seed{seed}", name)


def of_scored(run: Run, name: str, folder: str = "evaluation") -> list[str]:
    """A file (metrics.tsv, blocks.h5) of everything that has scores, in the order of `Run.scored_runs`."""
    return [_scores(run, name, folder, strategy, seed) for strategy, seed in run.scored_runs()]


def scoring_settings(run: Run, regions: str, strategy: str | None = None) -> dict[str, Any]:
    """What `evaluate_strategy` is told; of predictions from elsewhere (no strategy) all tasks are scored."""
    tasks = list(run.tasks) if strategy is None else run.strategy_tasks(strategy)
    return {**settings(run, "evaluation", regions), "tasks": tasks}


def folders(run: Run) -> dict[str, str]:
    """{evaluation regions: folder of their scores}: each chooses its own thresholds and strategies."""
    return dict(zip(run.regions, [run.results, run.path("all_mappable")]))


def shown_strategies(run: Run) -> list[str]:
    """The strategies, those of a pool as the pool."""
    pools = run.config["comparison"]["pools"]
    of_pool = {member: pool for pool, members in pools.items() for member in members}
    return list(dict.fromkeys(of_pool.get(name, name) for name in run.strategies))


def headline_pairs(run: Run) -> list[list[str]]:
    """The config's pairs; where it has none, the first strategy on clustered heads against each other one."""
    asked = run.config["comparison"]["headline"]
    clustered = [name for name in run.strategies if run.grouping_of(name)["heads_from"]]
    if asked or not clustered:
        return asked
    return [[clustered[0], name] for name in shown_strategies(run) if name != clustered[0]]


def joint_strategy(run: Run) -> str | None:
    """The first strategy of one network for all tasks."""
    return next((name for name in run.strategies if run.grouping_of(name)["method"] == "all"), None)


def single_strategy(run: Run) -> str | None:
    """The first strategy that learns each task by itself, which shows who transfer harms."""
    return next((name for name in run.strategies if run.grouping_of(name)["method"] == "single"), None)


def matched_pairs(run: Run) -> list[list[str]]:
    """Pairs [strategy, baseline] whose baseline, or every strategy of it, has random groups of the strategy's sizes."""

    def has_its_sizes(rival: str, strategy: str) -> bool:
        spec = run.grouping_of(rival)
        return spec["method"] == "random" and spec["like"] == run.grouping_name(strategy)

    return [
        [strategy, baseline]
        for strategy in run.strategies
        for baseline in [*run.strategies, *run.config["comparison"]["pools"]]
        if all(has_its_sizes(one, strategy) for one in pool_members(run.config, baseline))
    ]


def comparison_settings(run: Run) -> dict[str, Any]:
    return {
        **settings(run, "comparison"),
        "headline": headline_pairs(run),
        "matched": matched_pairs(run),
        "tasks": run.task_rows(),
        "alone": single_strategy(run),
        "precisions": {name: settings(run, "training", name)["precision"] for name in run.strategies},
        "runs": run.scored_runs(),
        "groupings": grouping.trained(run),
    }


def of_candidates(run: Run, choice: str, seed: int, name: str, folder: str = "evaluation") -> list[str]:
    """A file of each strategy that a choice is among."""
    return [_scores(run, name, folder, one, seed) for one in candidates(run.config, choice)]


def chosen_from(run: Run, choice: str) -> str:
    """The file of each candidate by which a choice is made."""
    return "blocks.h5" if run.config["choices"][choice]["combine"] == "rescue" else "metrics.tsv"


def choice_settings(run: Run, choice: str) -> dict[str, Any]:
    among, spec = candidates(run.config, choice), run.config["choices"][choice]
    rescues = spec["combine"] == "rescue"
    learnt = {task for strategy in among[: 1 if rescues else None] for task in run.strategy_tasks(strategy)}
    compared = run.config["comparison"]
    return {
        "combine": spec["combine"],
        "candidates": among,
        # what the other rule goes by is 0, so that a change of it reruns nothing
        "shrink": 0.0 if rescues else spec["shrink"],
        "bootstrap": compared["bootstrap"] if rescues else 0,
        "bootstrap_seed": compared["seed"] if rescues else 0,
        "targets": run.config["dataset"]["targets"],
        "tasks": [row for row in run.task_rows(columns=("task_id", "modality")) if row["task_id"] in learnt],
    }


def choice_seeds(run: Run) -> list[list]:
    """[choice, seed] of all choices among strategies."""
    return [[name, seed] for name in run.choices for seed in compared_seeds(run.config, name)]


def made_averages(run: Run) -> list[list]:
    """[average, seed] of all."""
    return [[name, seed] for name in run.averages for seed in compared_seeds(run.config, name)]


def learnt_tasks(run: Run, average: str) -> list[str]:
    """Ids of the tasks that a strategy of the average learns, in the sheet's order."""
    trained = [one for one in candidates(run.config, average) if one in run.strategies]
    learnt = {task for strategy in trained for task in run.strategy_tasks(strategy)}
    return [task for task in run.tasks if task in learnt]


def member_predictions(run: Run, average: str, seed: int, split: str) -> list[str]:
    """The members' predictions of a split."""
    return [
        run.path("baselines", name, f"{split}.h5")
        if own is None
        else run.path("predictions", name, f"seed{own}", f"{split}.h5")
        for name, own in averaged_members(run.config, average, seed)
    ]


def average_settings(run: Run, average: str, seed: int) -> dict[str, Any]:
    """What `weigh_members` and `average_members` are told. Members over seeds are told apart by theirs."""
    spec, members = run.config["choices"][average], averaged_members(run.config, average, seed)
    return {
        "members": [
            name if own is None or not spec["over_seeds"] else f"{name}:seed{own}" for name, own in members
        ],
        "member_tasks": [
            list(run.tasks) if own is None else run.strategy_tasks(name) for name, own in members
        ],
        "tasks": learnt_tasks(run, average),
        "weights": spec["weights"],
        "regions": run.regions[0],
        "min_positives": spec["min_positives"],
        "seed": run.config["comparison"]["seed"],
    }


def average_scoring(run: Run, regions: str, average: str) -> dict[str, Any]:
    """What `evaluate_strategy` is told of an average."""
    return {**scoring_settings(run, regions), "tasks": learnt_tasks(run, average)}


def weight_tables(run: Run) -> list[str]:
    return run.files("weights", made_averages(run))
