"""How much more often the enzyme cuts at starts of transcripts than beside them (TSS enrichment, as ENCODE has it).

Reads are centred on their 5' ends, summed over all starts of transcripts in the direction of transcription, 2,000 bp to
either side, divided by the mean of the outermost 100 bp of both sides; the highest point is the figure.
"""

import gzip
import os
from collections.abc import Iterator

import numpy as np

from epigroup.cross_correlation import Ends
from epigroup.errors import InputError

FLANK, OUTERMOST = 2000, 100
FEATURES = ("transcript", "mRNA", "gene")


def read_starts(gtf: str | os.PathLike, sizes: dict[str, int]) -> dict[str, np.ndarray]:
    """Distinct starts of transcripts by chromosome of `sizes`, int64 (n, 2): position (bp, 0-based) and 1 for the
    forward, 0 for the reverse strand; of genes where the file has no transcripts.

    Raises InputError for a file that is no GTF or GFF, or names no start on any of these chromosomes.
    """
    found: dict[str, dict[str, set[tuple[int, int]]]] = {name: {} for name in FEATURES}
    for line, fields in _rows(gtf):
        if fields[2] not in FEATURES or fields[0] not in sizes:
            continue
        strand = fields[6]
        if strand not in "+-" or not (fields[3].isdecimal() and fields[4].isdecimal()):
            raise InputError(
                f"{gtf}, line {line}: a {fields[2]} without place or strand; give a GTF or GFF file"
            )
        at = int(fields[3]) - 1 if strand == "+" else int(fields[4]) - 1
        if not 0 <= at < sizes[fields[0]]:
            raise InputError(
                f"{gtf}, line {line}: {fields[0]}:{at + 1} lies beyond the end of {fields[0]} ({sizes[fields[0]]:,} "
                "bp); the annotation is of another assembly"
            )
        found[fields[2]].setdefault(fields[0], set()).add((at, int(strand == "+")))
    starts = next((found[name] for name in FEATURES if found[name]), {})
    if not starts:
        raise InputError(
            f"{gtf}: no {' or '.join(FEATURES)} on the chromosomes {', '.join(list(sizes)[:5])}; genome.gtf must be of "
            "this assembly and name its chromosomes alike"
        )
    return {name: np.array(sorted(places), np.int64) for name, places in starts.items()}


def _rows(path: str | os.PathLike) -> Iterator[tuple[int, list[str]]]:
    """(line, nine columns as in GTF) of GTF, GFF, or of BED by its name, whose rows are taken for transcripts."""
    opened = gzip.open if str(path).endswith(".gz") else open
    is_bed = str(path).removesuffix(".gz").endswith(".bed")
    try:
        with opened(path, "rt") as handle:
            for line, text in enumerate(handle, start=1):
                if text.startswith(("#", "track", "browser")) or not text.strip():
                    continue
                fields = text.rstrip("\n").split("\t")
                if is_bed and len(fields) >= 3 and fields[1].isdecimal():
                    strand = fields[5] if len(fields) > 5 else "+"
                    first = str(int(fields[1]) + 1)
                    fields = [fields[0], "", FEATURES[0], first, fields[2], "", strand, "", ""]
                if len(fields) != 9:
                    raise InputError(f"{path}, line {line}: {len(fields)} columns where GTF has 9")
                yield line, fields
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the annotation cannot be read: {error}") from None


def tss_enrichment(ends: Ends, starts: dict[str, np.ndarray], sizes: dict[str, int]) -> float:
    """The enrichment of cuts at `starts` (as `read_starts` gives them); NaN when nothing lies at the edges.

    Starts within 2,000 bp and a read of a chromosome's end are left out.
    """
    half = max(ends.read_length // 2, 1)
    reach = FLANK + half
    profile = np.zeros(2 * reach + 1, np.float64)
    for name, places in starts.items():
        if name not in ends.by_chrom:
            continue
        cuts = np.sort(np.concatenate(ends.by_chrom[name]))
        for at, forward in places:
            if at < reach or at + reach >= sizes[name]:
                continue
            low, high = np.searchsorted(cuts, [at - reach, at + reach + 1])
            away = cuts[low:high] - at
            np.add.at(profile, reach + (away if forward else -away), 1)
    summed = np.cumsum(np.concatenate([[0], profile]))
    width = 2 * half + 1
    covered = summed[width:] - summed[:-width]
    edges = np.concatenate([covered[:OUTERMOST], covered[-OUTERMOST:]]).mean()
    return float(covered.max() / edges) if edges else float("nan")
