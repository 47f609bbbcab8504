"""Hold the groups against assay, depth and number of peaks."""

from epigroup.comparison.confounders import find_confounders
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    find_confounders(
        list(snakemake.input.groups),
        snakemake.input.tasks,
        list(snakemake.input.fastp),
        list(snakemake.input.flagstat),
        snakemake.output[0],
        snakemake.params.cfg,
    )
