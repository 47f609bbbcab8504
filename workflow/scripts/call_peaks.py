"""Call the peaks of one profile with MACS2."""

from epigroup.genome_size import read_size, read_sizes
from epigroup.logs import log_to
from epigroup.peak_calling import call_peaks

with log_to(snakemake.log[0]):
    call_peaks(
        snakemake.input.bam,
        snakemake.output.peaks,
        control=snakemake.input.get("control"),
        genome_size=read_size(snakemake.input.bases),
        sizes=read_sizes(snakemake.input.sizes),
        **snakemake.params.cfg,
    )
