"""Call the peaks of one profile with MACS."""

from epigroup.call_plan import fragment_length
from epigroup.genome_size import read_size, read_sizes
from epigroup.logs import log_to
from epigroup.peak_calling import call_peaks

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
