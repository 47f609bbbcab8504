"""What the shards hold: dataset.json."""

from epigroup.dataset_summary import summarise_dataset
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    summarise_dataset(snakemake.input.shards, snakemake.output.dataset, **snakemake.params.cfg)
