"""Which tracks each fold holds out."""

from epigroup.core.logs import log_to
from epigroup.core.settings import read_settings
from epigroup.imputation.settings import FoldSettings
from epigroup.imputation.track_folds import split_track_table

with log_to(snakemake.log[0]):
    split_track_table(
        snakemake.input.tracks,
        read_settings(FoldSettings, snakemake.params.cfg, "imputation.folds"),
        snakemake.output[0],
    )
