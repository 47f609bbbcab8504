"""Hold the scores by stratum of all strategies and seeds side by side."""

from epigroup.core.logs import log_to
from epigroup.strata.compare import compare_strata

with log_to(snakemake.log[0]):
    compare_strata(
        snakemake.input.tables,
        snakemake.input.correlations,
        snakemake.input.samples,
        snakemake.input.strata,
        snakemake.input.dataset,
        dict(snakemake.output.items()),
        snakemake.params.cfg,
    )
