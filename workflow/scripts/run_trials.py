"""Train the trials of one part of a search of learning rates."""

from epigroup.core.logs import log_to
from epigroup.search.run_trials import TrialFiles, TrialPart, run_trials

RUNNING = ("resume", "checkpoint_seconds", "progress_seconds", "pack_memory_mb")
running = {key: snakemake.resources[key] for key in RUNNING}

with log_to(snakemake.log[0]):
    run_trials(
        TrialFiles(
            genome=snakemake.input.genome,
            dataset=snakemake.input.dataset,
            shards=snakemake.input.shards,
            groups=snakemake.input.groups,
            coarse=list(snakemake.input.coarse),
            warm=snakemake.input.warm or None,
            trials=snakemake.output[0],
            checkpoints=snakemake.params.checkpoints,
            choices=snakemake.params.choices,
        ),
        TrialPart(
            phase=snakemake.wildcards.phase, part=int(snakemake.wildcards.part), **snakemake.params.part
        ),
        training={**snakemake.params.cfg["training"], **running},
        search=snakemake.params.cfg["search"],
        threads=snakemake.threads,
        code=snakemake.params.code,
        data="disk" if snakemake.resources.data_on_disk else "memory",
    )
