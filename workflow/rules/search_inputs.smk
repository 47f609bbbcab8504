# Parts of the searches of learning rates, and what they read.


def parts_of(strategy):
    return range(searches.count_parts(config, strategy, task_table()))


def search_part(wildcards):
    """Which trials a job runs: all tasks, those sampled (none: every group), the seed, and how many parts there are."""
    seed = int(wildcards.seed)
    return {
        "n_parts": len(parts_of(wildcards.strategy)),
        "tasks": strategy_tasks(wildcards.strategy),
        "sample": searches.searched_tasks(config, wildcards.strategy, seed, task_table()),
        "seed": searches.trial_seed(config, wildcards.strategy, seed),
    }


def trial_settings_of(wildcards):
    """The settings of a search and of its trials."""
    trials = settings("trials", wildcards.strategy)
    return {**trials, "training": in_precision(trials["training"])}


def coarse_trials(wildcards):
    """What the fine phase reads: the coarse trials of its own groups, or of the whole sample."""
    if wildcards.phase != "fine":
        return []
    sampled = "tasks" in searches.search_of(config, wildcards.strategy)
    parts = parts_of(wildcards.strategy) if sampled else [wildcards.part]
    return [f"{RESULTS}/search/{wildcards.strategy}/seed{wildcards.seed}/coarse{part}.tsv" for part in parts]


def trials_of(wildcards):
    """The tables of all phases and parts of a search."""
    method = searches.search_of(config, wildcards.strategy)["method"]
    return [
        f"{RESULTS}/search/{wildcards.strategy}/seed{wildcards.seed}/{phase}{part}.tsv"
        for phase in searches.PHASES[method]
        for part in parts_of(wildcards.strategy)
    ]


def trial_tables(_=None):
    """trials.tsv of every search that runs."""
    return [
        f"{RESULTS}/search/{strategy}/seed{seed}/trials.tsv"
        for strategy in SEARCHED
        for seed in searches.search_seeds(config, strategy)
    ]
