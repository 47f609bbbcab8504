"""Choose a strategy for each task by validation."""

from epigroup.comparison.best_of import choose_strategies
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    choose_strategies(
        list(snakemake.input.metrics),
        list(snakemake.input.blocks),
        dict(snakemake.output.items()),
        snakemake.params.cfg,
    )
