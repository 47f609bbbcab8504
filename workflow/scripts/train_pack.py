"""Train the groups of one pack."""

from epigroup.core.logs import log_to
from epigroup.training.train_pack import train_pack

RUNNING = ("resume", "checkpoint_seconds", "progress_seconds", "pack_memory_mb", "tensorboard")
running = {key: snakemake.resources[key] for key in RUNNING}
at = snakemake.wildcards
events = f"{snakemake.params.events}/{at.strategy}/seed{at.seed}/pack{at.pack}"

with log_to(snakemake.log[0]):
    train_pack(
        snakemake.input.genome,
        snakemake.input.dataset,
        snakemake.input.shards,
        snakemake.input.groups,
        pack=int(at.pack),
        n_packs=snakemake.params.n_packs,
        seed=int(at.seed),
        cfg={**snakemake.params.cfg, **running},
        model_out=snakemake.output.model,
        curves_out=snakemake.output.curves,
        checkpoint_dir=snakemake.params.checkpoints,
        choices_dir=snakemake.params.choices,
        threads=snakemake.threads,
        code=snakemake.params.code,
        tasks=snakemake.params.tasks,
        rates_tsv=snakemake.input.rates or None,
        warm_model=snakemake.input.warm or None,
        events_dir=events if running["tensorboard"] else None,
        data="disk" if snakemake.resources.data_on_disk else "memory",
    )
