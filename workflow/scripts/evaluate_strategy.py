"""Score the predictions of one strategy and seed."""

from epigroup.core.logs import log_to
from epigroup.evaluation.predictions import evaluate_strategy
from epigroup.evaluation.score_points import write_points
from epigroup.evaluation.signal_predictions import evaluate_signals

with log_to(snakemake.log[0]):
    files = [snakemake.input[name] for name in ("validation", "test", "groups", "dataset")]
    files += [snakemake.output.metrics, snakemake.output.blocks]
    if snakemake.params.cfg["targets"] == "signal":
        evaluate_signals(*files, snakemake.params.cfg)
        write_points(snakemake.output.points, {})  # a signal has no calls, hence no such curves
    else:
        evaluate_strategy(*files, snakemake.params.cfg, snakemake.output.points)
