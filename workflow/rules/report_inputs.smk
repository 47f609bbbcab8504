# What the figures and the report take in.
from itertools import chain
from pathlib import Path


def shown_grouping():
    """The grouping whose groups are shown: that of the headline's first strategy, or the first on clustered heads."""
    headed = [strategy for strategy, _ in headline_pairs()[:1] if strategy in STRATEGIES]
    clustered = [strategy for strategy in STRATEGIES if grouping_of(strategy)["heads_from"]]
    for strategy in chain(headed, clustered):
        if grouping_of(strategy)["method"] not in ("single", "all"):
            return config["strategies"][strategy]["grouping"]
    return None


def method_words():
    """How each strategy on groups makes them, in a few words; a pool's strategies as the pool."""
    words = {}
    for name in shown_strategies():
        members = compared.pool_members(config, name)
        spec = grouping_of(members[0])
        if spec["method"] in ("single", "all"):
            continue
        parts = [" and ".join(spec["columns"]) if spec["method"] == "sheet" else spec["method"]]
        parts += [f"{spec['vectors']} heads"] if spec["heads_from"] else []
        parts += [f"sizes of {spec['like']}"] if spec["like"] else []
        parts += [f"K = {spec['k']}"] if spec["k"] else []
        parts += [f"{len(members)} draws"] if len(members) > 1 else []
        words[name] = ", ".join(parts)
    return words


def head_tables():
    name = plan_of.shown_heads(config)
    return [f"{RESULTS}/heads/{name}/seed{seed}/heads.h5" for seed in STRATEGY_SEEDS(name)] if name else []


def point_tables():
    """Points of the curves of one seed of each strategy that is shown: enough for a picture."""
    return [
        f"{RESULTS}/evaluation/{name}/seed{STRATEGY_SEEDS(name)[0]}/points.tsv"
        for name in shown_strategies()
        if name in STRATEGIES
    ]


def figure_settings():
    """The config's section, its captions known to be of figures that there are."""
    for name in config["figures"]["captions"]:
        if name not in ALL_FIGURES and name not in DATA_FIGURES:
            refuse(
                f"{CONFIG_SOURCE}: figures.captions.{name}: no figure is called so; there are: "
                f"{', '.join([*ALL_FIGURES, *DATA_FIGURES])}"
            )
    return settings("figures")


def drawing_settings():
    """What figures are drawn by."""
    return {key: figure_settings()[key] for key in ("palette", "dpi", "captions")}


def stratified():
    """Tables of strata and of baselines, where the run has them."""
    of_strata = {
        "strata": "strata",
        "seed_variation": "seed_variation",
        "over_correlation": "over_correlation",
    }
    found = {key: f"{RESULTS}/strata/{name}.tsv" for key, name in of_strata.items() if "strata" in config}
    if "strata" in config:
        found["task_strata"] = [
            f"{RESULTS}/strata/{name}/seed{STRATEGY_SEEDS(name)[0]}.tsv"
            for name in shown_strategies()
            if name in STRATEGIES
        ]
    if BASELINES:
        found |= {"simple_scores": f"{RESULTS}/baselines/baselines.tsv"}
        found |= {"marks": f"{RESULTS}/baselines/marks.tsv"}
    return found


def affinity_findings():
    """What was measured of affinities, and the matrices of one seed of each."""
    first = {(name, strategy): seed for name, strategy, seed in reversed(AFFINITY_RUNS)}
    shown = [run for run in AFFINITY_RUNS if first[run[0], run[1]] == run[2]]
    truth = {"affinity_truth": f"{RESULTS}/comparison/affinities.tsv"} if SIMULATED else {}
    return {
        "affinity_figures": [affinity_file(run, "json") for run in AFFINITY_RUNS],
        "affinity_stability": f"{RESULTS}/affinity/stability.tsv",
        "affinity_matrices": [affinity_file(run, "h5") for run in shown],
        **truth,
    }


def affinity_file(run, kind):
    name, strategy, seed = run
    return f"{RESULTS}/affinity/{name}/{strategy}/seed{seed}.{kind}"


def findings(_=None):
    """All that figures and report are made from; keys as in epigroup.results.run.load."""
    planted = {
        key: f"{RESULTS}/comparison/{name}.tsv"
        for key, name in (("agreement", "truth"), ("ceiling", "ceiling"))
    }
    mappable = {
        f"mappable_{name}": f"{RESULTS}/all_mappable/comparison/{name}.{kind}"
        for name, kind in (("strategies", "tsv"), ("headline", "json"))
    }
    return {
        "dataset": f"{RESULTS}/dataset/dataset.json",
        "tasks": f"{RESULTS}/dataset/tasks.tsv",
        "metrics": evaluated("evaluation/{strategy}/seed{seed}/metrics.tsv"),
        "strategies": f"{RESULTS}/comparison/strategies.tsv",
        "gains": f"{RESULTS}/comparison/gains.tsv",
        "differences": f"{RESULTS}/comparison/differences.tsv",
        "headline": f"{RESULTS}/comparison/headline.json",
        "groups": group_tables(),
        "curves": curve_tables(),
        "heads": head_tables(),
        "sweep": sweep_tables(),
        "transfer": f"{RESULTS}/comparison/transfer.tsv",
        "costs": f"{RESULTS}/comparison/costs.tsv",
        "confounders": f"{RESULTS}/comparison/confounders.tsv",
        "choices": [
            f"{RESULTS}/evaluation/{name}/seed{seed}/choice.tsv"
            for name in CHOICES
            for seed in compared.compared_seeds(config, name)
        ],
        "audit": f"{RESULTS}/audit/audit.json",
        "fastp": trimmed_counts(),
        "flagstat": aligned_counts(),
        "trials": trial_tables(),
        "points": point_tables(),
        **(planted if SIMULATED else {}),
        **(mappable if REGIONS[1:] else {}),
        **(study_tables() if "patience_study" in config else {}),
        **stratified(),
        **({"read_quality": f"{RESULTS}/quality/quality.tsv"} if FROM_READS else {}),
        **({"read_accounts": f"{RESULTS}/quality/reads.tsv"} if FROM_READS else {}),
        **(affinity_findings() if AFFINITY_RUNS else {}),
        **({"k": f"{RESULTS}/comparison/k.tsv"} if K_FAMILIES else {}),
        **({"known_sets": f"{RESULTS}/comparison/known_sets.tsv"} if "known_sets" in config else {}),
        **({"paper": f"{RESULTS}/paper/paper.json"} if config["paper"] else {}),
    }


# name: (category in Snakemake's report, title, whether this run has it)
ALL_FIGURES = {
    "strategies": ("Strategies", "Strategies by modality", True),
    "gains": ("Strategies", "Gains over baselines", bool(headline_pairs())),
    "pairs": ("Strategies", "Strategies task by task", len(STRATEGIES) > 1),
    "cost": ("Strategies", "Gain against cost", bool(joint())),
    "strata": ("Strategies", "Scores by stratum", "strata" in config),
    "over_correlation": ("Strategies", "Correlation between tasks by stratum", "strata" in config),
    "algorithms": ("Groups", "Ways of grouping", bool(method_words())),
    "by_k": ("Groups", "Scores by number of groups", any(len(f["strategies"]) > 1 for f in K_FAMILIES)),
    "affinities": ("Groups", "Affinities", bool(AFFINITY_RUNS)),
    "similarity": ("Groups", "Similarity of the head weights", bool(plan_of.shown_heads(config))),
    "embedding": ("Groups", "Principal components of the head weights", bool(plan_of.shown_heads(config))),
    "composition": ("Groups", "Composition of the groups", bool(shown_grouping())),
    "sweep": ("Groups", "Measures by number of groups", "sweep" in config),
    "planted": ("Groups", "Agreement with the planted groups", SIMULATED),
    "technique": ("Audit", "Scores against technique", True),
    "curves": ("Training", "Validation loss", True),
    "search": ("Training", "Validation loss by learning rate", bool(SEARCHED)),
    "patience": ("Training", "Full-length trainings", "patience_study" in config),
    "regret": ("Training", "What a shorter patience loses", "patience_study" in config),
}
FIGURES = {name: facts for name, (*facts, here) in ALL_FIGURES.items() if here}
DATA_FIGURES = {
    "examples": ("Data", "Examples by chromosome and split"),
    "positives": ("Data", "Share of positives"),
}


def figure_files(figures, kinds=("svg", "png", "tsv")):
    return [f"{RESULTS}/figures/{name}.{kind}" for name in figures for kind in kinds]


def captioned(name, facts):
    """A figure with its place in Snakemake's own report."""
    category, title = facts
    return report(
        f"{RESULTS}/figures/{name}.svg",
        caption=f"../report/captions/{name}.rst",
        category=category,
        labels={"figure": title},
    )


def page_files():
    """Templates, styles and scripts of the page, relative to workflow/."""
    root = Path(workflow.basedir, "workflow")
    kept = (path for path in root.glob("report/**/*") if path.suffix in (".j2", ".css", ".js"))
    return tuple(sorted(path.relative_to(root).as_posix() for path in kept))
