# Packs, devices and models of the training rules.


def pack_of(wildcards):
    """The pack that trains a group: pack p holds sorted(groups)[p::n_packs], and groups count from 0."""
    n_packs = len(packs(wildcards.strategy))
    pack = int(wildcards.group) % n_packs
    return f"{RESULTS}/models/{wildcards.strategy}/seed{wildcards.seed}/pack{pack}.safetensors"


def training_device(strategy):
    return settings("training", strategy)["device"]


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
