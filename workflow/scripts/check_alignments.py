"""Check that a BAM file of the sheet is whole and was aligned to this genome."""

from epigroup.alignments import check_alignments, read_sizes, write_contigs
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    sizes = read_sizes(snakemake.input.sizes)
    contigs = check_alignments(snakemake.input.bam, sizes, **snakemake.params.cfg)
    write_contigs(snakemake.output.contigs, contigs)
