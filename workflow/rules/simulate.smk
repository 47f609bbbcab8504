# The demo's genome, reads and peaks, with the truth behind them; only where the config has a section `simulation`.
from epigroup.run import simulation


rule simulate_genome:
    output:
        fasta="<results>/simulation/genome.fa",
        groups="<results>/simulation/truth/groups.tsv",
        tasks="<results>/simulation/truth/tasks.tsv",
        rules="<results>/simulation/truth/rules.tsv",
        motifs="<results>/simulation/truth/motifs.tsv",
        sites="<results>/simulation/truth/sites.tsv.gz",
        intervals="<results>/simulation/truth/intervals.tsv.gz",
        probability="<results>/simulation/truth/probability.h5",
        peaks=of_run(simulation.simulated_peaks),
    log:
        "<results>/logs/simulate_genome.log",
    benchmark:
        "<results>/benchmarks/simulate_genome.tsv"
    conda:
        "../envs/simulate.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=2000, runtime=30),
    params:
        cfg=of_run(simulation.genome_settings),
        code=code_digest("simulate_genome"),
    script:
        "../scripts/simulate_genome.py"


rule simulate_reads:
    input:
        fasta="<results>/simulation/genome.fa",
        intervals="<results>/simulation/truth/intervals.tsv.gz",
    output:
        "<results>/simulation/reads/{profile}.rep{replicate}.fastq.gz",
    log:
        "<results>/logs/simulate_reads/{profile}.rep{replicate}.log",
    benchmark:
        "<results>/benchmarks/simulate_reads/{profile}.rep{replicate}.tsv"
    conda:
        "../envs/simulate.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=2000, runtime=30),
    params:
        cfg=by_wildcards(simulation.read_settings),
        code=code_digest("simulate_reads"),
    script:
        "../scripts/simulate_reads.py"


use rule simulate_reads as simulate_pairs with:
    output:
        "<results>/simulation/reads/{profile}.rep{replicate}_1.fastq.gz",
        "<results>/simulation/reads/{profile}.rep{replicate}_2.fastq.gz",
    log:
        "<results>/logs/simulate_pairs/{profile}.rep{replicate}.log",
    benchmark:
        "<results>/benchmarks/simulate_pairs/{profile}.rep{replicate}.tsv"


use rule simulate_reads as simulate_alignments with:
    output:
        "<results>/simulation/alignments/{profile}.bam",
        "<results>/simulation/alignments/{profile}.bam.bai",
    log:
        "<results>/logs/simulate_alignments/{profile}.log",
    benchmark:
        "<results>/benchmarks/simulate_alignments/{profile}.tsv"
