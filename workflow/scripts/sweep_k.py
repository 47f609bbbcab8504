"""Group the tasks by several methods for several numbers of groups."""

from epigroup.core.logs import log_to
from epigroup.grouping.sweep import sweep_k

with log_to(snakemake.log[0]):
    sweep_k(
        snakemake.input.heads,
        snakemake.output[0],
        snakemake.params.cfg,
        seed=int(snakemake.wildcards.seed),
        covariance=snakemake.input.get("covariance"),
        labels=snakemake.input.get("labels"),
        truth=snakemake.input.get("truth"),
    )
