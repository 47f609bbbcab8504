"""Fold enrichment and -log10 p of one profile, as bedGraph."""

from epigroup.call_plan import fragment_length
from epigroup.genome_size import read_size, read_sizes
from epigroup.logs import log_to
from epigroup.signal_tracks import make_pileups

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
