"""The peaks of every profile, of whatever source, as sorted and indexed narrowPeak."""

from epigroup.core.logs import log_to
from epigroup.genome.contigs import read_contigs
from epigroup.peaks.standard import for_each_profile, index_peaks

with log_to(snakemake.log[0]):
    every, chosen = read_contigs(snakemake.input.contigs)
    for_each_profile(
        index_peaks,
        snakemake.input.peaks,
        snakemake.output.peaks,
        every,
        chosen,
        threads=snakemake.threads,
        unlikely=snakemake.params.unlikely,
        **snakemake.params.cfg,
    )
