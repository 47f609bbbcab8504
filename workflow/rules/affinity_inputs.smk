# Input functions and settings of affinity.smk.
from epigroup import affinity as affinity_measures
from epigroup.plan.plan import affinity_runs

# What a network that is not trained is made from, and the batches that it sees: other training settings change nothing.
UNTRAINED = (
    *("network", "learning_rate", "batch_size", "reverse_complement", "jitter", "sampling"),
    *("precision", "device"),
)
# What a run measures: for groupings that strategies train and, in a simulation, for all others.
AFFINITY_RUNS = affinity_runs(config)


def affinity_needs(wildcards):
    """The files that an affinity is measured on."""
    spec = config["affinities"][wildcards.affinity]
    if affinity_measures.needs(spec["measure"]) == "metrics":
        tables = [
            f"{RESULTS}/evaluation/{strategy}/seed{wildcards.seed}/metrics.tsv"
            for strategy in (*spec["pairs_from"], wildcards.strategy)
        ]
        return {"pairs": tables[:-1], "joint": tables[-1]}
    models = {"models": models_of(wildcards)} if affinity_measures.reads_network(spec) else {}
    if affinity_measures.looks_on(spec):
        models["curves"] = [path.replace(".safetensors", ".curves.tsv") for path in models["models"]]
    if not runs_networks(wildcards):
        return models
    files = {
        "precision": precision_of(wildcards.strategy),
        "genome": f"{RESULTS}/genome/genome.h5",
        "dataset": f"{RESULTS}/dataset/dataset.json",
        "shards": shard_paths(),
    }
    found = {"rates": rates_of(wildcards)} if wildcards.strategy in SEARCHED else {}
    return files | found | models


def runs_networks(wildcards):
    """Whether measuring an affinity runs a network: not where training has collected all that is asked for."""
    spec = config["affinities"][wildcards.affinity]
    return affinity_measures.needs(spec["measure"]) == "network" and not (
        affinity_measures.looks_on(spec) and spec["trunk_checks"] == 0
    )


def affinity_config(wildcards):
    spec = config["affinities"][wildcards.affinity]
    measure = spec["measure"]
    cfg = {
        "measure": measure,
        "entry": affinity_measures.entry(measure),
        "needs": "looks" if affinity_measures.looks_on(spec) else affinity_measures.needs(measure),
        "options": {key: spec[key] for key in affinity_measures.options(measure)},
        "tasks": [
            {key: row[key] for key in ("task_id", "modality", "cell_group")}
            for row in task_rows(config["strategies"][wildcards.strategy]["grouping"])
        ],
    }
    if runs_networks(wildcards):
        training = in_precision(settings("training", wildcards.strategy))
        again = affinity_measures.trains_again(spec)
        cfg["training"] = {key: value for key, value in training.items() if again or key in UNTRAINED}
    return config_settings.canonical(cfg)


def affinity_code(wildcards):
    """Digest of the script and of this affinity's measure, so that an edit of one measure reruns that measure only."""
    spec = config["affinities"][wildcards.affinity]
    entry = affinity_measures.entry(spec["measure"])
    again = balancing_modules(wildcards.strategy) if affinity_measures.trains_again(spec) else ()
    return code_digest("measure_affinity", (entry.split(":")[0].removeprefix("epigroup."), *again))


def affinity_tables(_=None):
    """The affinities that groupings read, in the order of AFFINITY_RUNS."""
    return [f"{RESULTS}/affinity/{name}/{strategy}/seed{seed}.h5" for name, strategy, seed in AFFINITY_RUNS]
