"""Read from full-length trainings how much patience was safe."""

from epigroup.core.logs import log_to
from epigroup.patience.study import study_patience

with log_to(snakemake.log[0]):
    study_patience(
        snakemake.input.groups,
        snakemake.input.tasks,
        snakemake.input.curves,
        **snakemake.params.cfg,
        study_out=snakemake.output.study,
        regret_out=snakemake.output.regret,
    )
