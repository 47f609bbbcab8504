# The demo's genome, reads and peaks, with the truth behind them; only where the config has a section `simulation`.
from epigroup.run.data import simulation


rule simulate_genome:
    output:
        fasta="<data>/simulation/genome.fa",
        groups="<data>/simulation/truth/groups.tsv",
        tasks="<data>/simulation/truth/tasks.tsv",
        rules="<data>/simulation/truth/rules.tsv",
        motifs="<data>/simulation/truth/motifs.tsv",
        sites="<data>/simulation/truth/sites.tsv.gz",
        intervals="<data>/simulation/truth/intervals.tsv.gz",
        probability="<data>/simulation/truth/probability.h5",
        peaks=of_run(simulation.simulated_peaks),
    log:
        "<data>/logs/simulate_genome.log",
    benchmark:
        "<data>/benchmarks/simulate_genome.tsv"
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
        fasta="<data>/simulation/genome.fa",
        intervals="<data>/simulation/truth/intervals.tsv.gz",
    output:
        "<data>/simulation/reads/{profile}.rep{replicate}.fastq.gz",
    log:
        "<data>/logs/simulate_reads/{profile}.rep{replicate}.log",
    benchmark:
        "<data>/benchmarks/simulate_reads/{profile}.rep{replicate}.tsv"
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
        "<data>/simulation/reads/{profile}.rep{replicate}_1.fastq.gz",
        "<data>/simulation/reads/{profile}.rep{replicate}_2.fastq.gz",
    log:
        "<data>/logs/simulate_pairs/{profile}.rep{replicate}.log",
    benchmark:
        "<data>/benchmarks/simulate_pairs/{profile}.rep{replicate}.tsv"


use rule simulate_reads as simulate_alignments with:
    output:
        "<data>/simulation/alignments/{profile}.bam",
        "<data>/simulation/alignments/{profile}.bam.bai",
    log:
        "<data>/logs/simulate_alignments/{profile}.log",
    benchmark:
        "<data>/benchmarks/simulate_alignments/{profile}.tsv"
