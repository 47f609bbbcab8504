"""Choose on validation whose network serves a task of several groups."""

from epigroup.core.logs import log_to
from epigroup.evaluation.choose_groups import choose_groups

with log_to(snakemake.log[0]):
    choose_groups(
        snakemake.input.models,
        snakemake.input.genome,
        snakemake.input.dataset,
        snakemake.input.shards,
        out=snakemake.output[0],
        device=snakemake.params.device,
        threads=snakemake.threads,
        data="disk" if snakemake.resources.data_on_disk else "memory",
        **snakemake.params.cfg,
    )
