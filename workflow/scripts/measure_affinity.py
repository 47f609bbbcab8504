"""Measure how well tasks learn together, on the network of all tasks or on trained pairs."""

from epigroup.affinity.measure import AffinityFiles, measure_affinity
from epigroup.core.logs import log_to

RUNNING = ("resume", "checkpoint_seconds", "progress_seconds")

with log_to(snakemake.log[0]):
    measure_affinity(
        AffinityFiles(
            affinity=snakemake.output.affinity,
            measures=snakemake.output.measures,
            genome=snakemake.input.get("genome"),
            dataset=snakemake.input.get("dataset"),
            shards=list(snakemake.input.get("shards", [])),
            models=list(snakemake.input.get("models", [])),
            pairs=list(snakemake.input.get("pairs", [])),
            joint=snakemake.input.get("joint"),
            rates=snakemake.input.get("rates"),
            curves=list(snakemake.input.get("curves", [])),
            checkpoints=snakemake.params.checkpoints,
        ),
        snakemake.params.cfg,
        name=snakemake.wildcards.affinity,
        strategy=snakemake.wildcards.strategy,
        seed=int(snakemake.wildcards.seed),
        running={key: snakemake.resources[key] for key in RUNNING},
        threads=snakemake.threads,
        code=snakemake.params.code,
    )
