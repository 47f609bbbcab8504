"""Which bins lie in promoters, in genes and in enhancers.

The paper does not define them. As the ENCODE challenge's code has it, a promoter is the 2 kb before a gene's start
on its strand (80 bins of 25 bp), a gene all bins it touches; enhancers are those of a BED file. All end at the
chromosome's ends.
"""

import os
from collections.abc import Mapping

import numpy as np

from epigroup.core.compressed import open_text
from epigroup.core.errors import InputError
from epigroup.formats.peak_files import read_regions
from epigroup.genome.bins import touched_bins
from epigroup.genome.contigs import accepted_names, spelling_hint

KINDS = ("promoters", "genes", "enhancers")
PROMOTER = 2000  # bp before a gene's start
FEATURES = ("gene", "transcript", "mRNA")

# start, end (bp, 0-based, half-open) and whether on the forward strand, int64 (n, 3), by chromosome
Genes = dict[str, np.ndarray]


def read_genes(path: str | os.PathLike, sizes: Mapping[str, int], contig_names: str = "as_given") -> Genes:
    """Spans of a GTF's or GFF's genes on the chromosomes of `sizes` (bp); of its transcripts where it has no genes.

    InputError: a row that cannot be read, a span beyond its chromosome's end, a file without a gene on any of them.
    """
    meant = accepted_names(sizes, contig_names)
    found: dict[str, dict[str, list[tuple[int, int, int]]]] = {}
    seen: dict[str, None] = {}
    with open_text(path) as lines:
        for number, raw in enumerate(lines, 1):
            cells = raw.decode("utf-8", "replace").rstrip("\r\n").split("\t")
            if len(cells) < 8 or cells[0].startswith("#") or cells[2] not in FEATURES:
                continue
            seen.setdefault(cells[0])
            chrom = meant.get(cells[0], cells[0])
            if chrom not in sizes:
                continue
            where = f"imputation.genes: {path}, line {number}"
            if not (cells[3].isdecimal() and cells[4].isdecimal()):
                raise InputError(f"{where}: {cells[3]} and {cells[4]} are no places on a chromosome")
            start, end = int(cells[3]) - 1, int(cells[4])
            if not 0 <= start < end <= sizes[chrom]:
                raise InputError(
                    f"{where}: {chrom}:{start + 1}-{end} is not on {chrom} ({sizes[chrom]:,} bp); the annotation is of "
                    "another assembly"
                )
            if cells[6] in ("+", "-"):
                span = (start, end, int(cells[6] == "+"))
                found.setdefault(cells[2], {}).setdefault(chrom, []).append(span)
    spans = next((found[kind] for kind in FEATURES if kind in found), None)
    if spans is None:
        hint = (
            spelling_hint(next(iter(sizes)), list(seen)) if seen else "it has no rows of genes or transcripts"
        )
        raise InputError(f"imputation.genes: {path}: has no gene on {', '.join(list(sizes)[:5])}; {hint}")
    return {chrom: np.array(rows, np.int64) for chrom, rows in spans.items()}


def gene_masks(
    genes: Genes, chrom: str, length: int, bin_size: int, bins: np.ndarray
) -> dict[str, np.ndarray]:
    """bool (B,) "promoters" and "genes" of the bins with these numbers of a chromosome of `length` bp."""
    rows = genes.get(chrom, np.empty((0, 3), np.int64))
    n_bins = -(-length // bin_size)
    start, end, forward = rows[:, 0], rows[:, 1], rows[:, 2].astype(bool)
    left = np.where(forward, np.maximum(start - PROMOTER, 0), end)
    right = np.where(forward, start, np.minimum(end + PROMOTER, length))
    return {
        "promoters": touched_bins(left, right, n_bins, bin_size)[bins],
        "genes": touched_bins(start, end, n_bins, bin_size)[bins],
    }


def enhancer_mask(
    path: str | os.PathLike,
    chrom: str,
    sizes: Mapping[str, int],
    bin_size: int,
    bins: np.ndarray,
    contig_names: str = "as_given",
) -> dict[str, np.ndarray]:
    """bool (B,) "enhancers": bins that share a base with a region of the BED. InputError as `read_regions`."""
    regions = read_regions(path, sizes, contig_names=contig_names)
    start, end = regions.get(chrom, (np.empty(0, np.int64), np.empty(0, np.int64)))
    return {"enhancers": touched_bins(start, end, -(-sizes[chrom] // bin_size), bin_size)[bins]}
