"""Where the peaks of each profile lie, as far as there are any yet, and in what form their files give them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from epigroup.config.sheet import Sheet
from epigroup.core.errors import InputError
from epigroup.formats.peak_files import PeakTable
from epigroup.peaks.standard import chosen_peaks

# bp; narrower rows are points, or as good as these: alone they make no bin positive
NARROW = 50
TILES = 100  # of a chromosome


@dataclass(frozen=True)
class PeakCounts:
    """tasks: those whose peaks are there to be read. tiles: int64 (tasks, chromosomes, TILES), peaks by their middle in
    each hundredth of each chosen chromosome. points: tasks most of whose peaks are narrower than NARROW. spelling:
    whether a file spells a contig otherwise than the FASTA."""

    tasks: Sequence[str]
    tiles: np.ndarray
    points: Sequence[str]
    spelling: bool

    @property
    def of_chromosomes(self) -> np.ndarray:
        """int64 (tasks, chromosomes)."""
        return self.tiles.sum(2)


def count_peaks(
    sheet: Sheet, lengths: Mapping[str, int], chosen: Mapping[str, int], flank: int
) -> tuple[PeakCounts, list[str]]:
    """Peaks of all tasks whose files are there, and what is wrong with files, in the words of the job that reads them.

    lengths: bp of every contig of the FASTA; chosen: of the chromosomes that are used. flank: bp by which points are
    widened.
    """
    tasks, tiles, points, faults, spelling = [], [], [], [], False
    for name in sheet.tasks:
        path = sheet.profiles[name].replicates[0].peaks
        if path is None or not os.path.exists(path):
            continue
        try:
            peaks, otherwise = read_either(path, lengths, chosen, flank)
        except InputError as error:
            faults.append(str(error))
            continue
        tasks.append(name)
        tiles.append(tiled(peaks, chosen))
        spelling = spelling or otherwise
        if peaks.n_widened * 2 > len(peaks):
            points.append(name)
    shape = (len(tasks), len(chosen), TILES)
    return PeakCounts(tasks, np.array(tiles, np.int64).reshape(shape), points, spelling), faults


def read_either(
    path: str, lengths: Mapping[str, int], chosen: Mapping[str, int], flank: int
) -> tuple[PeakTable, bool]:
    """A file's peaks, points widened, and whether they are there only when other usual spellings of contigs are taken.
    Raises InputError as `chosen_peaks`."""

    def read(contig_names: str) -> PeakTable:
        told = {"min_overlap": NARROW, "point_flank": flank, "contig_names": contig_names}
        return chosen_peaks(path, lengths, chosen, unlikely="refuse", max_qvalue=None, merge_gap=None, **told)

    try:
        return read("as_given"), False
    except InputError:
        return read("spelling"), True


def tiled(peaks: PeakTable, chosen: Mapping[str, int]) -> np.ndarray:
    """int64 (chromosomes, TILES): peaks by their middle."""
    order = {name: i for i, name in enumerate(chosen)}
    row = np.array([order.get(name, -1) for name in peaks.names])[peaks.code]
    middle = (peaks.start + peaks.end) // 2
    column = middle * TILES // np.array([*chosen.values(), 1])[row]
    flat = row * TILES + np.minimum(column, TILES - 1)
    return np.bincount(flat, minlength=len(chosen) * TILES).reshape(len(chosen), TILES)
