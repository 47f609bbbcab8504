# Choices that average: weights by validation, and the mean's predictions, scored as those of a strategy.
from epigroup.run import evaluation


rule weigh_members:
    input:
        validation=by_wildcards(evaluation.member_predictions, split="validation"),
        dataset="<results>/dataset/dataset.json",
    output:
        "<results>/evaluation/{average}/seed{seed}/weights.tsv",
    log:
        "<results>/logs/weigh_members/{average}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/weigh_members/{average}.seed{seed}.tsv"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=4000, runtime=60),
    params:
        cfg=by_wildcards(evaluation.average_settings),
        code=code_digest("weigh_members"),
    script:
        "../scripts/weigh_members.py"


rule average_members:
    input:
        validation=by_wildcards(evaluation.member_predictions, split="validation"),
        test=by_wildcards(evaluation.member_predictions, split="test"),
        weights="<results>/evaluation/{average}/seed{seed}/weights.tsv",
    output:
        validation=temp("<results>/predictions/{average}/seed{seed}/validation.h5"),
        test=temp("<results>/predictions/{average}/seed{seed}/test.h5"),
        groups="<results>/predictions/{average}/seed{seed}/groups.tsv",
    log:
        "<results>/logs/average_members/{average}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/average_members/{average}.seed{seed}.tsv"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(runtime=60),
        # the scores of a split, and 512 MB of log-odds at a time
        mem_mb=lambda wc, input, attempt: (2500 + 2 * input.size_mb) * attempt,
    params:
        cfg=by_wildcards(evaluation.average_settings),
        code=code_digest("average_members"),
    script:
        "../scripts/average_members.py"


use rule evaluate_strategy as evaluate_average with:
    input:
        validation="<results>/predictions/{average}/seed{seed}/validation.h5",
        test="<results>/predictions/{average}/seed{seed}/test.h5",
        groups="<results>/predictions/{average}/seed{seed}/groups.tsv",
        dataset="<results>/dataset/dataset.json",
    output:
        metrics="<results>/evaluation/{average}/seed{seed}/metrics.tsv",
        blocks="<results>/evaluation/{average}/seed{seed}/blocks.h5",
        points="<results>/evaluation/{average}/seed{seed}/points.tsv",
    log:
        "<results>/logs/evaluate_average/{average}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/evaluate_average/{average}.seed{seed}.tsv"
    params:
        cfg=by_wildcards(evaluation.average_scoring, regions=REGIONS[0]),
        code=code_digest("evaluate_strategy"),


if REGIONS[1:]:

    use rule evaluate_average as evaluate_average_all_mappable with:
        output:
            metrics="<results>/all_mappable/evaluation/{average}/seed{seed}/metrics.tsv",
            blocks="<results>/all_mappable/evaluation/{average}/seed{seed}/blocks.h5",
            points="<results>/all_mappable/evaluation/{average}/seed{seed}/points.tsv",
        log:
            "<results>/logs/evaluate_average_all_mappable/{average}.seed{seed}.log",
        benchmark:
            "<results>/benchmarks/evaluate_average_all_mappable/{average}.seed{seed}.tsv"
        params:
            cfg=by_wildcards(evaluation.average_scoring, regions=REGIONS[1]),
            code=code_digest("evaluate_strategy"),
