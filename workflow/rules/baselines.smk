# Simple predictors of the same bins, and the tasks whose networks do no better.
from epigroup.run import baselines, evaluation, training


rule judge_baseline:
    input:
        unpack(by_wildcards(baselines.predictions)),
        **GENOME,
        dataset="<results>/dataset/dataset.json",
        shards=of_run(training.shards),
    output:
        metrics="<results>/baselines/{baseline}/metrics.tsv",
        blocks="<results>/baselines/{baseline}/blocks.h5",
        validation=temp("<results>/baselines/{baseline}/validation.h5"),
        test=temp("<results>/baselines/{baseline}/test.h5"),
    log:
        "<results>/logs/judge_baseline/{baseline}.log",
    benchmark:
        "<results>/benchmarks/judge_baseline/{baseline}.tsv"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=4000 + 10 * len(TASKS), runtime=600),
    params:
        cfg=of_run(baselines.fit_settings),
        code=lambda wc: code_digest("judge_baseline", (f"baselines.{wc.baseline}",)),
    script:
        "../scripts/judge_baseline.py"


rule mark_tasks:
    input:
        metrics=of_run(evaluation.of_scored, "metrics.tsv"),
        baselines=of_run(baselines.of_baselines, "metrics.tsv"),
        blocks=of_run(evaluation.of_scored, "blocks.h5"),
        baseline_blocks=of_run(baselines.of_baselines, "blocks.h5"),
    output:
        scores="<results>/baselines/baselines.tsv",
        marks="<results>/baselines/marks.tsv",
        red_line="<results>/baselines/red_line.tsv",
    log:
        "<results>/logs/mark_tasks.log",
    benchmark:
        "<results>/benchmarks/mark_tasks.tsv"
    group:
        "report"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=1500, runtime=30),
    params:
        cfg=of_run(baselines.mark_settings),
        code=code_digest("mark_tasks"),
    script:
        "../scripts/mark_tasks.py"
