"""Covariance of a network's hidden features over training examples."""

from epigroup.core.logs import log_to
from epigroup.core.settings import read_settings
from epigroup.prediction.feature_covariance import CovarianceSettings, measure_hidden

with log_to(snakemake.log[0]):
    measure_hidden(
        snakemake.input.models,
        snakemake.input.genome,
        snakemake.input.dataset,
        snakemake.input.shards,
        snakemake.output[0],
        read_settings(CovarianceSettings, snakemake.params.cfg, "covariance"),
        device=snakemake.params.device,
        threads=snakemake.threads,
        data="disk" if snakemake.resources.data_on_disk else "memory",
    )
