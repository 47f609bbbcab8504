"""Peaks that the replicates of one profile support, and how well they agree."""

from pathlib import Path

from epigroup.core.logs import log_to
from epigroup.genome.sizes import read_size, read_sizes
from epigroup.peaks.macs_arguments import fragment_length
from epigroup.peaks.replicates import compare_replicates

with log_to(snakemake.log[0]):
    cfg = dict(snakemake.params.cfg)
    if program := snakemake.input.get("idr"):
        cfg["idr"] = Path(program).read_text(encoding="utf-8").strip()
    compare_replicates(
        snakemake.input.bam,
        list(snakemake.input.replicates),
        snakemake.output.peaks,
        snakemake.output.ratios,
        control=snakemake.input.get("control"),
        genome_size=read_size(snakemake.input.bases),
        sizes=read_sizes(snakemake.input.sizes),
        fragment=fragment_length(snakemake.input.get("strands"), cfg.pop("extsize")),
        **cfg,
    )
