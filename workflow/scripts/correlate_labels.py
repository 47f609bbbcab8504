"""Correlate the tasks' labels over the training bins."""

from epigroup.core.logs import log_to
from epigroup.dataset.label_correlation import correlate_labels

with log_to(snakemake.log[0]):
    correlate_labels(snakemake.input.dataset, snakemake.input.shards, snakemake.output[0])
