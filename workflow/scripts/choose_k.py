"""Say which number of groups stability and validation are for."""

from epigroup.k_choice import choose_k
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    choose_k(
        list(snakemake.input.sweep),
        list(snakemake.input.measures),
        list(snakemake.input.metrics),
        snakemake.output[0],
        snakemake.params.cfg,
    )
