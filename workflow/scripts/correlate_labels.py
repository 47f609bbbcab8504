"""Correlate the tasks' labels over the training bins."""

from epigroup.label_correlation import correlate_labels
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    correlate_labels(snakemake.input.dataset, snakemake.input.shards, snakemake.output[0])
