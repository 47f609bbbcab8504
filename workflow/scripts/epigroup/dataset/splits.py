"""Train, validation and test by chromosome or span."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from epigroup.core.errors import InputError
from epigroup.genome.bins import window_bounds
from epigroup.genome.contigs import spelling_hint

SPLITS = ("train", "validation", "test")
NONE = -1


def resolve(splits: Mapping[str, Any], sizes: Mapping[str, int | None]) -> dict[str, Any]:
    """Write the config's splits out: {"train": [{chrom, start, end}, ...], "validation": ..., "test": ...,
    "rule": ...}.

    A span without `start` begins at 0, one without `end` ends with its chromosome; both are bp, 0-based,
    half-open. "rest" is what the spans of validation and test leave of every chromosome. Spans of one split
    that touch are joined. `max_jitter` (bp, 0 when absent) is the most by which training may shift a window.
    `sizes` maps chromosomes to bp; None for a length not known yet (then ends go unchecked and stay None).
    Raises InputError for a chromosome that is not in `sizes`, a reversed or empty span, one beyond its
    chromosome's end, and spans that overlap.
    """
    if splits["rule"] not in ("window", "bin"):
        raise InputError(f"splits.rule: {splits['rule']!r} is neither window nor bin")
    spans = [s for name in SPLITS if splits[name] != "rest" for s in _spans(name, splits[name], sizes)]
    by_place = sorted(spans, key=lambda s: (s["chrom"], s["start"]))
    for one, two in zip(by_place, by_place[1:], strict=False):
        if one["chrom"] == two["chrom"] and (one["end"] is None or two["start"] < one["end"]):
            raise InputError(f"splits: {_show(one)} and {_show(two)} overlap; end one where the other begins")
    result: dict[str, Any] = {}
    for name in SPLITS:
        if splits[name] == "rest":
            if name != "train":
                raise InputError(f"splits.{name}: only train may be 'rest'")
            result[name] = [gap for chrom in sizes for gap in _gaps(chrom, sizes[chrom], by_place)]
        else:
            result[name] = _joined([s for s in by_place if s["split"] == name], list(sizes))
    return result | {"rule": splits["rule"], "max_jitter": splits.get("max_jitter", 0)}


def _spans(
    name: str, given: Sequence[Mapping[str, Any]], sizes: Mapping[str, int | None]
) -> list[dict[str, Any]]:
    spans = []
    for i, span in enumerate(given):
        where, chrom = f"splits.{name}[{i}]", span["chrom"]
        if chrom not in sizes:
            raise InputError(
                f"{where}: chromosome {chrom} is not in genome.chromosomes; {spelling_hint(chrom, sizes)}"
            )
        size = sizes[chrom]
        start: int = span.get("start") or 0
        end: int | None = span.get("end")
        if end is None:
            end = size
        if start < 0 or end is not None and start >= end:
            raise InputError(f"{where}: span {start} to {end} of {chrom} is negative, empty or reversed")
        if size is not None and end is not None and end > size:
            raise InputError(f"{where}: end {end} is beyond the end of {chrom} ({size} bp)")
        spans.append(
            {"split": name, "chrom": chrom, "start": int(start), "end": None if end is None else int(end)}
        )
    return spans


def _gaps(chrom: str, size: int | None, spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    gaps, at = [], 0
    for span in (s for s in spans if s["chrom"] == chrom):
        if span["start"] > at:
            gaps.append({"chrom": chrom, "start": at, "end": span["start"]})
        at = span["end"]
        if at is None:
            return gaps
    if size is None or at < size:
        gaps.append({"chrom": chrom, "start": at, "end": size})
    return gaps


def _joined(spans: list[dict[str, Any]], order: list[str]) -> list[dict[str, Any]]:
    joined: list[dict[str, Any]] = []
    for span in sorted(spans, key=lambda s: (order.index(s["chrom"]), s["start"])):
        if joined and joined[-1]["chrom"] == span["chrom"] and joined[-1]["end"] == span["start"]:
            joined[-1]["end"] = span["end"]
        else:
            joined.append({key: span[key] for key in ("chrom", "start", "end")})
    return joined


def _show(span: Mapping[str, Any]) -> str:
    return f"{span['split']} {span['chrom']}:{span['start']}-{'end' if span['end'] is None else span['end']}"


def assign(
    chrom: str, starts: np.ndarray, splits: Mapping[str, Any], window: int, bin_size: int, size: int
) -> np.ndarray:
    """int8 (N,): 0 train, 1 validation, 2 test, -1 none, for bins of one chromosome at `starts` (bp).

    `splits` is as in the config, or resolved. Rule "window": the whole window with `max_jitter` bases on
    either side, cut at the chromosome's ends, lies in one span, so that no base of a test window is trained
    on. Rule "bin": the bin's start lies in the
    span, whatever its window covers (the literal rule of Shiri & Sun 2022). `size` is the chromosome's length
    in bp.
    """
    cut = {name: given if given == "rest" else [s for s in given if s["chrom"] == chrom]
           for name, given in splits.items() if name in SPLITS}  # fmt: skip
    spans = resolve(cut | {key: value for key, value in splits.items() if key not in SPLITS}, {chrom: size})
    if splits["rule"] == "bin":
        left = np.asarray(starts, np.int64)
        right = left + 1
    else:
        left, right = window_bounds(starts, window, bin_size)
        left = np.maximum(left - spans["max_jitter"], 0)
        right = np.minimum(right + spans["max_jitter"], size)
    where = np.full(len(left), NONE, np.int8)
    for i, name in enumerate(SPLITS):
        for span in spans[name]:
            where[(left >= span["start"]) & (right <= span["end"])] = i
    return where
