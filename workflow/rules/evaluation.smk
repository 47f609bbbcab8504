# Scores of each strategy and seed, all strategies against each other, and the simulation's truth.
from epigroup.run import affinity, evaluation, grouping, training


rule evaluate_strategy:
    input:
        validation="<results>/predictions/{strategy}/seed{seed}/validation.h5",
        test="<results>/predictions/{strategy}/seed{seed}/test.h5",
        groups=by_wildcards(training.served_by),
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
        **by_attempt(mem_mb=1500 + 3 * len(TASKS), runtime=60),
    params:
        cfg=by_wildcards(evaluation.scoring_settings, regions=REGIONS[0]),
        code=code_digest("evaluate_strategy"),
    script:
        "../scripts/evaluate_strategy.py"


rule compare_strategies:
    input:
        metrics=of_run(evaluation.of_scored, "metrics.tsv"),
        blocks=of_run(evaluation.of_scored, "blocks.h5"),
        groups=of_run(grouping.tables, of_run(grouping.trained)),
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
        **by_attempt(mem_mb=3000, runtime=60),
    params:
        cfg=of_run(evaluation.comparison_settings),
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
            cfg=by_wildcards(evaluation.scoring_settings, regions=REGIONS[1]),
            code=code_digest("evaluate_strategy"),

    use rule compare_strategies as compare_all_mappable with:
        input:
            metrics=of_run(evaluation.of_scored, "metrics.tsv", "all_mappable/evaluation"),
            blocks=of_run(evaluation.of_scored, "blocks.h5", "all_mappable/evaluation"),
            groups=of_run(grouping.tables, of_run(grouping.trained)),
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


if RUN.simulated:

    rule compare_groupings:
        input:
            truth=of_run(grouping.planted),
            groups=of_run(grouping.tables, of_run(grouping.made)),
            affinities=of_run(affinity.files, "h5"),
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
            **by_attempt(mem_mb=1000, runtime=30),
        params:
            cfg={**of_run(grouping.made_settings), "affinities": of_run(affinity.measured)},
            code=code_digest("compare_groupings"),
        script:
            "../scripts/compare_groupings.py"

    rule compare_with_truth:
        input:
            probability="<data>/simulation/truth/probability.h5",
            dataset="<results>/dataset/dataset.json",
            shards=of_run(training.shards),
            metrics=of_run(evaluation.of_scored, "metrics.tsv"),
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
            **by_attempt(mem_mb=2000, runtime=30),
        params:
            cfg={"runs": RUN.scored_runs()},
            code=code_digest("compare_with_truth"),
        script:
            "../scripts/compare_with_truth.py"
