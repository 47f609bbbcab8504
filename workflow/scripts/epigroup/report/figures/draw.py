"""The numbers of the figures that are asked for, and their drawing."""

import logging
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import matplotlib

from epigroup.core.errors import InputError
from epigroup.report.figures.catalogue import FIGURES
from epigroup.report.figures.record import Shown
from epigroup.report.figures.style import STYLE, colours, empty, save
from epigroup.results.run import DataTables, Results, load, load_data

log = logging.getLogger(__name__)


def palettes(
    results: Results | DataTables, palette: Mapping[str, str], grouping: str | None
) -> dict[str, dict[str, str]]:
    """Colours of everything that figures tell apart: strategy, modality, cell_group, group."""
    shades = {
        kind: colours(sorted(results.tasks[kind].unique()), palette) for kind in ("modality", "cell_group")
    }
    if isinstance(results, Results):
        groups = results.groups.loc[results.groups["grouping"] == grouping, "group"].unique()
        shades["strategy"] = colours(results.strategy_names, palette)
        shades["group"] = colours([f"Group {int(g) + 1}" for g in sorted(groups)], palette)
    return shades


def function_of(entry: str) -> Callable[..., Any]:
    """The function of an entry "package.module:function", whose module the rule names in its digest."""
    module, name = entry.split(":")
    return getattr(import_module(module), name)


def draw_figures(
    inputs: Mapping,
    outputs: Iterable[str],
    *,
    palette: Mapping[str, str],
    dpi: int,
    captions: Mapping[str, str] | None = None,
    shown: Shown | None = None,
) -> None:
    """Draw each figure (`catalogue.FIGURES`) named by the stem of an output .svg, with .png and .tsv beside it.

    `inputs` as in `results.run.load`, or, for the figures of the data set alone, as in `results.run.load_data`;
    `shown`: what the figures of results are told; `captions`: figure -> the config's own caption.
    InputError: a stem that is no figure's name.
    """
    results = load(inputs) if "metrics" in inputs else load_data(inputs)
    shown = shown or Shown()
    shades = palettes(results, palette, shown.grouping)
    known = {one.name: one for one in FIGURES}
    with matplotlib.rc_context(STYLE):
        for path in (Path(p) for p in outputs):
            if path.suffix != ".svg":
                continue
            if path.stem not in known:
                raise InputError(f"no figure is called {path.stem!r}; there are: {', '.join(known)}")
            figure = known[path.stem]
            numbers = function_of(figure.numbers)(results, *(getattr(shown, what) for what in figure.told))
            named = (results.names,) if figure.of_scores else ()
            drawing = (
                empty(f"Nothing to draw: no {figure.name}.")
                if numbers.empty
                else function_of(figure.drawer)(numbers, shades, *named)
            )
            save(drawing, numbers, path.with_suffix(""), dpi, (captions or {}).get(figure.name))
            log.info("drew %s (%d rows)", path, len(numbers))
