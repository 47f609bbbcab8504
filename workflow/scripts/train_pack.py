"""Train the groups of one pack."""

from epigroup.logs import log_to
from epigroup.training import train_pack

running = {key: snakemake.resources[key] for key in ("resume", "checkpoint_seconds", "progress_seconds")}

with log_to(snakemake.log[0]):
    train_pack(
        snakemake.input.genome,
        snakemake.input.dataset,
        snakemake.input.shards,
        snakemake.input.groups,
        pack=int(snakemake.wildcards.pack),
        n_packs=snakemake.params.n_packs,
        seed=int(snakemake.wildcards.seed),
        cfg={**snakemake.params.cfg, **running},
        model_out=snakemake.output.model,
        curves_out=snakemake.output.curves,
        checkpoint_dir=snakemake.params.checkpoints,
        threads=snakemake.threads,
        code=snakemake.params.code,
    )
