"""What is said of a figure in one place, and what a run has for figures to show.

Rules read this when Snakemake starts, in every job: no numpy, pandas or matplotlib here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Shown:
    """What the figures of results are told of the run beside its tables.

    grouping: the one whose groups colour the figures, or None. methods: strategy on groups -> how these are made, in
    a few words. joint: the strategy of one network of all tasks, over which gains are held against cost, or None.
    families: as in `comparison.k_choice.families`.
    """

    grouping: str | None = None
    methods: Mapping[str, str] = field(default_factory=dict)
    joint: str | None = None
    families: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Has:
    """What a run has, as far as figures depend on it; all of it is known before any job.

    sections: the keys of the completed config. strategies: what is trained, searched: those of them whose learning
    rates are searched. affinities: what is measured, by name. headline, heads: whether the headline compares
    strategies, whether there is a network whose head weights are shown. shown: what figures are told.
    """

    sections: frozenset[str]
    strategies: tuple[str, ...]
    searched: tuple[str, ...]
    affinities: tuple[str, ...]
    headline: bool
    heads: bool
    shown: Shown

    @property
    def several_k(self) -> bool:
        """Whether groups are made in two numbers or more by one method."""
        return any(len(one["strategies"]) > 1 for one in self.shown.families)


def always(_: Has) -> bool:
    return True


@dataclass(frozen=True)
class Figure:
    """A figure: what it is called, when a run has it, what makes it, where it is shown.

    name: of its files in `figures/` and of its key in the config's `figures.captions`. category, title, caption: its
    place and its text (reStructuredText) in Snakemake's own report. numbers: entry "package.module:function" of its
    table, function(results, *told) -> DataFrame, of no row where there is nothing to draw; told: what of `Shown` comes
    after the results. drawer: entry of function(numbers, shades) -> matplotlib's Figure; with of_scores its third
    argument is `results.names`. needs: whether a run has the figure. of_data: it shows the data set alone and is drawn
    before any training; its numbers are given `DataTables`. still: what it shows, in words, where the page holds it as
    a picture that is opened; else its title. section: the key of the page's section at whose end it stands; None where
    a template of the page says where.
    """

    name: str
    category: str
    title: str
    caption: str
    numbers: str
    drawer: str
    told: tuple[str, ...] = ()
    of_scores: bool = False
    needs: Callable[[Has], bool] = always
    of_data: bool = False
    still: str = ""
    section: str | None = None
