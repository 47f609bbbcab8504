"""The signals of one profile as bigWig."""

from epigroup.bedgraph import write_bigwig
from epigroup.genome_size import read_sizes
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    sizes = read_sizes(snakemake.input.sizes)
    for name in ("enrichment", "pvalue"):
        write_bigwig(snakemake.input[name], snakemake.output[name], sizes)
