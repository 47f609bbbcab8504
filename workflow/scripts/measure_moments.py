"""Means and covariances of all tracks over the bins of all chromosomes."""

from epigroup.core.logs import log_to
from epigroup.imputation.measure_tracks import measure_tracks

with log_to(snakemake.log[0]):
    measure_tracks(
        snakemake.input.tensors, snakemake.input.tracks, snakemake.input.folds, snakemake.output[0]
    )
