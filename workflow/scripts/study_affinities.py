"""How stable affinities are: over sample sizes, over training, over seeds, and measure against measure."""

from epigroup.core.logs import log_to
from epigroup.report.figures.affinity_stability import study_affinities

with log_to(snakemake.log[0]):
    study_affinities(list(snakemake.input), snakemake.output.table, snakemake.params.cfg)
