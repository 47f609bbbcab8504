# Peaks in one form -> labels of every chromosome's bins -> what the data set holds.

# The sheet's columns that tasks.tsv repeats.
SHOWN = ("task_id", "modality", "assay", "target", "cell_type", "cell_group")


rule standardise_peaks:
    input:
        peaks=peaks_of,
        contigs="<results>/genome/contigs.tsv",
    output:
        intervals="<results>/peaks/standard/{profile}.safetensors",
    log:
        "<results>/logs/standardise_peaks/{profile}.log",
    benchmark:
        "<results>/benchmarks/standardise_peaks/{profile}.tsv"
    group:
        "peaks"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=20,
    params:
        cfg=settings("peaks_standard"),
        code=code_digest("standardise_peaks"),
    script:
        "../scripts/standardise_peaks.py"


# For people and browsers; a job of its own, so that labels do not wait for the writing of text.
rule index_peaks:
    input:
        peaks=peaks_of,
        contigs="<results>/genome/contigs.tsv",
    output:
        peaks="<results>/peaks/standard/{profile}.narrowPeak.gz",
        index="<results>/peaks/standard/{profile}.narrowPeak.gz.tbi",
    log:
        "<results>/logs/index_peaks/{profile}.log",
    benchmark:
        "<results>/benchmarks/index_peaks/{profile}.tsv"
    group:
        "peaks"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=20,
    params:
        cfg=settings("peaks_standard"),
        code=code_digest("index_peaks"),
    script:
        "../scripts/index_peaks.py"


rule make_shard:
    input:
        genome="<results>/genome/genome.h5",
        peaks=expand("<results>/peaks/standard/{profile}.safetensors", profile=TASKS),
        blacklist=BLACKLIST or [],
    output:
        shard="<results>/dataset/shards/{chrom}.h5",
    log:
        "<results>/logs/make_shard/{chrom}.log",
    benchmark:
        "<results>/benchmarks/make_shard/{chrom}.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=60,
    params:
        cfg={**settings("labels"), "task_ids": TASKS},
        code=code_digest("make_shard"),
    script:
        "../scripts/make_shard.py"


rule summarise_dataset:
    input:
        shards=shard_paths(),
    output:
        dataset="<results>/dataset/dataset.json",
    log:
        "<results>/logs/summarise_dataset/dataset.log",
    benchmark:
        "<results>/benchmarks/summarise_dataset/dataset.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=60,
    params:
        cfg={"splits": settings("splits"), "task_ids": TASKS},
        code=code_digest("summarise_dataset"),
    script:
        "../scripts/summarise_dataset.py"


# A job of its own, so that a name corrected in the sheet does not touch what networks are trained on.
rule describe_tasks:
    input:
        dataset="<results>/dataset/dataset.json",
    output:
        tasks="<results>/dataset/tasks.tsv",
        profiles="<results>/dataset/profiles.tsv",
    log:
        "<results>/logs/describe_tasks.log",
    benchmark:
        "<results>/benchmarks/describe_tasks.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 500 * attempt,
        runtime=10,
    params:
        cfg={"tasks": task_rows(columns=SHOWN)},
        code=code_digest("describe_tasks"),
    script:
        "../scripts/describe_tasks.py"
