"""The tasks of the data set as tables: tasks.tsv, and profiles by cell group and modality."""

from epigroup.core.logs import log_to
from epigroup.dataset.tasks import describe_tasks

with log_to(snakemake.log[0]):
    describe_tasks(
        snakemake.input.dataset, snakemake.output.tasks, snakemake.output.profiles, **snakemake.params.cfg
    )
