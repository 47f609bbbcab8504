# Peaks in one form -> labels of every chromosome's bins -> what the data set holds.

from epigroup.run import dataset, training

PEAKS, GRADED = of_run(dataset.peak_files), of_run(dataset.graded)


# One job for all profiles: the peaks of one take a tenth of a second, less than the start of a job.
rule standardise_peaks:
    input:
        peaks=PEAKS,
        contigs="<results>/genome/contigs.tsv",
        graded=GRADED,
    output:
        intervals=expand("<results>/peaks/standard/{profile}.safetensors", profile=TASKS),
        index="<results>/peaks/standard/index.json",
    log:
        "<results>/logs/standardise_peaks.log",
    benchmark:
        "<results>/benchmarks/standardise_peaks.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 2
    resources:
        **by_attempt(mem_mb=2000, runtime=60),
    params:
        cfg=settings("peaks_standard"),
        unlikely=of_run(dataset.unlikely),
        checksums=RUN.checksums_of(PEAKS),
        code=code_digest("standardise_peaks"),
    script:
        "../scripts/standardise_peaks.py"


# For people and browsers; a job of its own, so that labels do not wait for the writing of text.
rule index_peaks:
    input:
        peaks=PEAKS,
        contigs="<results>/genome/contigs.tsv",
        graded=GRADED,
    output:
        peaks=expand("<results>/peaks/standard/{profile}.narrowPeak.gz", profile=TASKS),
        indices=expand("<results>/peaks/standard/{profile}.narrowPeak.gz.tbi", profile=TASKS),
    log:
        "<results>/logs/index_peaks.log",
    benchmark:
        "<results>/benchmarks/index_peaks.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 2
    resources:
        **by_attempt(mem_mb=2000, runtime=120),
    params:
        cfg=settings("peaks_standard"),
        unlikely=of_run(dataset.unlikely),
        code=code_digest("index_peaks"),
    script:
        "../scripts/index_peaks.py"


if RUN.signal:

    # Early, so that a signal of another genome stops nothing that has taken hours.
    rule check_signals:
        input:
            signals=[RUN.profiles[task].signal for task in RUN.all_tasks],
            sizes="<results>/genome/chrom.sizes",
        output:
            "<results>/checks/signals.json",
        log:
            "<results>/logs/check_signals.log",
        benchmark:
            "<results>/benchmarks/check_signals.tsv"
        priority: 100
        conda:
            "../envs/dataset.yaml"
        threads: 1
        resources:
            **by_attempt(mem_mb=500, runtime=30),
        params:
            cfg={"task_ids": list(RUN.all_tasks), "chromosomes": RUN.chromosomes},
            code=code_digest("check_signals"),
        script:
            "../scripts/check_signals.py"


rule make_shard:
    input:
        **GENOME,
        # Their checksums for all: thousands of files to each chromosome take Snakemake minutes to follow.
        index="<results>/peaks/standard/index.json",
        blacklist=RUN.blacklist or [],
        signals=of_run(dataset.signal_files),
        checked="<results>/checks/signals.json" if RUN.signal else [],
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
        **by_attempt(mem_mb=2000 + of_run(dataset.shard_signals_mb), runtime=240 if RUN.signal else 60),
    params:
        cfg={**settings("labels"), "task_ids": TASKS},
        peaks=[f"{RESULTS}/peaks/standard/{task}.safetensors" for task in TASKS],
        code=code_digest("make_shard"),
    script:
        "../scripts/make_shard.py"


rule summarise_dataset:
    input:
        shards=of_run(training.shards),
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
        **by_attempt(mem_mb=4000, runtime=60),
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
        **by_attempt(mem_mb=500, runtime=10),
    params:
        cfg={"tasks": RUN.task_rows(columns=dataset.SHOWN)},
        code=code_digest("describe_tasks"),
    script:
        "../scripts/describe_tasks.py"
