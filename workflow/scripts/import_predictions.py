"""Turn scores from elsewhere into predictions of the validation and test bins."""

from epigroup.core.logs import log_to
from epigroup.prediction.external import import_predictions

with log_to(snakemake.log[0]):
    import_predictions(
        snakemake.input.file,
        snakemake.input.dataset,
        snakemake.input.shards,
        dict(snakemake.output.items()),
        snakemake.wildcards.external,
    )
