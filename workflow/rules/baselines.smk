# Simple predictors of the same bins, and the tasks whose networks do no better.


include: "baselines_inputs.smk"


rule judge_baseline:
    input:
        unpack(read_predictions),
        dataset="<results>/dataset/dataset.json",
        shards=shard_paths(),
        genome="<results>/genome/genome.h5",
    output:
        metrics="<results>/baselines/{baseline}/metrics.tsv",
        blocks="<results>/baselines/{baseline}/blocks.h5",
    log:
        "<results>/logs/judge_baseline/{baseline}.log",
    benchmark:
        "<results>/benchmarks/judge_baseline/{baseline}.tsv"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: (4000 + 10 * len(TASKS)) * attempt,
        runtime=lambda wc, attempt: 600 * attempt,
    params:
        cfg=baseline_config,
        code=lambda wc: code_digest("judge_baseline", (f"baselines.{wc.baseline}",)),
    script:
        "../scripts/judge_baseline.py"


rule mark_tasks:
    input:
        metrics=evaluated("evaluation/{strategy}/seed{seed}/metrics.tsv"),
        baselines=baseline_files("metrics.tsv"),
        blocks=evaluated("evaluation/{strategy}/seed{seed}/blocks.h5"),
        baseline_blocks=baseline_files("blocks.h5"),
    output:
        scores="<results>/baselines/baselines.tsv",
        marks="<results>/baselines/marks.tsv",
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
        mem_mb=lambda wc, attempt: 1500 * attempt,
        runtime=lambda wc, attempt: 30 * attempt,
    params:
        cfg=marks_config(),
        code=code_digest("mark_tasks"),
    script:
        "../scripts/mark_tasks.py"
