"""The examples of one chromosome, with the labels of all tasks."""

from epigroup.core.logs import log_to
from epigroup.dataset.make_shard import make_shard

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
