"""How many examples each new profile has."""

from epigroup.adopt.describe_profiles import describe_profiles
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    describe_profiles(
        snakemake.input.run_dataset,
        snakemake.input.run_shards,
        snakemake.input.dataset,
        snakemake.input.shards,
        snakemake.output[0],
        tasks=snakemake.params.tasks,
        least=snakemake.params.least,
    )
