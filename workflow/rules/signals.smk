# Signals of profiles for browsers: fold enrichment and -log10 p. `snakemake signals` makes them, or peaks.signal.
from epigroup.run.data import peaks


rule make_pileups:
    input:
        unpack(by_wildcards(peaks.background)),
        bam="<data>/alignments/{profile}.bam",
        bai="<data>/alignments/{profile}.bam.bai",
        bases="<data>/genome/effective_size.txt",
        sizes="<data>/genome/chrom.sizes",
    output:
        enrichment=temp("<data>/signals/{profile}.enrichment.bedGraph"),
        pvalue=temp("<data>/signals/{profile}.pvalue.bedGraph"),
        readme="<data>/signals/{profile}.README.txt",
    log:
        "<data>/logs/make_pileups/{profile}.log",
    benchmark:
        "<data>/benchmarks/make_pileups/{profile}.tsv"
    group:
        "peaks"
    conda:
        "../envs/macs2.yaml" if config["peaks"]["caller"] == "macs2" else "../envs/macs3.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=4000, runtime=480),
    params:
        cfg=by_wildcards(peaks.calling_settings),
        code=code_digest("make_pileups"),
    script:
        "../scripts/make_pileups.py"


rule write_signals:
    input:
        enrichment="<data>/signals/{profile}.enrichment.bedGraph",
        pvalue="<data>/signals/{profile}.pvalue.bedGraph",
        sizes="<data>/genome/chrom.sizes",
    output:
        enrichment="<data>/signals/{profile}.enrichment.bw",
        pvalue="<data>/signals/{profile}.pvalue.bw",
    log:
        "<data>/logs/write_signals/{profile}.log",
    benchmark:
        "<data>/benchmarks/write_signals/{profile}.tsv"
    group:
        "peaks"
    conda:
        "../envs/signals.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=2000, runtime=240),
    params:
        code=code_digest("write_signals"),
    script:
        "../scripts/write_signals.py"
