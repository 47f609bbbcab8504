"""Score the validation and the test examples with the models of a strategy."""

from epigroup.core.logs import log_to
from epigroup.core.settings import read_settings
from epigroup.prediction.predict import ScoringSettings, predict_split

with log_to(snakemake.log[0]):
    machine = {
        "device": snakemake.params.device,
        "threads": snakemake.threads,
        "data": "disk" if snakemake.resources.data_on_disk else "memory",
    }
    scoring = read_settings(ScoringSettings, {**snakemake.params.cfg, **machine}, "evaluation")
    for split, out in snakemake.output.items():
        predict_split(
            snakemake.input.models,
            snakemake.input.genome,
            snakemake.input.dataset,
            snakemake.input.shards,
            split=split,
            out=out,
            scoring=scoring,
            serving=snakemake.input.get("serving") or None,
        )
