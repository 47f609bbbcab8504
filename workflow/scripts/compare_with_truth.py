"""Hold scores against the probabilities that the simulation planted."""

from epigroup.comparison.planted import compare_with_truth
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    compare_with_truth(
        snakemake.input.probability,
        snakemake.input.dataset,
        list(snakemake.input.shards),
        list(snakemake.input.metrics),
        snakemake.output[0],
        snakemake.params.cfg,
    )
