# Scores of each strategy and seed, all strategies against each other, and the simulation's truth.


def strategy_tasks(strategy):
    """Ids of the tasks that a strategy learns, in the sheet's order."""
    return [row["task_id"] for row in task_rows(config["strategies"][strategy]["grouping"])]


def trained_runs():
    """[strategy, seed] in the order of `evaluated`."""
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
    return [[clustered[0], name] for name in STRATEGIES if name != clustered[0]]


def grouping_of(strategy):
    return config["groupings"][config["strategies"][strategy]["grouping"]]


def matched_pairs():
    """Pairs [strategy, baseline] whose baseline has random groups of the strategy's sizes."""
    return [
        [strategy, baseline]
        for strategy in STRATEGIES
        for baseline in STRATEGIES
        if grouping_of(baseline)["method"] == "random"
        and grouping_of(baseline)["like"] == config["strategies"][strategy]["grouping"]
    ]


def comparison_config():
    return {
        **settings("comparison"),
        "headline": headline_pairs(),
        "matched": matched_pairs(),
        "tasks": task_rows(),
        "runs": trained_runs(),
        "groupings": trained_groupings(),
    }


rule evaluate_strategy:
    input:
        validation="<results>/predictions/{strategy}/seed{seed}/validation.h5",
        test="<results>/predictions/{strategy}/seed{seed}/test.h5",
        groups=groups_of,
        dataset="<results>/dataset/dataset.json",
    output:
        metrics="<results>/evaluation/{strategy}/seed{seed}/metrics.tsv",
        blocks="<results>/evaluation/{strategy}/seed{seed}/blocks.h5",
    log:
        "<results>/logs/evaluate_strategy/{strategy}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/evaluate_strategy/{strategy}.seed{seed}.tsv"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: (1500 + 3 * len(TASKS)) * attempt,
        runtime=60,
    params:
        cfg=lambda wc: {**settings("evaluation"), "tasks": strategy_tasks(wc.strategy)},
        code=code_digest("evaluate_strategy"),
    script:
        "../scripts/evaluate_strategy.py"


rule compare_strategies:
    input:
        metrics=evaluated("evaluation/{strategy}/seed{seed}/metrics.tsv"),
        blocks=evaluated("evaluation/{strategy}/seed{seed}/blocks.h5"),
        groups=group_tables(),
    output:
        strategies="<results>/comparison/strategies.tsv",
        gains="<results>/comparison/gains.tsv",
        tasks="<results>/comparison/tasks.tsv",
        headline="<results>/comparison/headline.json",
    log:
        "<results>/logs/compare_strategies.log",
    benchmark:
        "<results>/benchmarks/compare_strategies.tsv"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 3000 * attempt,
        runtime=60,
    params:
        cfg=comparison_config(),
        code=code_digest("compare_strategies"),
    script:
        "../scripts/compare_strategies.py"


if SIMULATED:

    rule compare_with_truth:
        input:
            truth=PLANTED,
            probability="<results>/simulation/truth/probability.h5",
            dataset="<results>/dataset/dataset.json",
            shards=shard_paths(),
            groups=group_tables(),
            metrics=evaluated("evaluation/{strategy}/seed{seed}/metrics.tsv"),
        output:
            truth="<results>/comparison/truth.tsv",
            ceiling="<results>/comparison/ceiling.tsv",
        log:
            "<results>/logs/compare_with_truth.log",
        benchmark:
            "<results>/benchmarks/compare_with_truth.tsv"
        conda:
            "../envs/stats.yaml"
        threads: 1
        resources:
            mem_mb=lambda wc, attempt: 2000 * attempt,
            runtime=30,
        params:
            cfg={"tasks": task_rows(), "runs": trained_runs(), "groupings": trained_groupings()},
            code=code_digest("compare_with_truth"),
        script:
            "../scripts/compare_with_truth.py"
