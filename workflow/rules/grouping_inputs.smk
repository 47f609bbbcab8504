# Input functions and settings of grouping.smk.
from epigroup import grouping as grouping_methods

PLANTED = f"{RESULTS}/simulation/truth/groups.tsv"
GROUPED_WITH_TORCH = [
    name for name in GROUPINGS if config["groupings"][name]["method"] in grouping_methods.WITH_TORCH
]


def grouping_needs(wildcards):
    """The files that a grouping's method reads beside the sheet."""
    spec = config["groupings"][wildcards.grouping]
    seeds = plan_of.head_seeds(config, wildcards.grouping, int(wildcards.seed))
    heads = [f"{RESULTS}/heads/{spec['heads_from']}/seed{seed}" for seed in seeds]
    files = {
        "heads": [f"{folder}/heads.h5" for folder in heads],
        "covariance": [f"{folder}/covariance.h5" for folder in heads],
        "labels": f"{RESULTS}/dataset/label_correlation.h5",
        "affinity": f"{RESULTS}/affinity/{spec['affinity']}/{spec['heads_from']}/seed{wildcards.seed}.h5",
        "like": f"{RESULTS}/groupings/{spec['like']}/seed{wildcards.seed}/groups.tsv",
        "table": spec["file"],
    }
    return {what: files[what] for what in grouping_methods.needs(spec["method"], spec)}


def grouping_config(wildcards):
    cfg = settings("grouping", wildcards.grouping)
    if "of" in cfg["options"]:
        cfg["options"]["of_entry"] = grouping_methods.entry(cfg["options"]["of"])
    return {**cfg, "entry": grouping_methods.entry(cfg["method"])}


def modules_of(methods):
    """The package modules that hold these methods."""
    return tuple(grouping_methods.entry(method).split(":")[0].removeprefix("epigroup.") for method in methods)


def grouping_code(wildcards):
    """Digest of the script and of this grouping's method, so that an edit of one method reruns that method only."""
    spec = config["groupings"][wildcards.grouping]
    return code_digest("group_tasks", modules_of(plan_of.methods_of(spec)))


def sweep_needs(wildcards):
    """The files that the K sweep of a seed reads."""
    folder = f"{RESULTS}/heads/{config['sweep']['heads_from']}/seed{wildcards.seed}"
    files = {
        "heads": f"{folder}/heads.h5",
        "covariance": f"{folder}/covariance.h5",
        "labels": f"{RESULTS}/dataset/label_correlation.h5",
    }
    wanted = {what for form in config["sweep"]["vectors"] for what in grouping_methods.VECTORS[form]}
    truth = {"truth": PLANTED} if SIMULATED else {}
    return {what: path for what, path in files.items() if what in {"heads", *wanted}} | truth


def sweep_config():
    cfg = settings("sweep")
    entries = {method: grouping_methods.entry(method) for method in cfg["methods"]}
    return {**cfg, "entries": entries, "tasks": task_rows(columns=AGREEMENT_COLUMNS)}


def sweep_tables(_=None):
    """The tables of the K sweep, one a seed of the network that gives the heads; none without a sweep."""
    if "sweep" not in config:
        return []
    return [
        f"{RESULTS}/groupings/sweep/seed{seed}/sweep.tsv"
        for seed in STRATEGY_SEEDS(config["sweep"]["heads_from"])
    ]


def made_groupings():
    """[grouping, seed, task ids] of every grouping of the config, but one for all and each for itself."""
    return [
        [name, seed, [row["task_id"] for row in task_rows(name)]]
        for name, spec in config["groupings"].items()
        if spec["method"] not in ("single", "all")
        for seed in plan_of.grouping_seeds(config, name)
    ]


def all_groupings(_=None):
    """groups.tsv in the order of `made_groupings`."""
    return [f"{RESULTS}/groupings/{name}/seed{seed}/groups.tsv" for name, seed, _ in made_groupings()]


def groupings_config():
    """What `compare_groupings` is told of each grouping."""
    specs = config["groupings"].items()
    methods = {
        name: [
            spec["method"],
            spec["vectors"] if "vectors" in grouping_methods.options(spec["method"], spec) else "",
        ]
        for name, spec in specs
    }
    return {"tasks": task_rows(columns=AGREEMENT_COLUMNS), "groupings": made_groupings(), "methods": methods}
