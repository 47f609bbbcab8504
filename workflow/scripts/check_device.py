"""Stop at once when the GPU that the config asks for cannot be used."""

from epigroup.devices import check_device
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    check_device(snakemake.params.cfg.value["device"], snakemake.output[0])
