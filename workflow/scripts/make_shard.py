"""The examples of one chromosome, with the labels of all tasks."""

from epigroup.labelling import make_shard
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    make_shard(
        snakemake.input.genome,
        snakemake.params.peaks,
        snakemake.output.shard,
        chrom=snakemake.wildcards.chrom,
        index=snakemake.input.index,
        signals=list(snakemake.input.get("signals") or []),
        **snakemake.params.cfg,
    )
