# New profiles to labels: the run's examples, and the bins in which only a new profile has a peak.
from epigroup.run import adopt, training


use rule standardise_peaks as standardise_new_peaks with:
    input:
        peaks=of_run(adopt.peak_files),
        contigs="<data>/genome/contigs.tsv",
        graded=[],
    output:
        intervals=expand("<results>/adopt/peaks/{profile}.safetensors", profile=NEW),
        index="<results>/adopt/peaks/index.json",
    log:
        "<results>/logs/standardise_new_peaks.log",
    benchmark:
        "<results>/benchmarks/standardise_new_peaks.tsv"
    params:
        cfg=settings("peaks_standard"),
        unlikely=of_run(adopt.unlikely),
        checksums=RUN.checksums_of(of_run(adopt.peak_files)),
        code=code_digest("standardise_peaks"),


rule extend_shard:
    input:
        **GENOME,
        shard="<data>/dataset/shards/{chrom}.h5",
        index="<results>/adopt/peaks/index.json",
        blacklist=RUN.blacklist or [],
    output:
        shard="<results>/adopt/shards/{chrom}.h5",
    log:
        "<results>/logs/extend_shard/{chrom}.log",
    benchmark:
        "<results>/benchmarks/extend_shard/{chrom}.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=2000, runtime=60),
    params:
        cfg={**settings("labels"), "task_ids": NEW},
        peaks=[RUN.path("adopt/peaks", f"{profile}.safetensors") for profile in NEW],
        code=code_digest("extend_shard"),
    script:
        "../scripts/extend_shard.py"


use rule summarise_dataset as summarise_new_profiles with:
    input:
        shards=of_run(adopt.shards),
    output:
        dataset="<results>/adopt/dataset.json",
    log:
        "<results>/logs/summarise_new_profiles.log",
    benchmark:
        "<results>/benchmarks/summarise_new_profiles.tsv"
    params:
        cfg={"splits": settings("splits"), "task_ids": [*TASKS, *NEW]},
        code=code_digest("summarise_dataset"),


# Before anything is fitted: a profile with too few positives ends the run here.
rule describe_profiles:
    input:
        **EXTENDED,
        run_shards=of_run(training.shards),
    output:
        "<results>/adopt/profiles.tsv",
    log:
        "<results>/logs/describe_profiles.log",
    benchmark:
        "<results>/benchmarks/describe_profiles.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=4000, runtime=30),
    params:
        tasks=NEW,
        least=ADOPT["min_positives"],
        code=code_digest("describe_profiles"),
    script:
        "../scripts/describe_profiles.py"
