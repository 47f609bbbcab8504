"""Turn scores from elsewhere into predictions of the validation and test bins."""

from epigroup.external import import_predictions
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    import_predictions(
        snakemake.input.file,
        snakemake.input.dataset,
        snakemake.input.shards,
        dict(snakemake.output.items()),
        snakemake.wildcards.external,
    )
