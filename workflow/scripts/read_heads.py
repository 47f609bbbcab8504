"""Collect the head weights of a network of all tasks."""

from epigroup.heads import write_heads
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    write_heads(snakemake.input.models, snakemake.output[0])
