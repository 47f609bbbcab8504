"""The examples of one chromosome, with the labels of all tasks."""

from epigroup.core.logs import log_to
from epigroup.core.settings import read_settings
from epigroup.dataset.label_settings import LabelSettings
from epigroup.dataset.make_shard import ShardSources, make_shard

with log_to(snakemake.log[0]):
    cfg = dict(snakemake.params.cfg)
    sources = ShardSources(
        snakemake.input.genome,
        cfg.pop("task_ids"),
        snakemake.params.peaks,
        snakemake.input.index,
        list(snakemake.input.get("signals") or []),
    )
    make_shard(
        sources,
        snakemake.output.shard,
        snakemake.wildcards.chrom,
        read_settings(LabelSettings, cfg, "dataset"),
    )
