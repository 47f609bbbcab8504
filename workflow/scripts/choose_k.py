"""Say which number of groups stability and validation are for."""

from epigroup.comparison.k_choice import choose_k
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    choose_k(
        list(snakemake.input.sweep),
        list(snakemake.input.measures),
        list(snakemake.input.metrics),
        snakemake.output[0],
        snakemake.params.cfg,
    )
