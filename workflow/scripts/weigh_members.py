"""Find the weights of a choice that averages."""

from epigroup.comparison.averages import weigh_members
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    weigh_members(
        list(snakemake.input.validation), snakemake.input.dataset, snakemake.output[0], snakemake.params.cfg
    )
