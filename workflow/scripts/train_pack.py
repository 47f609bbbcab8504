"""Train the groups of one pack."""

from epigroup.core.logs import log_to
from epigroup.training.train_pack import PackFiles, train_pack

RUNNING = ("resume", "checkpoint_seconds", "progress_seconds", "pack_memory_mb", "tensorboard")
running = {key: snakemake.resources[key] for key in RUNNING}
at = snakemake.wildcards
events = f"{snakemake.params.events}/{at.strategy}/seed{at.seed}/pack{at.pack}"

with log_to(snakemake.log[0]):
    train_pack(
        PackFiles(
            genome=snakemake.input.genome,
            dataset=snakemake.input.dataset,
            shards=snakemake.input.shards,
            groups=snakemake.input.groups,
            rates=snakemake.input.rates or None,
            warm=snakemake.input.warm or None,
            teacher=snakemake.input.get("teacher") or None,
            model=snakemake.output.model,
            curves=snakemake.output.curves,
            checkpoints=snakemake.params.checkpoints,
            choices=snakemake.params.choices,
            events=events if running["tensorboard"] else None,
        ),
        {**snakemake.params.cfg, **running},
        pack=int(at.pack),
        n_packs=snakemake.params.n_packs,
        seed=int(at.seed),
        threads=snakemake.threads,
        code=snakemake.params.code,
        tasks=snakemake.params.tasks,
        data="disk" if snakemake.resources.data_on_disk else "memory",
    )
