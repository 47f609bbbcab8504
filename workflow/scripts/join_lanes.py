"""Join the lanes of one replicate, first or second mates."""

from epigroup.core.logs import log_to
from epigroup.reads.lanes import join_lanes

with log_to(snakemake.log[0]):
    join_lanes(snakemake.input.reads, snakemake.output.reads)
