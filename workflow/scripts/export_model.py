"""Take one group's model out of its pack."""

from epigroup.export import export_model
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    export_model(snakemake.input[0], int(snakemake.wildcards.group), snakemake.output[0])
