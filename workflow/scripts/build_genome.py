"""FASTA -> codes of the chosen chromosomes, their FASTA for aligners, and lengths."""

from epigroup.core.logs import log_to
from epigroup.genome.build import write_genome

with log_to(snakemake.log[0]):
    write_genome(
        snakemake.input.fasta,
        snakemake.output.codes,
        aligner_fasta=snakemake.output.fasta,
        sizes=snakemake.output.sizes,
        contigs=snakemake.output.contigs,
        checksums=snakemake.output.checksums,
        **snakemake.params.cfg,
        **snakemake.params.checks.value,
    )
