"""How complex a library is: how many of its fragments are copies of others.

ENCODE's definitions (Landt et al. 2012 and the portal's data standards), on alignments that pass the filters,
before duplicates are removed, without the mitochondrion. A place is where a fragment lies: contig, start, end and
strand of a single read; contig, start of the left and end of the right mate, and which of them is first, of a pair.
NRF: places over fragments. PBC1: places with one fragment over places. PBC2: places with one over places with two.
"""

import os
from collections import Counter
from dataclasses import asdict, dataclass

from epigroup.reads.alignments import end_of, is_mate_placed, is_placed, mate_quality, open_alignments

# Unmapped, mate unmapped, secondary, failed, supplementary; of pairs only proper ones. Duplicates stay in.
LEFT_OUT, PROPER = 4 + 8 + 256 + 512 + 2048, 2


@dataclass(frozen=True)
class Complexity:
    """Fragments, their distinct places, places that hold one, and places that hold two."""

    fragments: int
    places: int
    ones: int
    twos: int

    @property
    def nrf(self) -> float:
        return self.places / self.fragments if self.fragments else float("nan")

    @property
    def pbc1(self) -> float:
        return self.ones / self.places if self.places else float("nan")

    @property
    def pbc2(self) -> float:
        """Infinite when no place holds two."""
        if not self.places:
            return float("nan")
        return self.ones / self.twos if self.twos else float("inf")


def complexity_figures(found: Complexity, *, given: bool) -> tuple[dict[str, float], str]:
    """(counts, NRF, PBC1 and PBC2; why the three are not known (NaN), or nothing). given: by the user, as alignments.

    Where no two fragments of a given file lie at one place, its duplicates were most likely removed before.
    """
    figures = asdict(found) | {"nrf": found.nrf, "pbc1": found.pbc1, "pbc2": found.pbc2}
    if given and found.fragments and found.places == found.fragments:
        unknown = dict.fromkeys(("nrf", "pbc1", "pbc2"), float("nan"))
        return figures | unknown, (
            f"none of {found.fragments:,} fragments lies where another does: duplicates were removed before, and how "
            "complex the library was cannot be read from it"
        )
    return figures, ""


def measure_complexity(bam: str | os.PathLike, *, mapq: int, mitochondrion: str | None) -> Complexity:
    """Count places in a BAM file sorted by coordinate, in which duplicates are still there.

    Only places of one start are held at a time. Raises InputError for a file that is cut or damaged.
    """
    fragments = places = ones = twos = 0
    at = (-1, -1)
    here: Counter[tuple[int, bool]] = Counter()
    with open_alignments(bam) as handle:
        skipped = handle.get_tid(mitochondrion) if mitochondrion else -1
        for read in handle:
            flag = read.flag
            if flag & LEFT_OUT or read.mapping_quality < mapq or read.reference_id == skipped:
                continue
            if not is_placed(read):
                continue
            if flag & 1:
                if not is_mate_placed(read):
                    continue
                # Of a pair the left mate stands for both.
                if not flag & PROPER or read.template_length < 0:
                    continue
                if read.template_length == 0 and not flag & 64:
                    continue
                quality = mate_quality(read)
                if quality is not None and quality < mapq:
                    continue
                key = (read.reference_start + read.template_length, bool(flag & 64))
            elif flag & (64 + 128):
                continue
            else:
                key = (end_of(bam, read), bool(flag & 16))
            place = (read.reference_id, read.reference_start)
            if place != at:
                n, one, two = _tally(here)
                places, ones, twos = places + n, ones + one, twos + two
                at = place
                here.clear()
            here[key] += 1
            fragments += 1
    n, one, two = _tally(here)
    return Complexity(fragments, places + n, ones + one, twos + two)


def _tally(here: Counter) -> tuple[int, int, int]:
    counts = list(here.values())
    return len(counts), counts.count(1), counts.count(2)
