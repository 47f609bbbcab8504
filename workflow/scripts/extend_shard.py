"""The examples of one chromosome for the new profiles."""

from epigroup.adopt.extend_shard import extend_shard
from epigroup.core.logs import log_to
from epigroup.core.settings import read_settings
from epigroup.dataset.label_settings import LabelSettings

with log_to(snakemake.log[0]):
    cfg = dict(snakemake.params.cfg)
    extend_shard(
        snakemake.input.genome,
        snakemake.input.shard,
        cfg.pop("task_ids"),
        snakemake.params.peaks,
        snakemake.input.index,
        snakemake.output.shard,
        read_settings(LabelSettings, cfg, "dataset"),
    )
