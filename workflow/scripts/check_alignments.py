"""Check that a BAM file of the sheet is whole and was aligned to this genome."""

from epigroup.checksums import verify_files
from epigroup.genome_size import read_sizes
from epigroup.given_alignments import check_alignments, write_contigs
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    verify_files(snakemake.params.checksums)
    sizes = read_sizes(snakemake.input.sizes)
    contigs = check_alignments(snakemake.input.bam, sizes, **snakemake.params.cfg)
    write_contigs(snakemake.output.contigs, contigs)
