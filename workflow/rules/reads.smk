# Reads, or alignments of the user, to filtered alignments: checked, trimmed, aligned, duplicates marked, filtered,
# replicates pooled.

FROM_FASTQ = [name for name, profile in PROFILES.items() if profile.kind == "fastq"]
FROM_BAM = [name for name, profile in PROFILES.items() if profile.kind == "bam"]


def replicate_of(wildcards):
    return PROFILES[wildcards.profile].replicate(wildcards.replicate)


def fastq_of(wildcards):
    """The one or two FASTQ files of a replicate, as the sheet gives them."""
    replicate = replicate_of(wildcards)
    return [path for path in (replicate.fastq_1, replicate.fastq_2) if path]


def reads_to_align(wildcards):
    if config["reads"]["trim"]:
        return [f"{RESULTS}/reads/{wildcards.profile}.rep{wildcards.replicate}.fastq.gz"]
    return fastq_of(wildcards)


def trim_arguments(wildcards, input):
    return ["--in2", input.reads[1], "--detect_adapter_for_pe"] if len(input.reads) == 2 else []


def align_arguments(wildcards, input):
    """How bowtie2 takes the reads: trimmed pairs come interleaved in one file."""
    if not PROFILES[wildcards.profile].paired:
        return ["-U", input.reads[0]]
    mates = (
        ["--interleaved", *input.reads]
        if len(input.reads) == 1
        else ["-1", input.reads[0], "-2", input.reads[1]]
    )
    return ["--maxins", config["reads"]["max_fragment"], *mates]


def replicate_alignments(wildcards):
    return [
        f"{RESULTS}/alignments/{wildcards.profile}.rep{one.number}.bam"
        for one in PROFILES[wildcards.profile].replicates
    ]


def filter_settings(wildcards):
    mapq = config["reads"]["mapq"]
    return {
        "mapq": mapq,
        # A pair must be proper and both mates pass the quality (fixmate wrote the mate's as MQ), or neither is kept.
        "keep": f"!flag.paired || (flag.proper_pair && [MQ] >= {mapq})",
        "mitochondrion": config["genome"]["mitochondrion"] or "",
        "blacklist": BLACKLIST or "",
    }


rule check_fastq:
    input:
        reads=fastq_of,
    output:
        facts="<results>/quality/fastq/{profile}.rep{replicate}.json",
    log:
        "<results>/logs/check_fastq/{profile}.rep{replicate}.log",
    benchmark:
        "<results>/benchmarks/check_fastq/{profile}.rep{replicate}.tsv"
    wildcard_constraints:
        profile=one_of(FROM_FASTQ),
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 500 * attempt,
        runtime=60,
    params:
        code=code_digest("check_fastq"),
    script:
        "../scripts/check_fastq.py"


rule trim_reads:
    input:
        reads=fastq_of,
        checked=rules.check_fastq.output.facts,
    output:
        # Mates leave fastp interleaved, so that both layouts are one file and one rule.
        reads=temp("<results>/reads/{profile}.rep{replicate}.fastq.gz"),
        json="<results>/quality/fastp/{profile}.rep{replicate}.json",
        html="<results>/quality/fastp/{profile}.rep{replicate}.html",
    log:
        "<results>/logs/trim_reads/{profile}.rep{replicate}.log",
    benchmark:
        "<results>/benchmarks/trim_reads/{profile}.rep{replicate}.tsv"
    wildcard_constraints:
        profile=one_of(FROM_FASTQ),
    conda:
        "../envs/align.yaml"
    threads: config["reads"]["threads"]
    resources:
        mem_mb=lambda wc, attempt: 2000 * attempt,
        runtime=240,
    params:
        cfg=trim_arguments,
    shell:
        "(fastp --in1 {input.reads[0]:q} {params.cfg:q} --stdout --thread {threads} --json {output.json:q}"
        " --html {output.html:q} --report_title {wildcards.profile:q}"
        " | gzip -1 > {output.reads:q}) 2> {log:q}"


rule index_genome:
    input:
        fasta="<results>/genome/genome.fa",
    output:
        multiext(
            "<results>/genome/index/genome",
            ".1.bt2",
            ".2.bt2",
            ".3.bt2",
            ".4.bt2",
            ".rev.1.bt2",
            ".rev.2.bt2",
        ),
    log:
        "<results>/logs/index_genome.log",
    benchmark:
        "<results>/benchmarks/index_genome.tsv"
    conda:
        "../envs/align.yaml"
    threads: config["reads"]["threads"]
    resources:
        mem_mb=lambda wc, attempt: 8000 * attempt,
        runtime=480,
    params:
        stem=f"{RESULTS}/genome/index/genome",
    shell:
        "bowtie2-build --threads {threads} {input.fasta:q} {params.stem:q} > {log:q} 2>&1"


rule align_reads:
    input:
        reads=reads_to_align,
        checked=rules.check_fastq.output.facts,
        index=rules.index_genome.output,
    output:
        bam=temp("<results>/alignments/{profile}.rep{replicate}.marked.bam"),
        duplicates="<results>/quality/alignments/{profile}.rep{replicate}.markdup.txt",
    log:
        "<results>/logs/align_reads/{profile}.rep{replicate}.log",
    benchmark:
        "<results>/benchmarks/align_reads/{profile}.rep{replicate}.tsv"
    wildcard_constraints:
        profile=one_of(FROM_FASTQ),
    conda:
        "../envs/align.yaml"
    threads: config["reads"]["threads"]
    resources:
        # The index is shared by memory map; the rest is sorting.
        mem_mb=lambda wc, attempt: 4000 * attempt,
        runtime=1440,
    params:
        cfg=align_arguments,
        stem=f"{RESULTS}/genome/index/genome",
    shell:
        "scratch={resources.tmpdir:q}/{wildcards.profile}.rep{wildcards.replicate}.$$ ;"
        " (bowtie2 --very-sensitive --mm --reorder --threads {threads} -x {params.stem:q} {params.cfg:q}"
        " --rg-id {wildcards.profile:q}.rep{wildcards.replicate} --rg SM:{wildcards.profile:q}"
        " | samtools fixmate -u -m - -"
        " | samtools sort -u -m 512M -T $scratch.sort -"
        " | samtools markdup -T $scratch.mark -f {output.duplicates:q} - {output.bam:q}) 2> {log:q}"


rule check_alignments:
    input:
        bam=lambda wc: replicate_of(wc).bam,
        sizes="<results>/genome/chrom.sizes",
    output:
        contigs="<results>/quality/given/{profile}.rep{replicate}.contigs.tsv",
    log:
        "<results>/logs/check_alignments/{profile}.rep{replicate}.log",
    benchmark:
        "<results>/benchmarks/check_alignments/{profile}.rep{replicate}.tsv"
    wildcard_constraints:
        profile=one_of(FROM_BAM),
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 500 * attempt,
        runtime=30,
    params:
        cfg={"assembly": config["genome"]["assembly"]},
        code=code_digest("check_alignments"),
    script:
        "../scripts/check_alignments.py"


# Given alignments are sorted and marked anew, so that they pass through what aligned reads pass through.
rule mark_alignments:
    input:
        bam=lambda wc: replicate_of(wc).bam,
        checked=rules.check_alignments.output.contigs,
    output:
        bam=temp("<results>/alignments/{profile}.rep{replicate}.marked.bam"),
        duplicates="<results>/quality/alignments/{profile}.rep{replicate}.markdup.txt",
    log:
        "<results>/logs/mark_alignments/{profile}.rep{replicate}.log",
    benchmark:
        "<results>/benchmarks/mark_alignments/{profile}.rep{replicate}.tsv"
    wildcard_constraints:
        profile=one_of(FROM_BAM),
    conda:
        "../envs/align.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 3000 * attempt,
        runtime=480,
    shell:
        "scratch={resources.tmpdir:q}/{wildcards.profile}.rep{wildcards.replicate}.$$ ;"
        " (samtools collate -O -u {input.bam:q} $scratch.collate"
        " | samtools fixmate -u -m - -"
        " | samtools sort -u -m 512M -T $scratch.sort -"
        " | samtools markdup -T $scratch.mark -f {output.duplicates:q} - {output.bam:q}) 2> {log:q}"


rule filter_alignments:
    input:
        bam="<results>/alignments/{profile}.rep{replicate}.marked.bam",
        sizes="<results>/genome/chrom.sizes",
        blacklist=[BLACKLIST] if BLACKLIST else [],
    output:
        bam="<results>/alignments/{profile}.rep{replicate}.bam",
        bai="<results>/alignments/{profile}.rep{replicate}.bam.bai",
        flagstat="<results>/quality/alignments/{profile}.rep{replicate}.flagstat.txt",
        idxstats="<results>/quality/alignments/{profile}.rep{replicate}.idxstats.txt",
        stats="<results>/quality/alignments/{profile}.rep{replicate}.stats.txt",
    log:
        "<results>/logs/filter_alignments/{profile}.rep{replicate}.log",
    benchmark:
        "<results>/benchmarks/filter_alignments/{profile}.rep{replicate}.tsv"
    conda:
        "../envs/align.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 1000 * attempt,
        runtime=240,
    params:
        cfg=filter_settings,
    shell:
        "(samtools flagstat {input.bam:q} > {output.flagstat:q}"
        " ; samtools idxstats {input.bam:q} > {output.idxstats:q}"
        " ; samtools stats {input.bam:q} > {output.stats:q}"
        " ; samtools view -u -F 1804 -q {params.cfg[mapq]} -e {params.cfg[keep]:q} -L <(awk -v OFS='\t'"
        " -v mito=\"{params.cfg[mitochondrion]}\" '$1 != mito {{print $1, 0, $2}}' {input.sizes:q}) {input.bam:q}"
        ' | (if [ -n "{params.cfg[blacklist]}" ]; then'
        " bedtools intersect -v -abam stdin -b {params.cfg[blacklist]:q} ; else cat ; fi)"
        " | samtools view -b -o {output.bam:q} -"
        " ; samtools index {output.bam:q} {output.bai:q}) 2> {log:q}"


rule pool_replicates:
    input:
        bams=replicate_alignments,
    output:
        bam="<results>/alignments/{profile}.bam",
        bai="<results>/alignments/{profile}.bam.bai",
    log:
        "<results>/logs/pool_replicates/{profile}.log",
    benchmark:
        "<results>/benchmarks/pool_replicates/{profile}.tsv"
    conda:
        "../envs/align.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 1000 * attempt,
        runtime=240,
    shell:
        # One replicate is its own pool: a second name for the file where links work, no second copy.
        '(set -- {input.bams:q} ; if [ $# -gt 1 ]; then samtools merge -c -p -f {output.bam:q} "$@"'
        ' ; else ln -f "$1" {output.bam:q} || cp "$1" {output.bam:q} ; fi'
        " ; samtools index {output.bam:q} {output.bai:q}) 2> {log:q}"
