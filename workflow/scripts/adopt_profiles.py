"""Find the group of each new profile, and give it a network of its own."""

from epigroup.adopt.adopt_profiles import AdoptFiles, adopt_profiles
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    given, made = snakemake.input, snakemake.output
    adopt_profiles(
        AdoptFiles(
            genome=given.genome,
            run_dataset=given.run_dataset,
            dataset=given.dataset,
            shards=given.shards,
            models=given.models,
            model=made.model,
            groups=made.groups,
            starts=made.starts,
        ),
        snakemake.params.cfg,
        strategy=snakemake.wildcards.strategy,
        device=snakemake.params.device,
        threads=snakemake.threads,
        code=snakemake.params.code,
        data="disk" if snakemake.resources.data_on_disk else "memory",
    )
