"""Score the predictions of one strategy and seed."""

from epigroup.evaluation import evaluate_strategy
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    evaluate_strategy(
        snakemake.input.validation,
        snakemake.input.test,
        snakemake.input.groups,
        snakemake.input.dataset,
        snakemake.output.metrics,
        snakemake.output.blocks,
        snakemake.params.cfg,
    )
