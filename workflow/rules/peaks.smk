# Filtered alignments to called peaks, and those that replicates support.
from epigroup.run.data import peaks, reads


rule count_bases:
    input:
        **GENOME,
    output:
        bases="<data>/genome/effective_size.txt",
    log:
        "<data>/logs/count_bases.log",
    benchmark:
        "<data>/benchmarks/count_bases.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=1000, runtime=20),
    params:
        code=code_digest("count_bases"),
    script:
        "../scripts/count_bases.py"


rule call_peaks:
    input:
        unpack(by_wildcards(peaks.background)),
        bam="<data>/alignments/{profile}.bam",
        bai="<data>/alignments/{profile}.bam.bai",
        bases="<data>/genome/effective_size.txt",
        sizes="<data>/genome/chrom.sizes",
    output:
        peaks="<data>/peaks/called/{profile}_peaks.narrowPeak.gz",
    log:
        "<data>/logs/call_peaks/{profile}.log",
    benchmark:
        "<data>/benchmarks/call_peaks/{profile}.tsv"
    group:
        "peaks"
    conda:
        "../envs/macs2.yaml" if config["peaks"]["caller"] == "macs2" else "../envs/macs3.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=4000, runtime=240),
    params:
        cfg=by_wildcards(peaks.calling_settings),
        code=code_digest("call_peaks"),
    script:
        "../scripts/call_peaks.py"


# idr runs on a Python and a numpy too old for all else here: its environment is its own, and those who need the program
# call it by its path. First of all, so that a run without it ends at once.
rule find_idr:
    output:
        program=temp("<data>/checks/idr.txt"),
    log:
        "<data>/logs/find_idr.log",
    benchmark:
        "<data>/benchmarks/find_idr.tsv"
    priority: 100
    localrule: True
    conda:
        "../envs/idr.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500, runtime=10),
    shell:
        "(idr --version && command -v idr > {output.program:q}"
        " || {{ echo idr is not on PATH: install it, or say peaks.replicates: overlap ; exit 1 ; }}) > {log:q} 2>&1"


rule compare_replicates:
    input:
        unpack(by_wildcards(peaks.background)),
        unpack(by_wildcards(peaks.idr_program)),
        bam="<data>/alignments/{profile}.bam",
        bai="<data>/alignments/{profile}.bam.bai",
        replicates=by_wildcards(reads.replicate_alignments),
        bases="<data>/genome/effective_size.txt",
        sizes="<data>/genome/chrom.sizes",
    output:
        peaks="<data>/peaks/supported/{profile}_peaks.narrowPeak.gz",
        ratios="<data>/quality/replicates/{profile}.json",
    log:
        "<data>/logs/compare_replicates/{profile}.log",
    benchmark:
        "<data>/benchmarks/compare_replicates/{profile}.tsv"
    wildcard_constraints:
        profile=one_of(of_run(peaks.supported)),
    group:
        "peaks"
    conda:
        "../envs/macs2.yaml" if config["peaks"]["caller"] == "macs2" else "../envs/macs3.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=4000, runtime=720),
    params:
        cfg=by_wildcards(peaks.comparing_settings),
        code=code_digest("compare_replicates"),
    script:
        "../scripts/compare_replicates.py"
