"""Score one strategy and seed stratum by stratum."""

from epigroup.core.logs import log_to
from epigroup.strata.score import score_strata

with log_to(snakemake.log[0]):
    score_strata(
        snakemake.input.test,
        snakemake.input.metrics,
        snakemake.input.strata,
        snakemake.input.dataset,
        dict(snakemake.output.items()),
        snakemake.params.cfg,
    )
