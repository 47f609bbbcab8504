"""Mark the tasks whose networks do no better than a baseline."""

from epigroup.baselines.mark_tasks import mark_tasks
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    mark_tasks(
        snakemake.input.metrics,
        snakemake.input.baselines,
        snakemake.input.blocks,
        snakemake.input.baseline_blocks,
        snakemake.output.scores,
        snakemake.output.marks,
        snakemake.output.red_line,
        snakemake.params.cfg,
    )
