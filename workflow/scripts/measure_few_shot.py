"""How well a new profile is predicted from few positives."""

from epigroup.adopt.few_shot import FewShotFiles, measure_few_shot
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    given = snakemake.input
    measure_few_shot(
        FewShotFiles(
            genome=given.genome,
            run_dataset=given.run_dataset,
            dataset=given.dataset,
            shards=given.shards,
            models=snakemake.params.models,
            curve=snakemake.output[0],
        ),
        snakemake.params.cfg,
        task=snakemake.wildcards.profile,
        seed=int(snakemake.wildcards.seed),
        device=snakemake.params.device,
        threads=snakemake.threads,
        data="disk" if snakemake.resources.data_on_disk else "memory",
    )
