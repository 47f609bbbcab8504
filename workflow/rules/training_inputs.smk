# Packs, devices and models of the training rules.
from epigroup import affinity as affinity_measures


def pack_of(wildcards):
    """The pack that trains a group: pack p holds sorted(groups)[p::n_packs], and groups count from 0."""
    n_packs = len(packs(wildcards.strategy))
    pack = int(wildcards.group) % n_packs
    return f"{RESULTS}/models/{wildcards.strategy}/seed{wildcards.seed}/pack{pack}.safetensors"


def training_device(strategy):
    return settings("training", strategy)["device"]


def pack_settings(wildcards):
    """The settings of a training job, and what looks on: nothing, but for affinities that name this training."""
    training = in_precision(settings("training", wildcards.strategy))
    looks = prerequisites.looks_along(config, wildcards.strategy, int(wildcards.seed))
    if not looks:
        return training
    spec = {"entry": affinity_measures.LOOKS["tag"], "affinities": looks}
    return config_settings.canonical({**training, "look_ahead": spec})


def looks_mb(wildcards):
    """Memory for what looks on: the sums of twenty stretches, and two tables of tasks by tasks."""
    looks = prerequisites.looks_along(config, wildcards.strategy, int(wildcards.seed))
    return len(looks) * 22 * 8 * len(strategy_tasks(wildcards.strategy)) ** 2 // 1_000_000


def pack_code(wildcards):
    """Digest of the script, of what balances the tasks and of what looks on."""
    looks = prerequisites.looks_along(config, wildcards.strategy, int(wildcards.seed))
    entries = [affinity_measures.LOOKS["tag"]] if looks else []
    modules = tuple(entry.split(":")[0].removeprefix("epigroup.") for entry in entries)
    return code_digest("train_pack", (*balancing_modules(wildcards.strategy), *modules))


def gpus(strategy):
    return 0 if training_device(strategy) == "cpu" else 1


def data_mb(input):
    """Memory for genome and labels, MB; for pages that files hold none is asked."""
    return 2 * input.size_mb if config["running"]["data"] == "memory" else 0


def device_check(strategy):
    """The check that there is a GPU, where a strategy is trained on one."""
    return [ancient(f"{RESULTS}/checks/device.json")] if training_device(strategy) == "cuda" else []


def warm_start_of(wildcards):
    """The model of the network of all tasks whose weights a strategy's groups start from; none from scratch."""
    parent = plan_of.warm_start(config, wildcards.strategy)
    return [] if parent is None else f"{RESULTS}/models/{parent}/seed{wildcards.seed}/pack0.safetensors"


def rates_of(wildcards):
    """The learning rate of each group, where a search finds it."""
    if wildcards.strategy not in SEARCHED:
        return []
    seed = searches.rates_seed(config, wildcards.strategy, int(wildcards.seed))
    return f"{RESULTS}/search/{wildcards.strategy}/seed{seed}/rates.tsv"
