"""Hold the groups against sets of tasks that are known to belong together."""

from epigroup.comparison.known_sets import find_known_sets
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    find_known_sets(
        list(snakemake.input.groups),
        snakemake.input.tasks,
        snakemake.input.known,
        snakemake.output[0],
        snakemake.params.cfg,
    )
