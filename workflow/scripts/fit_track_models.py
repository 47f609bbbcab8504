"""Choose and fit the linear models of a fold of tracks, or of all tracks."""

from epigroup.core.logs import log_to
from epigroup.imputation.fit_models import fit_models

with log_to(snakemake.log[0]):
    fit_models(
        snakemake.input.moments,
        snakemake.input.tracks,
        snakemake.input.folds,
        snakemake.wildcards.get("track_fold"),
        snakemake.output.models,
        snakemake.output.choices,
        snakemake.params.models,
    )
