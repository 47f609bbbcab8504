"""Write the page of an imputation."""

from epigroup.core.logs import log_to
from epigroup.report.imputation import write_imputation_page

with log_to(snakemake.log[0]):
    write_imputation_page(
        snakemake.input.tracks,
        snakemake.input.folds,
        snakemake.input.by_track,
        snakemake.input.by_model,
        snakemake.input.choices,
        snakemake.output[0],
        snakemake.params.cfg,
    )
