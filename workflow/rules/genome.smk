# FASTA -> genome.h5 (one code a base), the FASTA that aligners see, the lengths of contigs, and checksums of all this.


# Of a FASTA that is fetched the cache between workflows knows nothing but what stands in params.
FETCHED = RUN.sheet.downloads.get(os.path.basename(RUN.fasta))


rule build_genome:
    input:
        fasta=RUN.fasta,
    output:
        codes="<data>/genome/genome.h5",
        fasta="<data>/genome/genome.fa",
        index="<data>/genome/genome.fa.fai",
        sizes="<data>/genome/chrom.sizes",
        contigs="<data>/genome/contigs.tsv",
        checksums="<data>/genome/checksums.json",
    log:
        "<data>/logs/build_genome/genome.log",
    benchmark:
        "<data>/benchmarks/build_genome/genome.tsv"
    cache: CACHED
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=2000, runtime=60),
    params:
        **({"fetched": untracked([FETCHED.place, FETCHED.checksum])} if FETCHED else {}),
        cfg=settings("genome"),
        # Another name for the same sequence, or reads beside peaks, make no other genome.
        checks=untracked({"assembly": config["genome"]["assembly"], "longest": RUN.longest}),
        code=code_digest("build_genome"),
    script:
        "../scripts/build_genome.py"
