# Alignments, ours or given, to what peaks are called on: given ones checked, all filtered, replicates pooled.
from epigroup.run.data import reads
from epigroup.run.settings import respelt


rule check_alignments:
    input:
        **ALIGNER_FASTA,
        bam=by_wildcards(reads.given_alignments),
        sizes="<data>/genome/chrom.sizes",
    output:
        contigs="<data>/quality/given/{profile}.rep{replicate}.contigs.tsv",
        facts="<data>/quality/given/{profile}.rep{replicate}.json",
    log:
        "<data>/logs/check_alignments/{profile}.rep{replicate}.log",
    benchmark:
        "<data>/benchmarks/check_alignments/{profile}.rep{replicate}.tsv"
    wildcard_constraints:
        profile=one_of(RUN.of_kind("bam")),
    priority: 100
    group:
        "reads"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        **by_attempt(runtime=60),
        # Names of mates are held against each other, some 10 bytes a read; a read takes 50 of a BAM file.
        mem_mb=lambda wc, input, attempt: (500 + int(0.3 * size_mb(input.bam))) * attempt,
    params:
        cfg={"mapq": config["reads"]["mapq"]},
        assembly=untracked(config["genome"]["assembly"]),
        checksums=untracked(by_wildcards(reads.known_alignments)),
        code=code_digest("check_alignments"),
    script:
        "../scripts/check_alignments.py"


# Given alignments are sorted and marked anew, so that they pass through what aligned reads pass through. Single reads
# have no mates: fixmate would take those of one name for a pair.
rule mark_alignments:
    input:
        **ALIGNER_FASTA,
        bam=by_wildcards(reads.given_alignments),
        checked=rules.check_alignments.output.facts,
    output:
        bam=temp("<data>/alignments/{profile}.rep{replicate}.marked.bam"),
        duplicates="<data>/quality/alignments/{profile}.rep{replicate}.markdup.txt",
    log:
        "<data>/logs/mark_alignments/{profile}.rep{replicate}.log",
    benchmark:
        "<data>/benchmarks/mark_alignments/{profile}.rep{replicate}.tsv"
    wildcard_constraints:
        profile=one_of(RUN.of_kind("bam")),
    group:
        "reads"
    conda:
        "../envs/align.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=3000, runtime=480),
    shell:
        # BAM files appear under their name when whole, as what python writes does: a job that outlived its Snakemake
        # must not write into the file of the job that was started anew.
        "part=$(dirname {output.bam:q})/.partial$$.$(basename {output.bam:q}) ;"
        " scratch={resources.tmpdir:q}/{wildcards.profile}.rep{wildcards.replicate}.$$ ;"
        ' trap \'rm -f "$part" "$scratch".*\' EXIT ;'
        # Without this samtools looks for sequences that a CRAM file lacks on the network.
        ' export REF_PATH="${{REF_PATH:-.}}" ;'
        # Single reads may still carry flags of the mates that they had: 2, 8, 32, 64, 128.
        ' if grep -q \'"layout": "paired"\' {input.checked:q} ; then flags=0 ; else flags=234 ; fi ;'
        " ((samtools view -u -F 2304 --remove-flags $flags -T {input.fasta:q} {input.bam:q}"
        " || {{ echo {input.bam:q}: could not be read to its end, as said above >&2 ; exit 1 ; }})"
        " | (if [ $flags = 0 ] ; then samtools collate -O -u - $scratch.collate | samtools fixmate -u -m - -"
        " ; else cat ; fi)"
        " | samtools sort -u -m 512M -T $scratch.sort -"
        ' | samtools markdup -c -T $scratch.mark -f {output.duplicates:q} - "$part"'
        ' ; mv "$part" {output.bam:q}) 2> {log:q}'


rule filter_alignments:
    input:
        unpack(by_wildcards(reads.counted_before)),
        bam="<data>/alignments/{profile}.rep{replicate}.marked.bam",
        sizes="<data>/genome/chrom.sizes",
    output:
        bam="<data>/alignments/{profile}.rep{replicate}.bam",
        bai="<data>/alignments/{profile}.rep{replicate}.bam.bai",
        reads="<data>/quality/reads/{profile}.rep{replicate}.tsv",
        flagstat="<data>/quality/alignments/{profile}.rep{replicate}.flagstat.txt",
        idxstats="<data>/quality/alignments/{profile}.rep{replicate}.idxstats.txt",
        stats="<data>/quality/alignments/{profile}.rep{replicate}.stats.txt",
    log:
        "<data>/logs/filter_alignments/{profile}.rep{replicate}.log",
    benchmark:
        "<data>/benchmarks/filter_alignments/{profile}.rep{replicate}.tsv"
    group:
        "reads"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=1000, runtime=180),
    params:
        cfg={
            "mapq": config["reads"]["mapq"],
            "mitochondrion": config["genome"]["mitochondrion"],
            "chromosomes": len(RUN.chromosomes),
            **of_run(respelt, RUN.blacklist),
        },
        code=code_digest("filter_alignments"),
    script:
        "../scripts/filter_alignments.py"


rule pool_replicates:
    input:
        bams=by_wildcards(reads.replicate_alignments),
    output:
        bam="<data>/alignments/{profile}.bam",
        bai="<data>/alignments/{profile}.bam.bai",
    log:
        "<data>/logs/pool_replicates/{profile}.log",
    benchmark:
        "<data>/benchmarks/pool_replicates/{profile}.tsv"
    wildcard_constraints:
        profile=one_of(of_run(reads.pooled_whole)),
    group:
        "reads"
    conda:
        "../envs/align.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=1000, runtime=60),
    shell:
        "part=$(dirname {output.bam:q})/.partial$$.$(basename {output.bam:q}) ;"
        " trap 'rm -f \"$part\"' EXIT ;"
        # One replicate is its own pool: a second name for the file where links work, no second copy.
        ' (set -- {input.bams:q} ; samtools quickcheck -v "$@" >&2'
        ' ; if [ $# -gt 1 ]; then samtools merge -c -p -f "$part" "$@"'
        ' ; else ln -f "$1" "$part" || cp "$1" "$part" ; fi'
        ' ; samtools index "$part" {output.bai:q} ; mv "$part" {output.bam:q} ; touch {output.bai:q}) 2> {log:q}'


rule thin_alignments:
    input:
        bams=by_wildcards(reads.replicate_alignments),
    output:
        bam="<data>/alignments/{profile}.bam",
        bai="<data>/alignments/{profile}.bam.bai",
    log:
        "<data>/logs/thin_alignments/{profile}.log",
    benchmark:
        "<data>/benchmarks/thin_alignments/{profile}.tsv"
    wildcard_constraints:
        profile=one_of(of_run(reads.thinned)),
    group:
        "reads"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(runtime=180),
        # the number of each fragment, 8 bytes; a fragment takes some 100 of a BAM file
        mem_mb=lambda wc, input, attempt: (1000 + int(0.4 * input.size_mb)) * attempt,
    params:
        cfg={"fragments": config["reads"]["fragments"], "seed": config["reads"]["fragments_seed"]},
        code=code_digest("thin_alignments"),
    script:
        "../scripts/thin_alignments.py"
