# Predictions from elsewhere, judged and compared as those of a strategy.
from epigroup.run import evaluation, strata, training


rule import_predictions:
    input:
        file=lambda wc: RUN.in_results(config["external"][wc.external]["file"]),
        dataset="<results>/dataset/dataset.json",
        shards=of_run(training.shards),
    output:
        validation=temp("<results>/predictions/{external}/validation.h5"),
        test=temp("<results>/predictions/{external}/test.h5"),
        groups="<results>/predictions/{external}/groups.tsv",
    log:
        "<results>/logs/import_predictions/{external}.log",
    benchmark:
        "<results>/benchmarks/import_predictions/{external}.tsv"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=4000 + 12 * len(TASKS), runtime=240),
    params:
        code=code_digest("import_predictions"),
    script:
        "../scripts/import_predictions.py"


use rule evaluate_strategy as evaluate_external with:
    input:
        validation="<results>/predictions/{external}/validation.h5",
        test="<results>/predictions/{external}/test.h5",
        groups="<results>/predictions/{external}/groups.tsv",
        dataset="<results>/dataset/dataset.json",
    output:
        metrics="<results>/evaluation/{external}/seed{seed}/metrics.tsv",
        blocks="<results>/evaluation/{external}/seed{seed}/blocks.h5",
        points="<results>/evaluation/{external}/seed{seed}/points.tsv",
    log:
        "<results>/logs/evaluate_external/{external}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/evaluate_external/{external}.seed{seed}.tsv"
    params:
        cfg=of_run(evaluation.scoring_settings, REGIONS[0]),
        code=code_digest("evaluate_strategy"),


if REGIONS[1:]:

    use rule evaluate_external as evaluate_external_all_mappable with:
        output:
            metrics="<results>/all_mappable/evaluation/{external}/seed{seed}/metrics.tsv",
            blocks="<results>/all_mappable/evaluation/{external}/seed{seed}/blocks.h5",
            points="<results>/all_mappable/evaluation/{external}/seed{seed}/points.tsv",
        log:
            "<results>/logs/evaluate_external_all_mappable/{external}.seed{seed}.log",
        benchmark:
            "<results>/benchmarks/evaluate_external_all_mappable/{external}.seed{seed}.tsv"
        params:
            cfg=of_run(evaluation.scoring_settings, REGIONS[1]),
            code=code_digest("evaluate_strategy"),


if "strata" in config:

    use rule score_strata as score_external_strata with:
        input:
            test="<results>/predictions/{external}/test.h5",
            metrics="<results>/evaluation/{external}/seed{seed}/metrics.tsv",
            strata="<results>/strata/bins.h5",
            dataset="<results>/dataset/dataset.json",
        output:
            table="<results>/strata/{external}/seed{seed}.tsv",
            correlation="<results>/strata/{external}/seed{seed}.correlation.tsv",
            sample="<results>/strata/{external}/seed{seed}.sample.h5",
        log:
            "<results>/logs/score_external_strata/{external}.seed{seed}.log",
        benchmark:
            "<results>/benchmarks/score_external_strata/{external}.seed{seed}.tsv"
        params:
            cfg={"tasks": of_run(strata.modalities)},
            code=code_digest("score_strata"),
