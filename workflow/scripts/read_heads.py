"""Collect the head weights of a network of all tasks."""

from epigroup.core.logs import log_to
from epigroup.networks.head_weights import write_heads

with log_to(snakemake.log[0]):
    write_heads(snakemake.input.models, snakemake.output[0])
