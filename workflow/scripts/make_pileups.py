"""Fold enrichment and -log10 p of one profile, as bedGraph."""

from epigroup.core.logs import log_to
from epigroup.peaks.call_request import read_request
from epigroup.peaks.pileups import make_pileups

with log_to(snakemake.log[0]):
    request = read_request(snakemake.params.cfg, dict(snakemake.input.items()))
    make_pileups(request, dict(snakemake.output.items()))
