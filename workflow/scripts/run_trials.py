"""Train the trials of one part of a search of learning rates."""

from epigroup.core.logs import log_to
from epigroup.search.run_trials import run_trials

RUNNING = ("resume", "checkpoint_seconds", "progress_seconds", "pack_memory_mb")
running = {key: snakemake.resources[key] for key in RUNNING}

with log_to(snakemake.log[0]):
    run_trials(
        snakemake.input.genome,
        snakemake.input.dataset,
        snakemake.input.shards,
        snakemake.input.groups,
        list(snakemake.input.coarse),
        phase=snakemake.wildcards.phase,
        part=int(snakemake.wildcards.part),
        **snakemake.params.part,
        training={**snakemake.params.cfg["training"], **running},
        search=snakemake.params.cfg["search"],
        out=snakemake.output[0],
        checkpoint_dir=snakemake.params.checkpoints,
        choices_dir=snakemake.params.choices,
        threads=snakemake.threads,
        code=snakemake.params.code,
        warm_model=snakemake.input.warm or None,
        data="disk" if snakemake.resources.data_on_disk else "memory",
    )
