"""Fetch one file of an archive, or of an address."""

from epigroup.core.logs import log_to
from epigroup.reads.download import fetch_file

with log_to(snakemake.log[0]):
    fetch_file(
        snakemake.resources.address,
        snakemake.output.file,
        row=snakemake.resources.row,
        checksum=snakemake.params.checksum,
        sum_key=snakemake.resources.sum_key or None,
        **{key: snakemake.resources[key] for key in ("tries", "pause", "timeout")},
    )
