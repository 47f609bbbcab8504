"""Run the checks of a whole run, and gather all verdicts."""

from epigroup.audit.run_checks import audit_run
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    audit_run(
        dict(snakemake.input.items()),
        snakemake.output.table,
        snakemake.output.details,
        snakemake.params.cfg,
    )
