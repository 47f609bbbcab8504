"""Call the peaks of one profile with MACS."""

from epigroup.core.logs import log_to
from epigroup.genome.sizes import read_size, read_sizes
from epigroup.peaks.macs import call_peaks
from epigroup.peaks.macs_arguments import fragment_length

with log_to(snakemake.log[0]):
    cfg = dict(snakemake.params.cfg)
    call_peaks(
        snakemake.input.bam,
        snakemake.output.peaks,
        control=snakemake.input.get("control"),
        genome_size=read_size(snakemake.input.bases),
        sizes=read_sizes(snakemake.input.sizes),
        fragment=fragment_length(snakemake.input.get("strands"), cfg.pop("extsize")),
        **cfg,
    )
