"""The numbers of every figure, and the drawing of all of them."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import matplotlib
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.report.figures import affinities as plots_affinities
from epigroup.report.figures import audit as plots_audit
from epigroup.report.figures import comparison as plots_comparison
from epigroup.report.figures import data as plots_data
from epigroup.report.figures import numbers as tables
from epigroup.report.figures import scores as plots_scores
from epigroup.report.figures import strata as plots_strata
from epigroup.report.figures import trials as plots_trials
from epigroup.report.figures.audit import technique_points
from epigroup.report.figures.strata_tables import over_correlation, stratum_scores
from epigroup.report.figures.style import STYLE, colours, empty, save
from epigroup.results.affinities import matrix_table
from epigroup.results.run import DataTables, Results, load, load_data

log = logging.getLogger(__name__)

# Figures whose drawers are told what the scores are called.
OF_SCORES = ("strategies", "gains", "pairs", "algorithms", "by_k", "cost")


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


def default_pairs(results: Results) -> list[tuple[str, str]]:
    """Pairs for scatters: the headline's first, then the paper's Figure 7, of the strategies that there
    are.
    """
    names = results.strategy_names
    pairs = [(p["baseline"], p["strategy"]) for p in results.headline.get("pairs", [])[:1]]
    pairs += [("STL", "SMTL"), ("STL", "KMTL"), ("SMTL", "KMTL")]
    kept = [pair for pair in dict.fromkeys(pairs) if pair[0] in names and pair[1] in names]
    if not kept and len(names) > 1:
        kept = [(names[0], names[1])]
    return kept


def numbers_of(
    name: str,
    results: Results | DataTables,
    grouping: str | None,
    methods: dict[str, str] | None = None,
    joint: str | None = None,
    families: Sequence[Mapping] = (),
) -> pd.DataFrame:
    """The table of the figure `name`; methods, joint, families: as in `draw_figures`."""
    made: dict[str, Callable[[], pd.DataFrame]] = {
        "strategies": lambda: tables.strategy_scores(results),
        "gains": lambda: tables.gain_rows(results),
        "pairs": lambda: tables.pair_points(results, default_pairs(results)),
        "embedding": lambda: tables.embedding(results, grouping),
        "similarity": lambda: tables.similarity(results, grouping),
        "algorithms": lambda: tables.algorithms(results, methods or {}),
        "affinities": lambda: matrix_table(
            results.affinities, {seed: tables.group_names(results, grouping, seed) for seed in results.seeds}
        ),
        "by_k": lambda: tables.scores_by_k(results, families),
        "cost": lambda: tables.gain_against_cost(results, joint),
        "composition": lambda: tables.composition(results, grouping or ""),
        "sweep": lambda: tables.sweep_lines(results),
        "curves": lambda: tables.curves(results),
        "examples": lambda: tables.examples(results),
        "positives": lambda: tables.positives(results),
        "search": lambda: tables.trials(results),
        "patience": lambda: tables.courses(results),
        "regret": lambda: results.regret if results.regret is not None else pd.DataFrame(),
        "technique": lambda: technique_points(results),
        "strata": lambda: stratum_scores(results),
        "over_correlation": lambda: over_correlation(results),
        "planted": lambda: results.agreement if results.agreement is not None else pd.DataFrame(),
    }
    if name not in made:
        raise InputError(f"no figure is called {name!r}; there are: {', '.join(made)}")
    return made[name]()


def draw_figures(
    inputs: Mapping,
    outputs: Iterable[str],
    *,
    palette: dict,
    dpi: int,
    grouping: str | None = None,
    methods: dict[str, str] | None = None,
    joint: str | None = None,
    families: Sequence[Mapping] = (),
    captions: Mapping[str, str] | None = None,
) -> None:
    """Draw each figure named by the stem of an output .svg, with .png and .tsv beside it.

    `inputs` as in `results.run.load`, or, for the figures of the data set alone, as in
    `results.run.load_data`; `grouping` is the one whose groups colour the figures; `methods` says in words
    how each strategy on groups makes them; `joint` is the strategy of one network, over which gains are held
    against cost; `families`: as in `k_choice.families`; `captions`: figure -> the config's own caption.
    """
    drawers = {
        **plots_scores.DRAWERS,
        **plots_data.DRAWERS,
        **plots_trials.DRAWERS,
        **plots_comparison.DRAWERS,
        **plots_audit.DRAWERS,
        **plots_affinities.DRAWERS,
        **plots_strata.DRAWERS,
    }
    results = load(inputs) if "metrics" in inputs else load_data(inputs)
    shades = palettes(results, palette, grouping)
    with matplotlib.rc_context(STYLE):
        for path in (Path(p) for p in outputs):
            if path.suffix != ".svg":
                continue
            numbers = numbers_of(path.stem, results, grouping, methods, joint, families)
            named = (results.names,) if path.stem in OF_SCORES else ()
            figure = (
                empty(f"Nothing to draw: no {path.stem}.")
                if numbers.empty
                else drawers[path.stem](numbers, shades, *named)
            )
            save(figure, numbers, path.with_suffix(""), dpi, (captions or {}).get(path.stem))
            log.info("drew %s (%d rows)", path, len(numbers))
