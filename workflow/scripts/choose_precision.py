"""Choose the precision of the trainings on one device."""

from epigroup.logs import log_to
from epigroup.precision import choose_precision

with log_to(snakemake.log[0]):
    choose_precision(snakemake.output[0], snakemake.params.cfg.value, snakemake.threads)
