"""Score the regions of a BED with a trained strategy."""

from epigroup.core.logs import log_to
from epigroup.prediction.regions import predict_regions

with log_to(snakemake.log[0]):
    predict_regions(
        snakemake.input.models,
        snakemake.input.get("genome"),
        snakemake.input.get("fasta"),
        snakemake.input.regions,
        table_out=snakemake.output.table,
        bigwig_out=dict(zip(snakemake.params.cfg["tasks"], snakemake.output.tracks)),
        batch_size=snakemake.params.cfg["batch_size"],
        both_strands=snakemake.params.cfg["both_strands"],
        device=snakemake.params.cfg["device"],
        threads=snakemake.threads,
        serving=snakemake.input.get("serving") or None,
    )
