# Filtered alignments to called peaks.


rule count_bases:
    input:
        genome="<results>/genome/genome.h5",
    output:
        bases="<results>/genome/effective_size.txt",
    log:
        "<results>/logs/count_bases.log",
    benchmark:
        "<results>/benchmarks/count_bases.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 1000 * attempt,
        runtime=20,
    params:
        code=code_digest("count_bases"),
    script:
        "../scripts/count_bases.py"


rule call_peaks:
    input:
        unpack(control_of),
        bam="<results>/alignments/{profile}.bam",
        bai="<results>/alignments/{profile}.bam.bai",
        bases="<results>/genome/effective_size.txt",
        sizes="<results>/genome/chrom.sizes",
    output:
        peaks="<results>/peaks/called/{profile}_peaks.narrowPeak.gz",
    log:
        "<results>/logs/call_peaks/{profile}.log",
    benchmark:
        "<results>/benchmarks/call_peaks/{profile}.tsv"
    group:
        "peaks"
    conda:
        "../envs/macs2.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 4000 * attempt,
        runtime=240,
    params:
        cfg=lambda wc: calling_settings(wc),
        code=code_digest("call_peaks"),
    script:
        "../scripts/call_peaks.py"
