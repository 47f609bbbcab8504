"""The peaks of every profile as bigBed, for the track hub."""

from epigroup.core.logs import log_to
from epigroup.genome.contigs import read_contigs
from epigroup.tracks.bigbed_tracks import write_peak_tracks

with log_to(snakemake.log[0]):
    sizes, _ = read_contigs(snakemake.input.contigs)
    write_peak_tracks(snakemake.input.peaks, snakemake.output, sizes)
