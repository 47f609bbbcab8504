"""Figures and report: which tables they are made from, and which figures this run has."""

from itertools import chain
from typing import Any

from epigroup import WORKFLOW
from epigroup.config.groupings import UNGROUPED
from epigroup.config.pools import pool_members
from epigroup.config.strategies import shown_heads
from epigroup.core.errors import InputError
from epigroup.run import affinity, comparison, evaluation, grouping, patience, reads, search, training
from epigroup.run.facts import Run
from epigroup.run.settings import settings

DATA_FIGURES = {
    "examples": ("Data", "Examples by chromosome and split"),
    "positives": ("Data", "Share of positives"),
}


def page_files() -> tuple[str, ...]:
    """Templates, styles and scripts of the page, relative to workflow/."""
    kept = (path for path in WORKFLOW.glob("report/**/*") if path.suffix in (".j2", ".css", ".js"))
    return tuple(sorted(path.relative_to(WORKFLOW).as_posix() for path in kept))


def shown_grouping(run: Run) -> str | None:
    """The grouping whose groups are shown: that of the headline's first strategy, or the first on clustered heads."""
    headed = [name for name, _ in evaluation.headline_pairs(run)[:1] if name in run.strategies]
    clustered = [name for name in run.strategies if run.grouping_of(name)["heads_from"]]
    for strategy in chain(headed, clustered):
        if run.grouping_of(strategy)["method"] not in UNGROUPED:
            return run.grouping_name(strategy)
    return None


def method_words(run: Run) -> dict[str, str]:
    """How each strategy on groups makes them, in a few words; a pool's strategies as the pool."""
    words = {}
    for name in evaluation.shown_strategies(run):
        members = pool_members(run.config, name)
        spec = run.grouping_of(members[0])
        if spec["method"] in UNGROUPED:
            continue
        parts = [" and ".join(spec["columns"]) if spec["method"] == "sheet" else spec["method"]]
        parts += [f"{spec['vectors']} heads"] if spec["heads_from"] else []
        parts += [f"sizes of {spec['like']}"] if spec["like"] else []
        parts += [f"K = {spec['k']}"] if spec["k"] else []
        parts += [f"{len(members)} draws"] if len(members) > 1 else []
        words[name] = ", ".join(parts)
    return words


def of_shown(run: Run, pattern: str) -> list[str]:
    """A file of one seed of each strategy that is shown: enough for a picture."""
    return [
        run.path(pattern.format(strategy=name, seed=run.strategy_seeds(name)[0]))
        for name in evaluation.shown_strategies(run)
        if name in run.strategies
    ]


def head_tables(run: Run) -> list[str]:
    name = shown_heads(run.config)
    return (
        [run.path("heads", name, f"seed{seed}", "heads.h5") for seed in run.strategy_seeds(name)]
        if name
        else []
    )


def stratified(run: Run) -> dict[str, Any]:
    """Tables of strata and of baselines, where the run has them."""
    found: dict[str, Any] = {}
    if "strata" in run.config:
        for key, name in (
            ("strata", "strata"),
            ("seed_variation", "seed_variation"),
            ("over_correlation",) * 2,
        ):
            found[key] = run.path("strata", f"{name}.tsv")
        found["task_strata"] = of_shown(run, "strata/{strategy}/seed{seed}.tsv")
    if run.baselines:
        found["simple_scores"] = run.path("baselines/baselines.tsv")
        found["marks"] = run.path("baselines/marks.tsv")
    return found


def affinity_findings(run: Run) -> dict[str, Any]:
    """What was measured of affinities, and the matrices of one seed of each."""
    measured = affinity.measured(run)
    first = {(name, strategy): seed for name, strategy, seed in reversed(measured)}
    truth = {"affinity_truth": run.path("comparison/affinities.tsv")} if run.simulated else {}
    return {
        "affinity_figures": affinity.files(run, "json"),
        "affinity_stability": run.path("affinity/stability.tsv"),
        "affinity_matrices": [
            affinity.file_of(run, name, strategy, seed, "h5")
            for name, strategy, seed in measured
            if first[name, strategy] == seed
        ],
        **truth,
    }


def findings(run: Run) -> dict[str, Any]:
    """All that figures and report are made from; keys as in `epigroup.results.run.load`."""
    of_comparison = ("strategies.tsv", "gains.tsv", "differences.tsv", "headline.json")
    beside = ("transfer.tsv", "costs.tsv", "confounders.tsv")
    planted = {"agreement": "comparison/truth.tsv", "ceiling": "comparison/ceiling.tsv"}
    mappable = {
        f"mappable_{name.split('.')[0]}": f"all_mappable/comparison/{name}"
        for name in ("strategies.tsv", "headline.json")
    }
    known_sets = {"known_sets": "comparison/known_sets.tsv"}

    def named(wanted: Any, files: dict[str, str]) -> dict[str, str]:
        return {key: run.path(name) for key, name in files.items()} if wanted else {}

    return {
        "dataset": run.path("dataset/dataset.json"),
        "tasks": run.path("dataset/tasks.tsv"),
        "metrics": evaluation.of_scored(run, "metrics.tsv"),
        **{name.split(".")[0]: run.path("comparison", name) for name in of_comparison},
        "groups": grouping.tables(run, grouping.trained(run)),
        "curves": training.all_curves(run),
        "heads": head_tables(run),
        "sweep": grouping.sweep_tables(run),
        **{name.split(".")[0]: run.path("comparison", name) for name in beside},
        "choices": [
            run.path("evaluation", name, f"seed{seed}", "choice.tsv")
            for name, seed in evaluation.choice_seeds(run)
        ],
        "audit": run.path("audit/audit.json"),
        "fastp": reads.trimmed_counts(run),
        "flagstat": reads.aligned_counts(run),
        "trials": search.of_searches(run, "trials.tsv"),
        "points": of_shown(run, "evaluation/{strategy}/seed{seed}/points.tsv"),
        **named(run.simulated, planted),
        **named(run.regions[1:], mappable),
        **patience.tables(run),
        **stratified(run),
        **named(
            run.from_reads, {"read_quality": "quality/quality.tsv", "read_accounts": "quality/reads.tsv"}
        ),
        **(affinity_findings(run) if affinity.measured(run) else {}),
        **named(comparison.k_families(run), {"k": "comparison/k.tsv"}),
        **named("known_sets" in run.config, known_sets),
        **named(run.config["paper"], {"paper": "paper/paper.json"}),
    }


def all_figures(run: Run) -> dict[str, tuple[str, str, bool]]:
    """Figure -> its category in Snakemake's report, its title, whether this run has it."""
    heads = bool(shown_heads(run.config))
    several_k = any(len(one["strategies"]) > 1 for one in comparison.k_families(run))
    return {
        "strategies": ("Strategies", "Strategies by modality", True),
        "gains": ("Strategies", "Gains over baselines", bool(evaluation.headline_pairs(run))),
        "pairs": ("Strategies", "Strategies task by task", len(run.strategies) > 1),
        "cost": ("Strategies", "Gain against cost", bool(evaluation.joint_strategy(run))),
        "strata": ("Strategies", "Scores by stratum", "strata" in run.config),
        "over_correlation": ("Strategies", "Correlation between tasks by stratum", "strata" in run.config),
        "algorithms": ("Groups", "Ways of grouping", bool(method_words(run))),
        "by_k": ("Groups", "Scores by number of groups", several_k),
        "affinities": ("Groups", "Affinities", bool(affinity.measured(run))),
        "similarity": ("Groups", "Similarity of the head weights", heads),
        "embedding": ("Groups", "Principal components of the head weights", heads),
        "composition": ("Groups", "Composition of the groups", bool(shown_grouping(run))),
        "sweep": ("Groups", "Measures by number of groups", "sweep" in run.config),
        "planted": ("Groups", "Agreement with the planted groups", run.simulated),
        "technique": ("Audit", "Scores against technique", True),
        "curves": ("Training", "Validation loss", True),
        "search": ("Training", "Validation loss by learning rate", bool(run.searched)),
        "patience": ("Training", "Full-length trainings", "patience_study" in run.config),
        "regret": ("Training", "What a shorter patience loses", "patience_study" in run.config),
    }


def figures(run: Run) -> dict[str, tuple[str, str]]:
    """Those that this run has, but for those of the data set alone (DATA_FIGURES)."""
    return {name: (category, title) for name, (category, title, here) in all_figures(run).items() if here}


def figure_files(run: Run, names, kinds=("svg", "png", "tsv")) -> list[str]:
    return [run.path("figures", f"{name}.{kind}") for name in names for kind in kinds]


def figure_settings(run: Run) -> dict[str, Any]:
    """The config's section. InputError for captions of a figure that there is not."""
    known = [*all_figures(run), *DATA_FIGURES]
    for name in run.config["figures"]["captions"]:
        if name not in known:
            raise InputError(
                f"figures.captions.{name}: no figure is called so; there are: {', '.join(known)}"
            )
    return settings(run, "figures")


def drawing_settings(run: Run) -> dict[str, Any]:
    """What figures are drawn by."""
    return {key: figure_settings(run)[key] for key in ("palette", "dpi", "captions")}


def shown_settings(run: Run) -> dict[str, Any]:
    """What the figures of results are told of them."""
    return {
        "grouping": shown_grouping(run),
        "methods": method_words(run),
        "joint": evaluation.joint_strategy(run),
        "families": comparison.k_families(run),
    }
