"""One self-contained HTML page of a run: who gained, who lost, and on what data."""

import json
import logging
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

import epigroup
from epigroup.core.files import whole
from epigroup.report.figures.draw import function_of, palettes
from epigroup.report.figures.numbers import default_pairs, task_scores
from epigroup.report.script_data import page_data
from epigroup.report.section import TEMPLATES, Page, environment, make_sections
from epigroup.report.sections import SECTIONS
from epigroup.report.sections.headline import headline_rows, lead_sentence
from epigroup.results.files import many
from epigroup.results.run import Results, load

log = logging.getLogger(__name__)


def make_report(
    inputs: Mapping, out: str, *, report: dict, figures: dict, grouping: str | None, training: dict
) -> None:
    """Write the report of a run.

    inputs: as in `results.run.load`. report: name, config_hash, config (the completed config), code (digest
    of the training code), used (of `run.report.software`). figures: palette, dpi and, where given, captions
    and watts. grouping: the one whose groups are shown. training: resolved training settings by strategy. The
    page holds its styles, scripts and numbers; it asks nothing of the network.
    """
    results = load(inputs)
    page = render(
        results,
        report=report,
        palette=figures["palette"],
        grouping=grouping,
        training=training,
        figures=figures,
        drawn={Path(p).stem: Path(p) for p in many(inputs, "figures") if Path(p).suffix == ".svg"},
    )
    with whole(out) as path:
        path.write_text(page, encoding="utf-8")
    log.info(
        "%s: %.1f MB, %d tasks, %d strategies",
        out,
        len(page) / 1e6,
        len(results.tasks),
        len(results.strategy_names),
    )


def render(
    results: Results,
    *,
    report: dict,
    palette: dict,
    grouping: str | None,
    training: dict,
    figures: Mapping | None = None,
    drawn: Mapping[str, Path] | None = None,
) -> str:
    """The page as text; as `make_report`. drawn: figure -> its SVG file, as `Page`."""
    shades = palettes(results, palette, grouping)
    rows = headline_rows(results, shades["strategy"])
    scores = task_scores(results)
    data = page_data(results, shades, scores, default_pairs(results), grouping, rows)
    page = Page(results, report, grouping, training, shades, rows, scores, data, figures or {}, drawn or {})
    sections = make_sections(map(function_of, SECTIONS), page)
    own = {section.key: section.data for section in sections if section.data}
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            name=report["name"],
            lead=lead_sentence(rows, results),
            sections=sections,
            made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            version=epigroup.__version__,
            data=embed({**data, "sections": own}),
            style=(TEMPLATES / "style.css").read_text(encoding="utf-8"),
            script=(TEMPLATES / "report.js").read_text(encoding="utf-8"),
        )
    )


def embed(data: dict) -> str:
    """JSON that is safe inside a script element: no NaN, and no `<` that could end it."""
    return json.dumps(plain(data), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def plain(value):
    """The value in JSON's types; NaN and infinite become null, floats keep five significant digits."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | pd.Series | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    return value
