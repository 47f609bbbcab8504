"""What the shards hold: tasks.tsv and dataset.json."""

from epigroup.dataset_summary import summarise_dataset
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    summarise_dataset(
        snakemake.input.shards, snakemake.output.tasks, snakemake.output.dataset, **snakemake.params.cfg
    )
