"""Choose the profiles of the patience study."""

from epigroup.core.logs import log_to
from epigroup.patience.study import write_profiles

with log_to(snakemake.log[0]):
    write_profiles(snakemake.input.dataset, snakemake.output[0], **snakemake.params.cfg)
