"""Run the checks of a whole run, and gather all verdicts."""

from epigroup.audit.make import audit_run
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    audit_run(
        dict(snakemake.input.items()),
        snakemake.output.table,
        snakemake.output.details,
        snakemake.params.cfg,
    )
