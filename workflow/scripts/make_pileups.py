"""Fold enrichment and -log10 p of one profile, as bedGraph."""

from epigroup.core.logs import log_to
from epigroup.genome.sizes import read_size, read_sizes
from epigroup.peaks.macs_arguments import fragment_length
from epigroup.peaks.pileups import make_pileups

with log_to(snakemake.log[0]):
    cfg = dict(snakemake.params.cfg)
    make_pileups(
        snakemake.input.bam,
        dict(snakemake.output.items()),
        control=snakemake.input.get("control"),
        genome_size=read_size(snakemake.input.bases),
        sizes=read_sizes(snakemake.input.sizes),
        fragment=fragment_length(snakemake.input.get("strands"), cfg.pop("extsize")),
        **cfg,
    )
