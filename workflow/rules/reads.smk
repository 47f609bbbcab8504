# Reads to alignments: checked, trimmed, aligned, duplicates marked.


include: "reads_inputs.smk"


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
    group:
        "reads"
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
    group:
        "reads"
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
        stem=lambda wc, output: output[0].removesuffix(".1.bt2"),
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
    group:
        "reads"
    conda:
        "../envs/align.yaml"
    threads: config["reads"]["threads"]
    resources:
        # The index is shared by memory map; the rest is sorting.
        mem_mb=lambda wc, attempt: 4000 * attempt,
        runtime=1440,
    params:
        cfg=align_arguments,
        stem=lambda wc, input: input.index[0].removesuffix(".1.bt2"),
    shell:
        "scratch={resources.tmpdir:q}/{wildcards.profile}.rep{wildcards.replicate}.$$ ;"
        " (bowtie2 --very-sensitive --mm --reorder --threads {threads} -x {params.stem:q} {params.cfg:q}"
        " --rg-id {wildcards.profile:q}.rep{wildcards.replicate} --rg SM:{wildcards.profile:q}"
        " | samtools fixmate -u -m - -"
        " | samtools sort -u -m 512M -T $scratch.sort -"
        " | samtools markdup -T $scratch.mark -f {output.duplicates:q} - {output.bam:q}) 2> {log:q}"
