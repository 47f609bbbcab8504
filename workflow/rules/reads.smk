# Reads to alignments: checked, trimmed, aligned, duplicates marked.
# What is done to the reads of a profile is one job of a cluster, whose time is the sum of its stages': within a day, the
# most that many partitions give, for the 40 million pairs of a deep profile.
from epigroup.run.data import reads


rule check_fastq:
    input:
        unpack(by_wildcards(reads.lanes)),
    output:
        facts="<data>/quality/fastq/{profile}.rep{replicate}.json",
    log:
        "<data>/logs/check_fastq/{profile}.rep{replicate}.log",
    benchmark:
        "<data>/benchmarks/check_fastq/{profile}.rep{replicate}.tsv"
    wildcard_constraints:
        profile=one_of(RUN.of_kind("fastq")),
    # Before all else, so that a bad file stops nothing that has taken hours. On a cluster it is the first step of its
    # profile's job: jobs of their own would be twice as many.
    priority: 100
    group:
        "reads"
    conda:
        "../envs/fastq.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500, runtime=30),
    params:
        # One that is given later is compared when the file is next read.
        checksums=untracked(by_wildcards(reads.known_checksums)),
        # A check that knows more makes no other reads: it looks at new files alone.
        code=untracked(code_digest("check_fastq")),
    script:
        "../scripts/check_fastq.py"


# The lanes of a replicate, one behind the other; several gzip files in a row are one.
rule join_lanes:
    input:
        reads=by_wildcards(reads.lanes_of_mate),
        checked=rules.check_fastq.output.facts,
    output:
        reads=temp("<data>/reads/lanes/{profile}.rep{replicate}_{mate}.fastq.gz"),
    log:
        "<data>/logs/join_lanes/{profile}.rep{replicate}_{mate}.log",
    benchmark:
        "<data>/benchmarks/join_lanes/{profile}.rep{replicate}_{mate}.tsv"
    wildcard_constraints:
        profile=one_of(of_run(reads.in_lanes)),
        mate="[12]",
    group:
        "reads"
    conda:
        "../envs/fastq.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500, runtime=60),
    params:
        code=code_digest("join_lanes"),
    script:
        "../scripts/join_lanes.py"


rule trim_reads:
    input:
        reads=by_wildcards(reads.fastq),
        checked=rules.check_fastq.output.facts,
    output:
        # Mates leave fastp interleaved, so that both layouts are one file and one rule.
        reads=temp("<data>/reads/{profile}.rep{replicate}.fastq.gz"),
        json="<data>/quality/fastp/{profile}.rep{replicate}.json",
        html="<data>/quality/fastp/{profile}.rep{replicate}.html",
    log:
        "<data>/logs/trim_reads/{profile}.rep{replicate}.log",
    benchmark:
        "<data>/benchmarks/trim_reads/{profile}.rep{replicate}.tsv"
    wildcard_constraints:
        profile=one_of(RUN.of_kind("fastq")),
    group:
        "reads"
    conda:
        "../envs/align.yaml"
    threads: min(2, config["reads"]["threads"])
    resources:
        **by_attempt(mem_mb=2000, runtime=120),
    params:
        cfg=by_wildcards(reads.trim_arguments),
    shell:
        "part=$(dirname {output.reads:q})/.partial$$.$(basename {output.reads:q}) ;"
        " trap 'rm -f \"$part\"' EXIT ;"
        # Several workers of fastp write to standard output in the order in which they end.
        " (fastp --in1 {input.reads[0]:q} {params.cfg:q} --stdout --thread 1 --json {output.json:q}"
        " --html {output.html:q} --report_title {wildcards.profile:q}"
        ' | gzip -1 > "$part"'
        # fastp ends well when a gzip file ends early.
        " ; awk -F '[:,]' '$1 ~ \"records\" {{want += $2}}"
        ' $1 ~ "total_reads" && !seen++ {{have = $2}} END {{exit want != have}}\''
        " {input.checked:q} {output.json:q}"
        " || {{ echo {input.reads:q}: fewer reads than when they were checked: the file is cut or damaged >&2 ;"
        ' exit 1 ; }} ; mv "$part" {output.reads:q}) 2> {log:q}'


rule index_genome:
    input:
        **ALIGNER_FASTA,
        lengths="<data>/genome/genome.fa.fai",
    output:
        # Six files .bt2 or, above 4 billion bases, .bt2l, as bowtie2-build sees fit; and their checksums in genome.cksum,
        # for bowtie2 aligns to a damaged index without a word.
        index=directory("<data>/genome/index"),
    log:
        "<data>/logs/index_genome.log",
    benchmark:
        "<data>/benchmarks/index_genome.tsv"
    cache: CACHED
    conda:
        "../envs/align.yaml"
    threads: config["reads"]["threads"]
    resources:
        **by_attempt(runtime=480),
        # Bytes a base, see docs/reference/resources.md.
        mem_mb=lambda wc, input, attempt: max(8000, 5 * int(size_mb(input.fasta))) * attempt,
    shell:
        "part=$(dirname {output.index:q})/.partial$$.$(basename {output.index:q}) ;"
        " trap 'rm -rf \"$part\"' EXIT ;"
        " (awk -v bytes=$(wc -c < {input.fasta:q})"
        " 'END {{exit !($4 > 0 && bytes == $3 + $2 + int(($2 + $4 - 1) / $4) * ($5 - $4))}}' {input.lengths:q}"
        " || {{ echo {input.fasta:q}: is not as long as {input.lengths:q} says: delete both and run again ; exit 1 ; }}"
        ' ; mkdir "$part" ; bowtie2-build --threads {threads} {input.fasta:q} "$part/genome"'
        ' ; (cd "$part" ; cksum genome.*.bt2* > genome.cksum)'
        ' ; rm -rf {output.index:q} ; mv "$part" {output.index:q}) > {log:q} 2>&1'


rule align_reads:
    input:
        reads=by_wildcards(reads.to_align),
        checked=rules.check_fastq.output.facts,
        index=rules.index_genome.output.index,
    output:
        bam=temp("<data>/alignments/{profile}.rep{replicate}.marked.bam"),
        duplicates="<data>/quality/alignments/{profile}.rep{replicate}.markdup.txt",
    log:
        "<data>/logs/align_reads/{profile}.rep{replicate}.log",
    benchmark:
        "<data>/benchmarks/align_reads/{profile}.rep{replicate}.tsv"
    wildcard_constraints:
        profile=one_of(RUN.of_kind("fastq")),
    group:
        "reads"
    conda:
        "../envs/align.yaml"
    threads: config["reads"]["threads"]
    resources:
        # The index is shared by memory map; the rest is sorting.
        **by_attempt(mem_mb=4000),
        runtime=lambda wc, threads, attempt: min(960, 2400 // threads) * attempt,
    params:
        cfg=by_wildcards(reads.align_arguments),
    shell:
        "part=$(dirname {output.bam:q})/.partial$$.$(basename {output.bam:q}) ;"
        " scratch={resources.tmpdir:q}/{wildcards.profile}.rep{wildcards.replicate}.$$ ;"
        ' trap \'rm -f "$part" "$scratch".*\' EXIT ;'
        " ((cd {input.index:q} ; cksum genome.*.bt2* | diff genome.cksum -) >&2"
        " || {{ echo {input.index:q}: the index is not that of its genome.cksum: delete this folder and run again >&2"
        " ; exit 1 ; }}"
        ' ; for reads in {input.reads:q}; do case "$reads" in *.gz) gzip -t "$reads" ;; esac ; done'
        " ; bowtie2 --very-sensitive --mm --reorder --threads {threads} -x {input.index:q}/genome {params.cfg:q}"
        " --rg-id {wildcards.profile:q}.rep{wildcards.replicate} --rg SM:{wildcards.profile:q}"
        # Single reads have no mates: fixmate would take those of one name for a pair.
        " | (if [ {params.cfg[0]:q} = -U ] ; then cat ; else samtools fixmate -u -m - - ; fi)"
        " | samtools sort -u -m 512M -T $scratch.sort -"
        ' | samtools markdup -T $scratch.mark -f {output.duplicates:q} - "$part"'
        ' ; mv "$part" {output.bam:q}) 2> {log:q}'
