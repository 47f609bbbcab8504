# Scores by stratum of the test bins: by cell types that share a peak, by GC, by distance to transcription starts.
from epigroup.run import strata, training
from epigroup.run.settings import respelt


rule stratify_bins:
    input:
        **GENOME,
        dataset="<results>/dataset/dataset.json",
        shards=of_run(training.shards),
        gtf=RUN.gtf or [],
    output:
        "<results>/strata/bins.h5",
    log:
        "<results>/logs/stratify_bins.log",
    benchmark:
        "<results>/benchmarks/stratify_bins.tsv"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=4000, runtime=60),
    params:
        cfg=of_run(strata.strata_settings),
        names=of_run(respelt, RUN.gtf),
        code=code_digest("stratify_bins"),
    script:
        "../scripts/stratify_bins.py"


rule score_strata:
    input:
        test="<results>/predictions/{strategy}/seed{seed}/test.h5",
        metrics="<results>/evaluation/{strategy}/seed{seed}/metrics.tsv",
        strata="<results>/strata/bins.h5",
        dataset="<results>/dataset/dataset.json",
    output:
        table="<results>/strata/{strategy}/seed{seed}.tsv",
        correlation="<results>/strata/{strategy}/seed{seed}.correlation.tsv",
        sample="<results>/strata/{strategy}/seed{seed}.sample.h5",
    log:
        "<results>/logs/score_strata/{strategy}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/score_strata/{strategy}.seed{seed}.tsv"
    group:
        "evaluation"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=2000 + 6 * len(TASKS), runtime=60),
    params:
        cfg=lambda wc: {"tasks": of_run(strata.modalities, wc.strategy)},
        code=code_digest("score_strata"),
    script:
        "../scripts/score_strata.py"


rule compare_strata:
    input:
        tables=of_run(strata.tables, "tsv"),
        correlations=of_run(strata.tables, "correlation.tsv"),
        samples=of_run(strata.tables, "sample.h5"),
        strata="<results>/strata/bins.h5",
        dataset="<results>/dataset/dataset.json",
    output:
        strata="<results>/strata/strata.tsv",
        variation="<results>/strata/seed_variation.tsv",
        correlation="<results>/strata/over_correlation.tsv",
    log:
        "<results>/logs/compare_strata.log",
    benchmark:
        "<results>/benchmarks/compare_strata.tsv"
    group:
        "report"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=3000, runtime=60),
    params:
        cfg={
            "runs": of_run(strata.stratified),
            "tasks": RUN.task_rows(columns=("task_id", "modality", "cell_group")),
        },
        code=code_digest("compare_strata"),
    script:
        "../scripts/compare_strata.py"
