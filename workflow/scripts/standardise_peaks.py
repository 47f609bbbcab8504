"""Where the peaks of every profile lie, of whatever source, in the one form from which bins are labelled."""

from epigroup.core.checksums import verify_files
from epigroup.core.logs import log_to
from epigroup.genome.contigs import read_contigs
from epigroup.peaks.standard import for_each_profile, standardise_peaks, write_index

with log_to(snakemake.log[0]):
    verify_files(snakemake.params.checksums)
    every, chosen = read_contigs(snakemake.input.contigs)
    checks = for_each_profile(
        standardise_peaks,
        snakemake.input.peaks,
        snakemake.output.intervals,
        every,
        chosen,
        threads=snakemake.threads,
        unlikely=snakemake.params.unlikely,
        **snakemake.params.cfg,
    )
    write_index(snakemake.output.index, snakemake.output.intervals, checks)
