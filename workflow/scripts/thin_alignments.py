"""Draw as many fragments of a profile as all profiles shall have."""

from epigroup.core.logs import log_to
from epigroup.reads.thin import thin_alignments

with log_to(snakemake.log[0]):
    thin_alignments(
        list(snakemake.input.bams),
        snakemake.output.bam,
        snakemake.output.bai,
        profile=snakemake.wildcards.profile,
        **snakemake.params.cfg,
    )
