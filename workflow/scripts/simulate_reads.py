"""Make the reads of one replicate of a simulated profile."""

from epigroup.core.logs import log_to
from epigroup.core.settings import read_settings
from epigroup.simulation.reads import simulate_reads
from epigroup.simulation.settings import ReadSettings

with log_to(snakemake.log[0]):
    cfg = dict(snakemake.params.cfg)
    profile, replicate = cfg.pop("profile"), cfg.pop("replicate")
    simulate_reads(
        snakemake.input.fasta,
        snakemake.input.intervals,
        list(snakemake.output),
        profile,
        replicate,
        read_settings(ReadSettings, cfg, "simulation"),
    )
