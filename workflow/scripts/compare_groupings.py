"""Hold groupings, and the affinities that some are made from, against the groups that the simulation
planted."""

from epigroup.comparison.planted import compare_groupings
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    compare_groupings(
        snakemake.input.truth,
        list(snakemake.input.groups),
        list(snakemake.input.get("affinities", [])),
        snakemake.output.groupings,
        snakemake.output.affinities,
        snakemake.params.cfg,
    )
