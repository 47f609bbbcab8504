"""Average what a choice's members say of the training examples."""

from epigroup.comparison.averages import average_training
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    average_training(
        list(snakemake.input.train), snakemake.input.weights, snakemake.output[0], snakemake.params.cfg
    )
