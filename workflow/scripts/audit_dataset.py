"""Hold the windows and sequences of the splits, and the targets of the tasks, against one another."""

from epigroup.audit.run_checks import audit_dataset
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    audit_dataset(dict(snakemake.input.items()), snakemake.output[0], snakemake.params.cfg)
