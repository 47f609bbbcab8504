"""Stop at once when the GPU that the config asks for cannot be used."""

from epigroup.core.logs import log_to
from epigroup.training.devices import check_device

with log_to(snakemake.log[0]):
    check_device(snakemake.params.cfg.value["device"], snakemake.output[0])
