"""Write the report of a run as one self-contained page."""

from epigroup.core.logs import log_to
from epigroup.report.page import make_report

with log_to(snakemake.log[0]):
    make_report(dict(snakemake.input.items()), snakemake.output[0], **snakemake.params.cfg)
