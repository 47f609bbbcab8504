"""Put the test bins into strata."""

from epigroup.core.logs import log_to
from epigroup.strata.bins import stratify_bins

with log_to(snakemake.log[0]):
    stratify_bins(
        snakemake.input.dataset,
        snakemake.input.shards,
        snakemake.input.genome,
        snakemake.input.get("gtf") or None,
        snakemake.output[0],
        snakemake.params.cfg,
        **snakemake.params.names,
    )
