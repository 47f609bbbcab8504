"""Score the regions of a BED with a trained strategy."""

from epigroup.core.logs import log_to
from epigroup.core.settings import read_settings
from epigroup.prediction.predict import ScoringSettings
from epigroup.prediction.regions import predict_regions

with log_to(snakemake.log[0]):
    cfg = dict(snakemake.params.cfg)
    tasks = cfg.pop("tasks")
    predict_regions(
        snakemake.input.models,
        snakemake.input.regions,
        genome_h5=snakemake.input.get("genome"),
        fasta=snakemake.input.get("fasta"),
        table_out=snakemake.output.table,
        bigwig_out=dict(zip(tasks, snakemake.output.tracks)),
        scoring=read_settings(ScoringSettings, {**cfg, "threads": snakemake.threads}, "predict"),
        serving=snakemake.input.get("serving") or None,
    )
