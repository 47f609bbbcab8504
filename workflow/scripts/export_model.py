"""Take one group's model out of its pack."""

from epigroup.core.logs import log_to
from epigroup.networks.export import export_model

with log_to(snakemake.log[0]):
    export_model(snakemake.input[0], int(snakemake.wildcards.group), snakemake.output[0])
