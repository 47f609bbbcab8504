"""Fetch one file of an archive."""

from epigroup.fetching import fetch_file
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    fetch_file(
        snakemake.resources.address,
        snakemake.output.file,
        row=snakemake.resources.row,
        checksum=snakemake.params.checksum,
        **{key: snakemake.resources[key] for key in ("tries", "pause", "timeout")},
    )
