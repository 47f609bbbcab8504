"""Write a trained strategy as a folder that runs without this workflow."""

from epigroup.bundle.networks import Member
from epigroup.bundle.write_bundle import BundleSettings, write_bundle
from epigroup.core.logs import log_to
from epigroup.core.settings import read_settings

with log_to(snakemake.log[0]):
    told = read_settings(BundleSettings, snakemake.params.cfg, "bundle")
    write_bundle(
        dict(snakemake.input.items()),
        dict(snakemake.output.items()),
        told,
        [read_settings(Member, one, "bundle") for one in told.members],
    )
