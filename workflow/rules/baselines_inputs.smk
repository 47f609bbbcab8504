# Input functions and settings of baselines.smk, which the report shares.


def read_strategy():
    """[strategy, seed] whose predictions a baseline reads: the first of one network for all tasks."""
    name = joint()
    return [name, STRATEGY_SEEDS(name)[0]] if name else None


def read_predictions(wildcards):
    """Validation and test predictions of the joint network, for the baseline that reads them."""
    if not simple_baselines.reads_predictions(wildcards.baseline):
        return {}
    name, seed = read_strategy()
    return {split: f"{RESULTS}/predictions/{name}/seed{seed}/{split}.h5" for split in ("validation", "test")}


def baseline_config(_):
    chosen = config["baselines"]
    return {
        **settings("evaluation", REGIONS[0]),
        "tasks": list(TASKS),
        "examples": chosen["examples"],
        "l2": chosen["l2"],
        "draw": chosen["seed"],
    }


def baseline_files(pattern):
    return [f"{RESULTS}/baselines/{name}/{pattern}" for name in BASELINES]


def marks_config():
    return {
        "runs": scored_runs(),
        "baselines": BASELINES,
        "tasks": task_rows(columns=("task_id", "modality")),
    }


for name in BASELINES:
    checked(simple_baselines.check, name)
    if simple_baselines.reads_predictions(name) and not read_strategy():
        refuse(
            f"{CONFIG_SOURCE}: baselines.names: '{name}' needs a strategy of one network for all tasks "
            "(a grouping of the method all)"
        )
