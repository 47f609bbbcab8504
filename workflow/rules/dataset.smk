# Peaks in one form -> labels of every chromosome's bins.

from epigroup.run.data import dataset

PEAKS, GRADED = of_run(dataset.peak_files), of_run(dataset.graded)


# One job for all profiles: the peaks of one take a tenth of a second, less than the start of a job.
rule standardise_peaks:
    input:
        peaks=PEAKS,
        contigs="<data>/genome/contigs.tsv",
        graded=GRADED,
    output:
        intervals=expand("<data>/peaks/standard/{profile}.safetensors", profile=TASKS),
        index="<data>/peaks/standard/index.json",
    log:
        "<data>/logs/standardise_peaks.log",
    benchmark:
        "<data>/benchmarks/standardise_peaks.tsv"
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
        contigs="<data>/genome/contigs.tsv",
        graded=GRADED,
    output:
        peaks=expand("<data>/peaks/standard/{profile}.narrowPeak.gz", profile=TASKS),
        indices=expand("<data>/peaks/standard/{profile}.narrowPeak.gz.tbi", profile=TASKS),
    log:
        "<data>/logs/index_peaks.log",
    benchmark:
        "<data>/benchmarks/index_peaks.tsv"
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

    SIGNALS = [RUN.profiles[task].signal for task in RUN.all_tasks]
    KNOWN_SIGNALS = RUN.checksums_of(SIGNALS)

    # Early, so that a signal of another genome stops nothing that has taken hours.
    rule check_signals:
        input:
            signals=SIGNALS,
            sizes="<data>/genome/chrom.sizes",
        output:
            "<data>/checks/signals.json",
        log:
            "<data>/logs/check_signals.log",
        benchmark:
            "<data>/benchmarks/check_signals.tsv"
        priority: 100
        conda:
            "../envs/dataset.yaml"
        threads: 1
        resources:
            # With checksums all signals are read whole.
            **by_attempt(mem_mb=500, runtime=240 if KNOWN_SIGNALS else 30),
        params:
            # One that is given later is compared when the file is next read.
            checksums=untracked(KNOWN_SIGNALS),
            cfg={"task_ids": list(RUN.all_tasks), "chromosomes": RUN.chromosomes},
            code=code_digest("check_signals"),
        script:
            "../scripts/check_signals.py"


rule make_shard:
    input:
        **GENOME,
        # Their checksums for all: thousands of files to each chromosome take Snakemake minutes to follow.
        index="<data>/peaks/standard/index.json",
        blacklist=RUN.blacklist or [],
        signals=of_run(dataset.signal_files),
        checked="<data>/checks/signals.json" if RUN.signal else [],
    output:
        shard="<data>/dataset/shards/{chrom}.h5",
    log:
        "<data>/logs/make_shard/{chrom}.log",
    benchmark:
        "<data>/benchmarks/make_shard/{chrom}.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=2000 + of_run(dataset.shard_signals_mb), runtime=240 if RUN.signal else 60),
    params:
        cfg={**settings("labels"), "task_ids": TASKS},
        peaks=[RUN.path("peaks/standard", f"{task}.safetensors") for task in TASKS],
        code=code_digest("make_shard"),
    script:
        "../scripts/make_shard.py"
