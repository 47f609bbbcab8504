"""FASTA -> codes of the chosen chromosomes, their FASTA for aligners, and lengths."""

from epigroup.core.logs import log_to
from epigroup.genome.build import GenomeFiles, write_genome

with log_to(snakemake.log[0]):
    write_genome(
        snakemake.input.fasta,
        snakemake.output.codes,
        beside=GenomeFiles(
            aligner_fasta=snakemake.output.fasta,
            sizes=snakemake.output.sizes,
            contigs=snakemake.output.contigs,
            checksums=snakemake.output.checksums,
        ),
        **snakemake.params.cfg,
        **snakemake.params.checks.value,
    )
