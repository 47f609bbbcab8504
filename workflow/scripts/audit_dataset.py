"""Hold the windows and sequences of the splits, and the targets of the tasks, against one another."""

from epigroup.audit.make import audit_dataset
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    audit_dataset(dict(snakemake.input.items()), snakemake.output[0], snakemake.params.cfg)
