"""Where a profile's peaks lie, of whatever source, in the one form from which all bins are labelled."""

from epigroup.contigs import read_contigs
from epigroup.logs import log_to
from epigroup.standard_peaks import standardise_peaks

with log_to(snakemake.log[0]):
    every, chosen = read_contigs(snakemake.input.contigs)
    standardise_peaks(
        snakemake.input.peaks, snakemake.output.intervals, every, chosen, **snakemake.params.cfg
    )
