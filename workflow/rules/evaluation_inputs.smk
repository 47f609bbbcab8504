# Input functions and settings of evaluation.smk, which the report shares.


@lru_cache(maxsize=None)
def strategy_tasks(strategy):
    """Ids of the tasks that a strategy learns, in the sheet's order."""
    grouping = config["strategies"][strategy]["grouping"]
    return checked(plan_of.grouping_tasks, config, grouping, task_table())["task_id"].tolist()


def trained_runs():
    """[strategy, seed] of everything that is trained."""
    return [[strategy, seed] for strategy in STRATEGIES for seed in STRATEGY_SEEDS(strategy)]


def trained_groupings():
    """[grouping, seed, task ids] of the groupings that strategies train, but one for all and each for itself."""
    found = {
        (config["strategies"][strategy]["grouping"], seed): strategy
        for strategy, seed in trained_runs()
        if config["groupings"][config["strategies"][strategy]["grouping"]]["method"] not in ("single", "all")
    }
    return [[grouping, seed, strategy_tasks(strategy)] for (grouping, seed), strategy in found.items()]


def group_tables(_=None):
    """groups.tsv in the order of `trained_groupings`."""
    return [
        f"{RESULTS}/groupings/{grouping}/seed{seed}/groups.tsv" for grouping, seed, _ in trained_groupings()
    ]


def headline_pairs():
    """The config's pairs; where it has none, the first strategy on clustered heads against each other one."""
    asked = config["comparison"]["headline"]
    clustered = [name for name in STRATEGIES if grouping_of(name)["heads_from"]]
    if asked or not clustered:
        return asked
    return [[clustered[0], name] for name in shown_strategies() if name != clustered[0]]


def shown_strategies():
    """The strategies, those of a pool as the pool."""
    pools = config["comparison"]["pools"]
    of_pool = {member: pool for pool, members in pools.items() for member in members}
    return list(dict.fromkeys(of_pool.get(name, name) for name in STRATEGIES))


def grouping_of(strategy):
    return config["groupings"][config["strategies"][strategy]["grouping"]]


def joint():
    """The first strategy of one network for all tasks."""
    return next((name for name in STRATEGIES if grouping_of(name)["method"] == "all"), None)


def matched_pairs():
    """Pairs [strategy, baseline] whose baseline, or every strategy of it, has random groups of the strategy's sizes."""
    return [
        [strategy, baseline]
        for strategy in STRATEGIES
        for baseline in [*STRATEGIES, *config["comparison"]["pools"]]
        if all(
            grouping_of(one)["method"] == "random"
            and grouping_of(one)["like"] == config["strategies"][strategy]["grouping"]
            for one in compared.pool_members(config, baseline)
        )
    ]


def alone():
    """The first strategy that learns each task by itself, which shows who transfer harms."""
    single = [name for name in STRATEGIES if grouping_of(name)["method"] == "single"]
    return single[0] if single else None


def comparison_config():
    return {
        **settings("comparison"),
        "headline": headline_pairs(),
        "matched": matched_pairs(),
        "tasks": task_rows(),
        "alone": alone(),
        "precisions": {name: settings("training", name)["precision"] for name in STRATEGIES},
        "runs": scored_runs(),
        "groupings": trained_groupings(),
    }
