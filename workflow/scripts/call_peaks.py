"""Call the peaks of one profile with MACS."""

from epigroup.core.logs import log_to
from epigroup.peaks.call_request import read_request
from epigroup.peaks.macs import call_peaks

with log_to(snakemake.log[0]):
    call_peaks(read_request(snakemake.params.cfg, dict(snakemake.input.items())), snakemake.output.peaks)
