"""Draw the figures of a run as SVG and PNG, with their numbers as TSV."""

from epigroup.core.logs import log_to
from epigroup.report.figures.draw import draw_figures

with log_to(snakemake.log[0]):
    draw_figures(dict(snakemake.input.items()), list(snakemake.output), **snakemake.params.cfg)
