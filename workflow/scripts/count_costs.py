"""Count what each strategy cost to train."""

from epigroup.comparison.costs import count_costs
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    count_costs(
        list(snakemake.input.curves),
        list(snakemake.input.groups),
        snakemake.output[0],
        snakemake.params.cfg,
        trials=list(snakemake.input.trials),
        affinities=list(snakemake.input.affinities),
    )
