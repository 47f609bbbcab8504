"""A profile's peaks, of whatever source, in the one form that all later steps read."""

from epigroup.contigs import read_contigs
from epigroup.intervals import standardise_peaks
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    every, chosen = read_contigs(snakemake.input.contigs)
    out, intervals = snakemake.output.peaks, snakemake.output.intervals
    standardise_peaks(snakemake.input.peaks, out, intervals, every, chosen, **snakemake.params.cfg)
