"""Choose the learning rate of each group from its trials."""

from epigroup.core.logs import log_to
from epigroup.search.rates import choose_rates

with log_to(snakemake.log[0]):
    choose_rates(
        snakemake.input.trials,
        snakemake.input.groups,
        strategy=snakemake.wildcards.strategy,
        **snakemake.params.cfg,
        rates_out=snakemake.output.rates,
        trials_out=snakemake.output.trials,
    )
