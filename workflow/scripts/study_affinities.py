"""How stable affinities are: over sample sizes, over training, over seeds, and measure against measure."""

from epigroup.affinity.study import study_affinities
from epigroup.logs import log_to

with log_to(snakemake.log[0]):
    study_affinities(list(snakemake.input), snakemake.output.table, snakemake.params.cfg)
