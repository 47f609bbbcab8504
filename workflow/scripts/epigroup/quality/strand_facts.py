"""What the reads of a profile say about its fragments, kept as JSON between rules."""

import json
import os
from dataclasses import dataclass
from math import isfinite

import numpy as np

from epigroup.core.files import whole
from epigroup.core.text_files import read_json, sealed
from epigroup.quality.cross_correlation import correlate_strands, read_ends


@dataclass(frozen=True)
class StrandFacts:
    """reads: of the first mates, or single ones; read_length, bp; fragment: length in bp by cross-correlation, None
    where it has no peak; nsc, rsc, NaN where not known; inserts int64 (n,): pairs by their insert size, bp."""

    reads: int
    read_length: int
    fragment: int | None
    nsc: float
    rsc: float
    inserts: np.ndarray


def measure_strands(bam: str | os.PathLike, sizes: dict[str, int]) -> StrandFacts:
    """The facts of a BAM file without duplicates; `sizes` of its contigs, bp. InputError for a damaged file."""
    ends = read_ends(bam)
    found = correlate_strands(ends, sizes)
    reads = sum(len(side) for pair in ends.by_chrom.values() for side in pair)
    return StrandFacts(reads, ends.read_length, found.fragment, found.nsc, found.rsc, ends.inserts)


def write_strands(out: str | os.PathLike, facts: StrandFacts) -> None:
    """Write the facts as sealed JSON; what is not finite becomes null."""
    number = {
        key: value if isfinite(value) else None for key, value in (("nsc", facts.nsc), ("rsc", facts.rsc))
    }
    there = {str(size): int(facts.inserts[size]) for size in np.flatnonzero(facts.inserts)}
    whole_facts = {
        "reads": facts.reads,
        "read_length": facts.read_length,
        "fragment": facts.fragment,
        **number,
        "inserts": there,
    }
    with whole(out) as partial:
        partial.write_text(json.dumps(sealed(whole_facts), indent=1) + "\n", encoding="utf-8")


def read_strands(path: str | os.PathLike) -> StrandFacts:
    """The facts as `write_strands` left them. Raises InputError for a file that is damaged."""
    held = read_json(path)
    inserts = np.zeros(max(map(int, held["inserts"]), default=0) + 1, np.int64)
    for size, count in held["inserts"].items():
        inserts[int(size)] = count
    nsc, rsc = (float("nan") if held[key] is None else held[key] for key in ("nsc", "rsc"))
    return StrandFacts(held["reads"], held["read_length"], held["fragment"], nsc, rsc, inserts)
