"""The models of all folds beside the average activity."""

from epigroup.core.logs import log_to
from epigroup.core.settings import read_settings
from epigroup.imputation.compare_models import compare_models
from epigroup.imputation.settings import JudgeSettings

with log_to(snakemake.log[0]):
    compare_models(
        snakemake.input.scores,
        snakemake.input.blocks,
        snakemake.input.choices,
        snakemake.output.tracks,
        snakemake.output.models,
        read_settings(JudgeSettings, snakemake.params.cfg, "imputation"),
    )
