"""Score the validation and the test examples with the models of a strategy."""

from epigroup.core.logs import log_to
from epigroup.prediction.predict import predict_split

with log_to(snakemake.log[0]):
    for split, out in snakemake.output.items():
        predict_split(
            snakemake.input.models,
            snakemake.input.genome,
            snakemake.input.dataset,
            snakemake.input.shards,
            split=split,
            out=out,
            device=snakemake.params.device,
            threads=snakemake.threads,
            serving=snakemake.input.get("serving") or None,
            data="disk" if snakemake.resources.data_on_disk else "memory",
            **snakemake.params.cfg,
        )
