"""Put a run's tables beside those of the paper whose protocol it follows."""

from epigroup.core.logs import log_to
from epigroup.paper.tables import compare_with_paper

with log_to(snakemake.log[0]):
    compare_with_paper(dict(snakemake.input.items()), dict(snakemake.output.items()), snakemake.params.cfg)
