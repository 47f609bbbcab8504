# Tasks, seeds, packs and files of strategies and profiles, as the rules of several stages ask for them.


@lru_cache(maxsize=None)
def task_table():
    return SHEET.table()


# The sheet's columns that a grouping is held against.
AGREEMENT_COLUMNS = ("task_id", "modality", "cell_group")


def task_rows(grouping=None, columns=None):
    """The sheet's rows of the tasks (of a grouping) and all or these columns, as plain dicts in the sheet's order."""
    table = (
        task_table() if grouping is None else checked(plan_of.grouping_tasks, config, grouping, task_table())
    )
    return (table if columns is None else table[list(columns)]).to_dict("records")


@lru_cache(maxsize=None)
def packs(strategy):
    return range(checked(plan_of.count_packs, config, strategy, task_table()))


def STRATEGY_SEEDS(strategy):
    return plan_of.strategy_seeds(config, strategy)


def training_threads(strategy):
    return config_settings.training_settings(config, strategy)["threads"]


def balancing_modules(strategy):
    """The library's modules that balance the tasks of a strategy's groups."""
    return balancing.modules(config_settings.training_settings(config, strategy)["balancing"])


def shard_paths(_=None):
    return [f"{RESULTS}/dataset/shards/{chrom}.h5" for chrom in CHROMOSOMES]


def groups_of(wildcards):
    grouping = config["strategies"][wildcards.strategy]["grouping"]
    return f"{RESULTS}/groupings/{grouping}/seed{wildcards.seed}/groups.tsv"


def serving_of(wildcards):
    """The table of which group serves a task, where a task may be in several."""
    if not plan_of.overlaps(config, config["strategies"][wildcards.strategy]["grouping"]):
        return []
    return f"{RESULTS}/models/{wildcards.strategy}/seed{wildcards.seed}/serving.tsv"


def models_of(wildcards):
    return [
        f"{RESULTS}/models/{wildcards.strategy}/seed{wildcards.seed}/pack{pack}.safetensors"
        for pack in packs(wildcards.strategy)
    ]


def checksums_of(files):
    """What the sheet says of its own files among these: {path: (checksum, which row and column)}."""
    return {path: SHEET.checksums[path] for path in files if path in SHEET.checksums}


def peaks_of(name):
    """The peaks of a profile: called from its reads, or the sheet's file."""
    profile = PROFILES[name]
    if profile.kind == "peaks":
        return profile.replicates[0].peaks
    how = "supported" if name in SUPPORTED else "called"
    return f"{RESULTS}/peaks/{how}/{name}_peaks.narrowPeak.gz"


def scored_runs():
    """[strategy, choice or external predictions, seed] of everything that has scores."""
    return [
        [name, seed]
        for name in [*STRATEGIES, *CHOICES, *EXTERNAL]
        for seed in compared.compared_seeds(config, name)
    ]


def evaluated(pattern):
    """`pattern` for every strategy or choice and seed, in the order of `scored_runs`."""
    return [
        os.path.join(RESULTS, pattern.format(strategy=strategy, seed=seed))
        for strategy, seed in scored_runs()
    ]
