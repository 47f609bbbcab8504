# Scores of each strategy and seed, all strategies against each other, and the simulation's truth.


include: "evaluation_inputs.smk"


rule evaluate_strategy:
    input:
        validation="<results>/predictions/{strategy}/seed{seed}/validation.h5",
        test="<results>/predictions/{strategy}/seed{seed}/test.h5",
        groups=lambda wc: serving_of(wc) or groups_of(wc),
        dataset="<results>/dataset/dataset.json",
    output:
        metrics="<results>/evaluation/{strategy}/seed{seed}/metrics.tsv",
        blocks="<results>/evaluation/{strategy}/seed{seed}/blocks.h5",
        points="<results>/evaluation/{strategy}/seed{seed}/points.tsv",
    log:
        "<results>/logs/evaluate_strategy/{strategy}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/evaluate_strategy/{strategy}.seed{seed}.tsv"
    group:
        "evaluation"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: (1500 + 3 * len(TASKS)) * attempt,
        runtime=lambda wc, attempt: 60 * attempt,
    params:
        cfg=lambda wc: {**settings("evaluation", REGIONS[0]), "tasks": strategy_tasks(wc.strategy)},
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
        scores="<results>/comparison/scores.tsv",
        gains="<results>/comparison/gains.tsv",
        differences="<results>/comparison/differences.tsv",
        transfer="<results>/comparison/transfer.tsv",
        tasks="<results>/comparison/tasks.tsv",
        headline="<results>/comparison/headline.json",
    log:
        "<results>/logs/compare_strategies.log",
    benchmark:
        "<results>/benchmarks/compare_strategies.tsv"
    group:
        "report"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 3000 * attempt,
        runtime=lambda wc, attempt: 60 * attempt,
    params:
        cfg=comparison_config(),
        code=code_digest("compare_strategies"),
    script:
        "../scripts/compare_strategies.py"


# The second set of evaluation regions: the same predictions, thresholds and scores of its own.
if REGIONS[1:]:

    use rule evaluate_strategy as evaluate_all_mappable with:
        output:
            metrics="<results>/all_mappable/evaluation/{strategy}/seed{seed}/metrics.tsv",
            blocks="<results>/all_mappable/evaluation/{strategy}/seed{seed}/blocks.h5",
            points="<results>/all_mappable/evaluation/{strategy}/seed{seed}/points.tsv",
        log:
            "<results>/logs/evaluate_all_mappable/{strategy}.seed{seed}.log",
        benchmark:
            "<results>/benchmarks/evaluate_all_mappable/{strategy}.seed{seed}.tsv"
        params:
            cfg=lambda wc: {**settings("evaluation", REGIONS[1]), "tasks": strategy_tasks(wc.strategy)},
            code=code_digest("evaluate_strategy"),

    use rule compare_strategies as compare_all_mappable with:
        input:
            metrics=evaluated("all_mappable/evaluation/{strategy}/seed{seed}/metrics.tsv"),
            blocks=evaluated("all_mappable/evaluation/{strategy}/seed{seed}/blocks.h5"),
            groups=group_tables(),
        output:
            strategies="<results>/all_mappable/comparison/strategies.tsv",
            scores="<results>/all_mappable/comparison/scores.tsv",
            gains="<results>/all_mappable/comparison/gains.tsv",
            differences="<results>/all_mappable/comparison/differences.tsv",
            transfer="<results>/all_mappable/comparison/transfer.tsv",
            tasks="<results>/all_mappable/comparison/tasks.tsv",
            headline="<results>/all_mappable/comparison/headline.json",
        log:
            "<results>/logs/compare_all_mappable.log",
        benchmark:
            "<results>/benchmarks/compare_all_mappable.tsv"


if SIMULATED:

    rule compare_groupings:
        input:
            truth=PLANTED,
            groups=all_groupings(),
            affinities=affinity_tables(),
        output:
            groupings="<results>/comparison/truth.tsv",
            affinities="<results>/comparison/affinities.tsv",
        log:
            "<results>/logs/compare_groupings.log",
        benchmark:
            "<results>/benchmarks/compare_groupings.tsv"
        group:
            "report"
        conda:
            "../envs/stats.yaml"
        threads: 1
        resources:
            mem_mb=lambda wc, attempt: 1000 * attempt,
            runtime=lambda wc, attempt: 30 * attempt,
        params:
            cfg={**groupings_config(), "affinities": AFFINITY_RUNS},
            code=code_digest("compare_groupings"),
        script:
            "../scripts/compare_groupings.py"

    rule compare_with_truth:
        input:
            probability="<results>/simulation/truth/probability.h5",
            dataset="<results>/dataset/dataset.json",
            shards=shard_paths(),
            metrics=evaluated("evaluation/{strategy}/seed{seed}/metrics.tsv"),
        output:
            "<results>/comparison/ceiling.tsv",
        log:
            "<results>/logs/compare_with_truth.log",
        benchmark:
            "<results>/benchmarks/compare_with_truth.tsv"
        group:
            "report"
        conda:
            "../envs/stats.yaml"
        threads: 1
        resources:
            mem_mb=lambda wc, attempt: 2000 * attempt,
            runtime=lambda wc, attempt: 30 * attempt,
        params:
            cfg={"runs": scored_runs()},
            code=code_digest("compare_with_truth"),
        script:
            "../scripts/compare_with_truth.py"
