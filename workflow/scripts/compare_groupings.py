"""Hold groupings, and the affinities that some are made from, against the groups that the simulation
planted."""

from epigroup.logs import log_to
from epigroup.truth import compare_groupings

with log_to(snakemake.log[0]):
    compare_groupings(
        snakemake.input.truth,
        list(snakemake.input.groups),
        list(snakemake.input.get("affinities", [])),
        snakemake.output.groupings,
        snakemake.output.affinities,
        snakemake.params.cfg,
    )
