"""Draw the figures of a run as SVG and PNG, with their numbers as TSV."""

from epigroup.core.logs import log_to
from epigroup.core.settings import read_settings
from epigroup.report.figures.draw import draw_figures
from epigroup.report.figures.record import Shown

with log_to(snakemake.log[0]):
    cfg = dict(snakemake.params.cfg)
    shown = read_settings(Shown, cfg.pop("shown", {}), "shown")
    draw_figures(dict(snakemake.input.items()), list(snakemake.output), shown=shown, **cfg)
