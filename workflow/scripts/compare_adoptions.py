"""The new profiles under each strategy, and their curves of few positives."""

from epigroup.adopt.compare_adoptions import AdoptionTables, compare_adoptions
from epigroup.core.logs import log_to

with log_to(snakemake.log[0]):
    given = snakemake.input
    compare_adoptions(
        AdoptionTables(
            starts=given.starts,
            metrics=given.metrics,
            runs=[(strategy, seed) for strategy, seed in snakemake.params.runs],
            baselines=dict(zip(snakemake.params.baselines, given.baselines, strict=True)),
            curves=given.curves,
        ),
        snakemake.output.profiles,
        snakemake.output.curve,
        snakemake.params.first,
    )
