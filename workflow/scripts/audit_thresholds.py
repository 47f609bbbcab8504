"""Find each task's threshold again from the validation predictions."""

from epigroup.audit.thresholds import hold_thresholds
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    hold_thresholds(
        snakemake.input.validation,
        snakemake.input.test,
        snakemake.input.metrics,
        snakemake.input.dataset,
        snakemake.output[0],
        snakemake.params.cfg,
    )
