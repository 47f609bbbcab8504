"""Check that a BAM or CRAM file of the sheet is whole, was aligned to this genome, and holds reads that can be used."""

from epigroup.core.checksums import verify_files
from epigroup.core.logs import log_to
from epigroup.genome.sizes import read_sizes
from epigroup.reads.given_alignments import check_alignments, write_given

with log_to(snakemake.log[0]):
    verify_files(snakemake.params.checksums.value)
    given, made = snakemake.input, snakemake.output
    assembly, cfg = snakemake.params.assembly.value, snakemake.params.cfg
    found = check_alignments(given.bam, read_sizes(given.sizes), assembly, fasta=given.fasta, **cfg)
    write_given(made.contigs, made.facts, *found)
