"""The test tracks of a fold beside what each model imputes of them."""

from epigroup.core.logs import log_to
from epigroup.core.settings import read_settings
from epigroup.imputation.judge_fold import judge_fold
from epigroup.imputation.settings import JudgeSettings

with log_to(snakemake.log[0]):
    judge_fold(
        snakemake.input.tensors,
        snakemake.input.tracks,
        snakemake.input.folds,
        snakemake.wildcards.track_fold,
        snakemake.input.models,
        snakemake.output.scores,
        snakemake.output.blocks,
        read_settings(JudgeSettings, snakemake.params.cfg, "imputation"),
        annotation={key: snakemake.input[key] for key in ("genes", "enhancers") if snakemake.input.get(key)},
    )
