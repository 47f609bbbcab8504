"""Average the predictions of a choice's members."""

from epigroup.comparison.averages import average_members
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    average_members(
        list(snakemake.input.validation),
        list(snakemake.input.test),
        snakemake.input.weights,
        dict(snakemake.output.items()),
        snakemake.params.cfg,
    )
