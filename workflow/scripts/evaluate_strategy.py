"""Score the predictions of one strategy and seed."""

from epigroup.evaluation import evaluate_strategy
from epigroup.logs import log_to
from epigroup.signal_evaluation import evaluate_signals

with log_to(snakemake.log[0]):
    evaluate = evaluate_signals if snakemake.params.cfg["targets"] == "signal" else evaluate_strategy
    evaluate(
        snakemake.input.validation,
        snakemake.input.test,
        snakemake.input.groups,
        snakemake.input.dataset,
        snakemake.output.metrics,
        snakemake.output.blocks,
        snakemake.params.cfg,
    )
