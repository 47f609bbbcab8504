"""Peaks that the replicates of one profile support, and how well they agree."""

from pathlib import Path

from epigroup.core.logs import log_to
from epigroup.peaks.call_request import read_request
from epigroup.peaks.replicates import compare_replicates

with log_to(snakemake.log[0]):
    cfg = dict(snakemake.params.cfg)
    rule = {key: cfg.pop(key) for key in ("lax_pvalue", "by")}
    if program := snakemake.input.get("idr"):
        rule["idr"] = Path(program).read_text(encoding="utf-8").strip()
    compare_replicates(
        read_request(cfg, dict(snakemake.input.items())),
        list(snakemake.input.replicates),
        snakemake.output.peaks,
        snakemake.output.ratios,
        **rule,
    )
