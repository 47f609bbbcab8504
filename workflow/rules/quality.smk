# The quality of reads, alignments and peaks, graded, profile by profile and in one table.
import json

from epigroup.quality.multiqc_table import SETTINGS
from epigroup.run.data import peaks, reads

of_replicates = partial(by_wildcards, reads.of_replicates)


rule count_places:
    input:
        bam="<data>/alignments/{profile}.rep{replicate}.marked.bam",
    output:
        complexity="<data>/quality/complexity/{profile}.rep{replicate}.json",
    log:
        "<data>/logs/count_places/{profile}.rep{replicate}.log",
    benchmark:
        "<data>/benchmarks/count_places/{profile}.rep{replicate}.tsv"
    group:
        "reads"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500, runtime=120),
    params:
        cfg=lambda wc: {
            "mapq": config["reads"]["mapq"],
            "mitochondrion": config["genome"]["mitochondrion"],
            "given": RUN.profiles[wc.profile].kind == "bam",
        },
        code=code_digest("count_places"),
    script:
        "../scripts/count_places.py"


rule correlate_strands:
    input:
        bam="<data>/alignments/{profile}.bam",
        bai="<data>/alignments/{profile}.bam.bai",
        sizes="<data>/genome/chrom.sizes",
    output:
        strands="<data>/quality/strands/{profile}.json",
    log:
        "<data>/logs/correlate_strands/{profile}.log",
    benchmark:
        "<data>/benchmarks/correlate_strands/{profile}.tsv"
    group:
        "reads"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=2000, runtime=60),
    params:
        code=code_digest("correlate_strands"),
    script:
        "../scripts/correlate_strands.py"


rule measure_quality:
    input:
        unpack(by_wildcards(peaks.quality_inputs)),
        bam="<data>/alignments/{profile}.bam",
        bai="<data>/alignments/{profile}.bam.bai",
        strands="<data>/quality/strands/{profile}.json",
        flagstat=of_replicates(pattern="quality/alignments/{profile}.rep{replicate}.flagstat.txt"),
        idxstats=of_replicates(pattern="quality/alignments/{profile}.rep{replicate}.idxstats.txt"),
        complexity=of_replicates(pattern="quality/complexity/{profile}.rep{replicate}.json"),
        bases="<data>/genome/effective_size.txt",
        sizes="<data>/genome/chrom.sizes",
    output:
        quality="<data>/quality/profiles/{profile}.tsv",
    log:
        "<data>/logs/measure_quality/{profile}.log",
    benchmark:
        "<data>/benchmarks/measure_quality/{profile}.tsv"
    wildcard_constraints:
        profile=one_of(RUN.from_reads),
    group:
        "peaks"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=2000, runtime=120),
    params:
        cfg=by_wildcards(peaks.quality_settings),
        code=code_digest("measure_quality"),
    script:
        "../scripts/measure_quality.py"


rule gather_quality:
    input:
        quality=expand("<data>/quality/profiles/{profile}.tsv", profile=RUN.from_reads),
        reads=of_run(reads.of_all_replicates, RUN.from_reads, "quality/reads/{profile}.rep{replicate}.tsv"),
    output:
        reads="<data>/quality/reads.tsv",
        figures="<data>/quality/figures.tsv",
        summary="<data>/quality/quality.tsv",
        multiqc="<data>/quality/epigroup_mqc.tsv",
    log:
        "<data>/logs/gather_quality.log",
    benchmark:
        "<data>/benchmarks/gather_quality.tsv"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=1000, runtime=20),
    params:
        code=code_digest("gather_quality"),
    script:
        "../scripts/gather_quality.py"


# Profiles are left out when a run starts, by the grades that are there; this holds them against those of this run.
rule check_grades:
    input:
        summary="<data>/quality/quality.tsv",
    output:
        left_out="<data>/checks/left_out.tsv",
    log:
        "<data>/logs/check_grades.log",
    benchmark:
        "<data>/benchmarks/check_grades.tsv"
    # Here, not on the cluster: a job there reads the new grades itself and would find nothing amiss.
    localrule: True
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500, runtime=10),
    params:
        cfg={
            "min_grade": config["qc"]["min_grade"],
            "left_out": sorted(RUN.left_out),
            "tasks": sorted(set(RUN.from_reads) & set(RUN.all_tasks)),
        },
        code=code_digest("check_grades"),
    script:
        "../scripts/check_grades.py"


# First of all, so that a run without the program ends at once.
rule find_multiqc:
    output:
        program=temp("<data>/checks/multiqc.txt"),
    log:
        "<data>/logs/find_multiqc.log",
    benchmark:
        "<data>/benchmarks/find_multiqc.tsv"
    priority: 200
    localrule: True
    conda:
        "../envs/multiqc.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500, runtime=10),
    shell:
        "(multiqc --version > {output.program:q}"
        " || {{ echo multiqc is not on PATH: make setup installs it, qc.multiqc: false does without ; exit 1 ; }})"
        " > {log:q} 2>&1"


# fastp, Bowtie 2, samtools and the table of all profiles on one page.
rule multiqc:
    input:
        program=rules.find_multiqc.output.program,
        summary="<data>/quality/epigroup_mqc.tsv",
        # One file of each job whose figures MultiQC finds in the folders; its others come with it.
        trimmed=of_run(reads.trimmed_counts),
        filtered=of_run(reads.aligned_counts),
        # The log of align_reads is no output; this file is, of the same job.
        marked=of_run(reads.marked_counts),
    output:
        page="<data>/quality/multiqc/multiqc_report.html",
    log:
        "<data>/logs/multiqc.log",
    benchmark:
        "<data>/benchmarks/multiqc.tsv"
    conda:
        "../envs/multiqc.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=4000, runtime=60),
    params:
        title=config["name"],
        settings=json.dumps(SETTINGS),
        quality=lambda wc, input: os.path.dirname(input.summary),
        logs=f"{DATA}/logs/align_reads" if RUN.of_kind("fastq") else [],
        folder=lambda wc, output: os.path.dirname(output.page),
    shell:
        "multiqc --force --no-version-check --cl-config {params.settings:q} --title {params.title:q} --filename multiqc_report.html --outdir {params.folder:q}"
        " {params.quality:q} {params.logs:q} > {log:q} 2>&1"
