"""Count the bases of the genome that are not N."""

from epigroup.core.logs import log_to
from epigroup.genome.codes import open_genome
from epigroup.genome.sizes import count_bases, write_size

with log_to(snakemake.log[0]) as log:
    genome = open_genome(snakemake.input.genome)
    bases = count_bases(genome.codes(chrom) for chrom in genome.sizes)
    log.info("%d of %d bases are not N", bases, sum(genome.sizes.values()))
    write_size(snakemake.output.bases, bases)
