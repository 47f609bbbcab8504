"""The quality of all profiles in one table, for people, the report and MultiQC."""

from epigroup.core.logs import log_to
from epigroup.quality.multiqc_table import write_multiqc
from epigroup.quality.tables import gather_quality, write_quality
from epigroup.reads.accounts import read_accounts

with log_to(snakemake.log[0]):
    every, summary = gather_quality(snakemake.input.quality)
    write_quality(snakemake.output.reads, read_accounts(snakemake.input.reads))
    write_quality(snakemake.output.figures, every)
    write_quality(snakemake.output.summary, summary)
    write_multiqc(snakemake.output.multiqc, summary)
