# Filtered alignments to called peaks.


def control_of(wildcards):
    """The control's pooled alignments and their index, when the row names a control."""
    control = PROFILES[wildcards.profile].control
    if control is None:
        return {}
    return {
        "control": f"{RESULTS}/alignments/{control}.bam",
        "control_index": f"{RESULTS}/alignments/{control}.bam.bai",
    }


def calling_settings(wildcards):
    profile = PROFILES[wildcards.profile]
    facts = {"profile_id": profile.profile_id, "assay": profile.assay, "peak_mode": profile.peak_mode}
    return settings("peaks") | facts


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
        peaks="<results>/peaks/called/{profile}_peaks.narrowPeak",
    log:
        "<results>/logs/call_peaks/{profile}.log",
    benchmark:
        "<results>/benchmarks/call_peaks/{profile}.tsv"
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
