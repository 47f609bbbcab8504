"""Hold groupings and scores against what the simulation planted."""

from epigroup.logs import log_to
from epigroup.truth import compare_with_truth

with log_to(snakemake.log[0]):
    compare_with_truth(
        snakemake.input.truth,
        snakemake.input.probability,
        snakemake.input.dataset,
        list(snakemake.input.shards),
        list(snakemake.input.groups),
        list(snakemake.input.metrics),
        snakemake.output.truth,
        snakemake.output.ceiling,
        snakemake.params.cfg,
    )
