# Input functions and settings of paper.smk.
from epigroup.paper import tables as paper_tables

# How the paper's algorithms are called in Figure 6B.
ALGORITHMS = {
    "kmeans": "k-means",
    "ward": "hierarchical clustering (Ward)",
    "spectral": "spectral clustering",
    "dbscan": "DBSCAN",
    "ssc": "sparse subspace clustering",
}


def on_e(name):
    """The grouping of a strategy, where it clusters E as it is by an algorithm of the paper; else None."""
    spec = grouping_of(name)
    plain = spec["heads_from"] and spec["vectors"] == "raw" and not spec["append"]
    return spec if spec["method"] in ALGORITHMS and plain else None


def paper_strategies():
    """The run's strategy for each name of the paper, the first that fits: {STL, SMTL, EMTL, CMTL, KMTL: strategy}."""
    found = {}
    for name in STRATEGIES:
        spec = grouping_of(name)
        kind = {
            ("single", None): "STL",
            ("all", None): "SMTL",
            ("sheet", ("modality",)): "EMTL",
            ("sheet", ("cell_group",)): "CMTL",
        }.get((spec["method"], tuple(spec["columns"]) if spec["columns"] else None))
        if kind is None and on_e(name) and spec["method"] == "kmeans":
            kind = "KMTL"
        if kind is not None:
            found.setdefault(kind, name)
    return {name: found[name] for name in ("STL", "SMTL", "EMTL", "CMTL", "KMTL") if name in found}


def paper_config():
    """What `compare_with_paper` is told."""
    names = paper_strategies()
    joint_name = names.get("SMTL", STRATEGIES[0])
    k = grouping_of(names["KMTL"])["k"] if "KMTL" in names else None
    training = config_settings.training_settings(config, joint_name)
    alone_rate = training_cfg(names["STL"])["learning_rate"] if "STL" in names else None
    clustered = {name: on_e(name) for name in STRATEGIES if on_e(name)}
    by_k = {name: spec["k"] for name, spec in clustered.items() if spec["method"] == "kmeans"}
    return config_settings.canonical(
        {
            "paper": config["paper"],
            "names": names,
            "k": k,
            "training": {key: training[key] for key in ("max_steps", "batch_size", "validate_every")},
            "single_rate": alone_rate,
            "by_k": {name: f"K = {by_k[name]}" for name in sorted(by_k, key=by_k.get)},
            "by_algorithm": {
                name: ALGORITHMS[spec["method"]] for name, spec in clustered.items() if spec["k"] == k
            },
            "figures": [*FIGURES, *DATA_FIGURES],
        }
    )


def beside_paper(_=None):
    """What `compare_with_paper` reads."""
    names = paper_strategies()
    grouping = config["strategies"][names["KMTL"]]["grouping"] if "KMTL" in names else None
    seed = STRATEGY_SEEDS(names["KMTL"])[0] if grouping else None
    groups = {"groups": f"{RESULTS}/groupings/{grouping}/seed{seed}/groups.tsv"} if grouping else {}
    study = {"study": study_tables()["study"]} if "patience_study" in config else {}
    return {
        "tasks": f"{RESULTS}/dataset/tasks.tsv",
        "dataset": f"{RESULTS}/dataset/dataset.json",
        "gains": f"{RESULTS}/comparison/gains.tsv",
        "strategies": f"{RESULTS}/comparison/strategies.tsv",
        **groups,
        **study,
    }


if config["paper"] is not None and SIGNAL:
    refuse(
        f"{CONFIG_SOURCE}: paper: {config['paper']} learns labels; with dataset.targets: signal nothing can be compared"
    )
