"""What the shards hold: dataset.json."""

from epigroup.core.logs import log_to
from epigroup.dataset.summary import summarise_dataset

with log_to(snakemake.log[0]):
    summarise_dataset(snakemake.input.shards, snakemake.output.dataset, **snakemake.params.cfg)
