"""Hold all strategies and seeds against each other."""

from epigroup.comparison.strategies import compare_strategies
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    compare_strategies(
        list(snakemake.input.metrics),
        list(snakemake.input.blocks),
        list(snakemake.input.groups),
        dict(snakemake.output.items()),
        snakemake.params.cfg,
    )
