# Alignments, ours or given, to what peaks are called on: given ones checked, all filtered, replicates pooled.


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
    priority: 100
    group:
        "reads"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 500 * attempt,
        runtime=lambda wc, attempt: 30 * attempt,
    params:
        cfg={"assembly": config["genome"]["assembly"]},
        checksums=lambda wc, input: checksums_of([input.bam]),
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
    group:
        "reads"
    conda:
        "../envs/align.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 3000 * attempt,
        runtime=lambda wc, attempt: 480 * attempt,
    shell:
        # BAM files appear under their name when whole, as what python writes does: a job that outlived its Snakemake
        # must not write into the file of the job that was started anew.
        "part=$(dirname {output.bam:q})/.partial$$.$(basename {output.bam:q}) ;"
        " scratch={resources.tmpdir:q}/{wildcards.profile}.rep{wildcards.replicate}.$$ ;"
        ' trap \'rm -f "$part" "$scratch".*\' EXIT ;'
        " ((samtools collate -O -u {input.bam:q} $scratch.collate"
        " || {{ echo {input.bam:q}: could not be read to its end, as said above >&2 ; exit 1 ; }})"
        " | samtools fixmate -u -m - -"
        " | samtools sort -u -m 512M -T $scratch.sort -"
        ' | samtools markdup -c -T $scratch.mark -f {output.duplicates:q} - "$part"'
        ' ; mv "$part" {output.bam:q}) 2> {log:q}'


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
    group:
        "reads"
    conda:
        "../envs/align.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 1000 * attempt,
        runtime=lambda wc, attempt: 120 * attempt,
    params:
        cfg=filter_settings,
    shell:
        "part=$(dirname {output.bam:q})/.partial$$.$(basename {output.bam:q}) ;"
        " listed={resources.tmpdir:q}/{wildcards.profile}.rep{wildcards.replicate}.$$.blacklisted ;"
        ' trap \'rm -f "$part" "$listed"\' EXIT ;'
        # A file cut between two blocks reads well to its end.
        " (samtools quickcheck -v {input.bam:q} >&2"
        " ; [ $(wc -l < {input.sizes:q}) -eq {params.cfg[chromosomes]} ]"
        " || {{ echo {input.sizes:q}: is cut short: delete it and run again >&2 ; exit 1 ; }}"
        " ; samtools flagstat {input.bam:q} > {output.flagstat:q}"
        " ; samtools idxstats {input.bam:q} > {output.idxstats:q}"
        " ; samtools stats {input.bam:q} > {output.stats:q}"
        # Without a blacklist :q gives nothing at all, and `[ -n ]` would be true.
        " ; if [ -n {params.cfg[blacklist]:q}'' ]; then"
        " samtools view -F 1804 -q {params.cfg[mapq]} -L {params.cfg[blacklist]:q} {input.bam:q}"
        ' | cut -f 1 > "$listed" ; fi'
        " ; samtools view -u -F 1804 -q {params.cfg[mapq]} -e {params.cfg[keep]:q}"
        " -L <(awk -v OFS='\t' -v mito={params.cfg[mitochondrion]:q} '$1 != mito {{print $1, 0, $2}}'"
        " {input.sizes:q}) {input.bam:q}"
        # Mates have one name: a pair goes whole when either lies in the blacklist. What -N does not select goes on.
        " | (if [ -n {params.cfg[blacklist]:q}'' ]; then"
        ' samtools view -u -N "$listed" -U /dev/stdout -o /dev/null - ; else cat ; fi)'
        ' | samtools view -b -o "$part" -'
        ' ; samtools index "$part" {output.bai:q} ; mv "$part" {output.bam:q}'
        # An index must not be older than what it indexes.
        " ; touch {output.bai:q}) 2> {log:q}"


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
    group:
        "reads"
    conda:
        "../envs/align.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 1000 * attempt,
        runtime=lambda wc, attempt: 60 * attempt,
    shell:
        "part=$(dirname {output.bam:q})/.partial$$.$(basename {output.bam:q}) ;"
        " trap 'rm -f \"$part\"' EXIT ;"
        # One replicate is its own pool: a second name for the file where links work, no second copy.
        ' (set -- {input.bams:q} ; samtools quickcheck -v "$@" >&2'
        ' ; if [ $# -gt 1 ]; then samtools merge -c -p -f "$part" "$@"'
        ' ; else ln -f "$1" "$part" || cp "$1" "$part" ; fi'
        ' ; samtools index "$part" {output.bai:q} ; mv "$part" {output.bam:q} ; touch {output.bai:q}) 2> {log:q}'
