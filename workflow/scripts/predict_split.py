"""Score one split's examples with the models of a strategy."""

from epigroup.logs import log_to
from epigroup.prediction import predict_split

with log_to(snakemake.log[0]):
    predict_split(
        snakemake.input.models,
        snakemake.input.genome,
        snakemake.input.dataset,
        snakemake.input.shards,
        split=snakemake.wildcards.split,
        out=snakemake.output[0],
        device=snakemake.params.device,
        threads=snakemake.threads,
        serving=snakemake.input.get("serving") or None,
        data="disk" if snakemake.resources.data_on_disk else "memory",
        **snakemake.params.cfg,
    )
