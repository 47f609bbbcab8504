"""Make the reads of one replicate of a simulated profile."""

from epigroup.core.logs import log_to
from epigroup.simulation.reads import simulate_reads

with log_to(snakemake.log[0]):
    cfg = dict(snakemake.params.cfg)
    profile, replicate = cfg.pop("profile"), cfg.pop("replicate")
    simulate_reads(
        snakemake.input.fasta, snakemake.input.intervals, list(snakemake.output), profile, replicate, cfg
    )
