"""What a search of learning rates is told, as a record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from epigroup.core.errors import InputError
from epigroup.core.settings import read_settings


@dataclass(frozen=True)
class SearchSettings:
    """A search of the completed section `searches`.

    rates, refine: the coarse grid and half its width, for two_phase; rates, or range and trials (how many are drawn
    from it on a log scale), first_rung (validations) and reduction: for halving. steps_share: steps of a trial as a
    share of the strategy's; tasks: how many are sampled, where a sample decides; seed: of trials and sample, where it
    is not that of the training.
    """

    method: str
    first_rung: int
    reduction: int
    steps_share: float
    rates: tuple[float, ...] | None = None
    refine: float | None = None
    range: tuple[float, ...] | None = None
    trials: int | None = None
    tasks: int | None = None
    seed: int | None = None

    @property
    def grid(self) -> tuple[tuple[float, ...], float]:
        """The coarse rates of two_phase, and by how much the fine ones lie below and above the best. Raises InputError
        where the search has none."""
        if self.rates is None or self.refine is None:
            raise InputError("searches: two_phase needs rates (the coarse grid) and refine (the finer step)")
        return self.rates, self.refine

    @property
    def drawn(self) -> tuple[int, float, float]:
        """How many rates halving tries, the lowest and the highest. Raises InputError where the search says neither
        rates nor a range and trials."""
        if self.rates:
            return len(self.rates), min(self.rates), max(self.rates)
        if self.range is None or self.trials is None:
            raise InputError("searches: halving needs either rates, or range and trials")
        low, high = self.range
        return self.trials, low, high


def read_search(given: Mapping[str, Any]) -> SearchSettings:
    """A search of the completed config as a record. Raises InputError for keys that are unknown or missing."""
    return read_settings(SearchSettings, given, "searches")
