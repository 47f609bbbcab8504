"""Hold all strategies against each other over folds, seeds and random groupings."""

from epigroup.comparison.units import compare_units
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    files = dict(snakemake.input.items())
    compare_units(
        {fold: (files[f"metrics_{fold}"], files[f"blocks_{fold}"]) for fold in snakemake.params.cfg["folds"]},
        snakemake.output.units,
        snakemake.output.gains,
        snakemake.params.cfg,
    )
