"""Group the tasks by one method."""

from epigroup.core.logs import log_to
from epigroup.grouping.make_grouping import GroupingFiles, make_grouping

with log_to(snakemake.log[0]):
    make_grouping(
        snakemake.output.groups,
        snakemake.output.measures,
        snakemake.params.cfg,
        name=snakemake.wildcards.grouping,
        seed=int(snakemake.wildcards.seed),
        files=GroupingFiles(
            heads=snakemake.input.get("heads", []),
            covariance=snakemake.input.get("covariance", []),
            labels=snakemake.input.get("labels"),
            affinity=snakemake.input.get("affinity"),
            like=snakemake.input.get("like"),
            table=snakemake.input.get("table"),
        ),
    )
