"""The signals of one profile as bigWig."""

from epigroup.core.logs import log_to
from epigroup.formats.bedgraph import write_bigwig
from epigroup.genome.sizes import read_sizes

with log_to(snakemake.log[0]):
    sizes = read_sizes(snakemake.input.sizes)
    for name in ("enrichment", "pvalue"):
        write_bigwig(snakemake.input[name], snakemake.output[name], sizes)
