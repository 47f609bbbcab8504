"""Fit a baseline on the training bins and score it as a strategy."""

from epigroup.baselines.judge import judge_baseline
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    joint = {split: snakemake.input.get(split) for split in ("validation", "test")}
    judge_baseline(
        snakemake.wildcards.baseline,
        snakemake.input.dataset,
        snakemake.input.shards,
        snakemake.input.genome,
        dict(snakemake.output.items()),
        snakemake.params.cfg,
        predictions=joint if all(joint.values()) else None,
    )
