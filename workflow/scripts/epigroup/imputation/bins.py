"""The bins of a chromosome that are kept: on its grid, in the regions, off the blacklist."""

import logging
from collections.abc import Mapping

import numpy as np

from epigroup.core.errors import InputError
from epigroup.formats.peak_files import read_region_rows, read_regions
from epigroup.genome.bins import count_bins, mark_ranges, touched_bins
from epigroup.genome.contigs import (
    accepted_names,
    called_otherwise,
    shown_name,
    spelling_hint,
    spellings,
    told_otherwise,
)
from epigroup.imputation.settings import TensorSettings

log = logging.getLogger(__name__)

BLOCK = 5000  # bp, the coarsest scale on which a model describes the genome (Avocado 2019, 4.2)
_SHOWN = 10  # faults of one file
Regions = dict[str, tuple[np.ndarray, np.ndarray]]


def keep_bins(chrom: str, sizes: Mapping[str, int], settings: TensorSettings) -> np.ndarray:
    """int64 (B,), rising: numbers (start // bin_size) of the bins of a chromosome that are kept.

    A bin counts as in a region where it lies in it whole, and as blacklisted where it shares a base with it. The last,
    partial bin of a chromosome is left out. sizes: every contig that the regions may name, `chrom` among them, bp.
    InputError: as `read_kept_regions` and `peak_files.read_regions`; no bin is left.
    """
    bin_size = settings.bin_size
    n_bins = count_bins(sizes[chrom], bin_size)
    kept = np.ones(n_bins, bool)
    if settings.regions:
        start, end = read_kept_regions(settings.regions, sizes, settings.contig_names).get(chrom, _NONE)
        kept = mark_ranges(-(-start // bin_size), end // bin_size, n_bins)
    n_in_regions = int(kept.sum())
    if settings.blacklist:
        black = read_regions(settings.blacklist, sizes, contig_names=settings.contig_names)
        kept &= ~touched_bins(*black.get(chrom, _NONE), n_bins, bin_size)
    n_kept = int(kept.sum())
    log.info(
        "%s: %d whole bins of %d bp (%d bp at its end are no whole bin); %d in no region, %d blacklisted; kept: %d",
        chrom, n_bins, bin_size, sizes[chrom] % bin_size, n_bins - n_in_regions, n_in_regions - n_kept, n_kept,
    )  # fmt: skip
    if not n_kept:
        raise InputError(_why_none(chrom, sizes[chrom], n_bins, n_in_regions, settings))
    return np.flatnonzero(kept)


_NONE = (np.empty(0, np.int64), np.empty(0, np.int64))


def _why_none(chrom: str, size: int, n_bins: int, n_in_regions: int, settings: TensorSettings) -> str:
    if not n_bins:
        return f"{chrom} ({size:,} bp) is shorter than imputation.bin_size ({settings.bin_size} bp); leave it out"
    if not n_in_regions:
        return f"{settings.regions}: no bin of {chrom} lies in a region; take it from the chromosomes, or add a region"
    return (
        f"{settings.blacklist}: leaves none of the {n_in_regions:,} bins of {chrom}"
        f"{f' in the regions of {settings.regions}' if settings.regions else ''}; take it from the chromosomes"
    )


def read_kept_regions(path: str, sizes: Mapping[str, int], contig_names: str = "as_given") -> Regions:
    """Starts and ends (int64, bp) of a BED's regions by contig of `sizes` (bp), rising.

    InputError, with lines and values, several at once: a contig that is not in `sizes`, a region beyond its end,
    shorter than a block of 5,000 bp, or sharing bases with another; as `read_region_rows`.
    """
    lines, names, start, end = read_region_rows(path)
    meant, spelt = accepted_names(sizes, contig_names), spellings(sizes)
    faults: list[tuple[int, str]] = []
    rows: dict[str, list[int]] = {}
    for i, (line, name) in enumerate(zip(lines, names, strict=True)):
        where = f"region {start[i]:,} to {end[i]:,} of {shown_name(name)}"
        if name not in meant:
            called = called_otherwise(name, spelt)
            hint = told_otherwise(name, called, contig_names) if called else spelling_hint(name, sizes)
            faults.append((line, f"{where}: no signal has this chromosome; {hint}"))
            continue
        rows.setdefault(meant[name], []).append(i)
        if end[i] > sizes[meant[name]]:
            faults.append((line, f"{where} is beyond the chromosome's end ({sizes[meant[name]]:,} bp)"))
        if end[i] - start[i] < BLOCK:
            faults.append(
                (line, f"{where} is {end[i] - start[i]:,} bp; give regions of {BLOCK:,} bp or more")
            )
    regions: Regions = {}
    for chrom, at in rows.items():
        at = sorted(at, key=lambda i: start[i])
        regions[chrom] = start[at], end[at]
        faults += [
            (
                lines[b],
                f"region {start[b]:,} to {end[b]:,} of {chrom} overlaps that of line {lines[a]}; join them",
            )
            for a, b in zip(at, at[1:], strict=False)
            if start[b] < end[a]
        ]
    if faults:
        shown = [f"{path}, line {line}: {fault}" for line, fault in sorted(faults)]
        more = [f"{path}: and {len(shown) - _SHOWN} faults more"] if len(shown) > _SHOWN else []
        raise InputError("\n".join(shown[:_SHOWN] + more))
    return regions
