"""The peaks of every profile as bigBed, for the track hub."""

from epigroup.contigs import read_contigs
from epigroup.logs import log_to
from epigroup.peak_tracks import write_peak_tracks

with log_to(snakemake.log[0]):
    sizes, _ = read_contigs(snakemake.input.contigs)
    write_peak_tracks(snakemake.input.peaks, snakemake.output, sizes)
