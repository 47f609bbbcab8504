"""The filter of alignments: which reads are kept, and for which reason each of the others is dropped.

A read is dropped for the first of DROPPED that holds. Of a pair both mates go or neither, so what is asked of a read
is asked of its mate as well, by what samtools fixmate wrote on the read: mapping quality (MQ), place and length (MC).
A read that is flagged as aligned but has no CIGAR is not aligned, as samtools takes it where it reads text.
"""

import bisect
import logging
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pysam

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.text_files import REMEDY, read_json
from epigroup.formats.peak_files import read_regions
from epigroup.reads.accounts import DROPPED, GIVEN, KEPT, TRIMMED
from epigroup.reads.alignments import (
    end_of,
    is_mate_placed,
    is_placed,
    mate_cigar,
    mate_quality,
    sound_reads,
    whole_alignments,
)
from epigroup.reads.fastq_facts import read_records

log = logging.getLogger(__name__)

_CODE = {reason: code for code, reason in enumerate((KEPT, *DROPPED))}
# Reasons that flags alone tell, in the order of DROPPED; duplicates come after what needs the place.
_BY_FLAG = (
    (pysam.FSECONDARY, "secondary alignment"),
    (pysam.FSUPPLEMENTARY, "supplementary alignment"),
    (pysam.FUNMAP, "not aligned"),
)
_PAIRED, _DUPLICATE = pysam.FPAIRED, pysam.FDUP
LEVEL = "level=1"  # a third of the time of level 6, for 12 % more bytes
_ON_REFERENCE = re.compile(r"(\d+)[MDN=X]")


class Regions(NamedTuple):
    """Sorted, disjoint regions of one contig: starts and ends (bp)."""

    starts: list[int]
    ends: list[int]

    def overlap(self, start: int, end: int) -> bool:
        at = bisect.bisect_right(self.ends, start)
        return at < len(self.starts) and self.starts[at] < end


def filter_alignments(
    bam: str | os.PathLike,
    out: str | os.PathLike,
    index: str | os.PathLike,
    sizes: Mapping[str, int],
    *,
    mapq: int,
    mitochondrion: str | None,
    blacklist: str | os.PathLike | None,
    contig_names: str = "as_given",
) -> dict[str, int]:
    """Write the reads that are kept, with their index; return the reads kept and dropped, by KEPT and DROPPED.

    bam: sorted, mates filled in by samtools fixmate -m, duplicates marked. sizes: lengths (bp) of the chosen contigs;
    mapq: the least mapping quality of a read and its mate. Raises InputError for a damaged file, and where a
    read of a pair does not tell where its mate ends and a blacklist is given.
    """
    by_flag = [_CODE[reason_of(flag) or KEPT] for flag in range(1 << 12)]
    duplicate, black = _CODE["duplicate"], _CODE["in the blacklist"]
    lost, mate_lost = _CODE["not aligned"], _CODE["mate not aligned"]
    low, low_mate = _CODE["mapping quality too low"], _CODE["mapping quality of the mate too low"]
    regions = {} if blacklist is None else merged_regions(blacklist, sizes, contig_names)
    counts = [0] * len(_CODE)
    unplaced, first = 0, ""
    with whole(index) as part_index, whole(out) as part:
        with (
            whole_alignments(bam) as handle,
            pysam.AlignmentFile(str(part), "wb", template=handle, format_options=[LEVEL]) as kept,
        ):
            off = [_contig_reason(name, sizes, mitochondrion) for name in handle.references]
            black_of = [regions.get(name) for name in handle.references]
            for read in sound_reads(bam, handle):
                flag = read.flag
                reason = by_flag[flag]
                if (not reason or reason > lost) and not is_placed(read):
                    reason = lost
                    unplaced += 1
                    first = first or str(read.query_name)
                elif (not reason or reason > mate_lost) and flag & _PAIRED and not is_mate_placed(read):
                    reason = mate_lost
                if not reason:
                    contig = read.reference_id
                    if read.mapping_quality < mapq:
                        reason = low
                    elif flag & _PAIRED and ((quality := mate_quality(read)) is None or quality < mapq):
                        reason = low_mate
                    elif off[contig]:
                        reason = off[contig]
                    elif flag & _DUPLICATE:
                        reason = duplicate
                    elif (here := black_of[contig]) and _blacklisted(bam, read, here):
                        reason = black
                    else:
                        kept.write(read)
                counts[reason] += 1
        pysam.index(str(part), str(part_index))
    if unplaced:
        log.warning(
            "%s: %s reads are flagged as aligned and have no CIGAR, such as %r; they count as not aligned",
            bam,
            f"{unplaced:,}",
            first,
        )
    # An index must not be older than what it indexes.
    os.utime(index)
    return {reason: counts[code] for reason, code in _CODE.items()}


def dropped_before(checked: str | os.PathLike, trimmed: str | os.PathLike | None) -> dict[str, int]:
    """Reads given, under GIVEN, and those that are gone before alignments are marked, by reason.

    checked: what `check_fastq` or `check_alignments` found; trimmed: fastp's counts, None without trimming. Records of
    a BAM file that are further alignments of a read count as given, and as dropped for that. Raises InputError for a
    damaged file.
    """
    if Path(checked).read_bytes().lstrip().startswith(b"{"):
        facts = read_json(checked)
        further = {f"{kind} alignment": facts[kind] for kind in ("secondary", "supplementary")}
        return {GIVEN: facts["records"], **further}
    given = read_records(checked)
    if trimmed is None:
        return {GIVEN: given}
    try:
        left = int(read_json(trimmed)["summary"]["after_filtering"]["total_reads"])
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{trimmed}: does not count the reads after trimming; {REMEDY}") from None
    return {GIVEN: given, TRIMMED: given - left}


def reason_of(flag: int) -> str:
    """The reason to drop a read that its flags give before its quality and place are looked at; empty without one."""
    for bit, reason in _BY_FLAG:
        if flag & bit:
            return reason
    # A read that says which mate it is but no longer that it is paired has lost the other: fixmate takes that
    # flag away.
    if not flag & _PAIRED and flag & (pysam.FREAD1 + pysam.FREAD2):
        return "mate missing"
    if flag & _PAIRED and flag & pysam.FMUNMAP:
        return "mate not aligned"
    if flag & pysam.FQCFAIL:
        return "failed by the sequencer"
    return "no proper pair" if flag & _PAIRED and not flag & pysam.FPROPER_PAIR else ""


def merged_regions(
    blacklist: str | os.PathLike, sizes: Mapping[str, int], contig_names: str = "as_given"
) -> dict[str, Regions]:
    """Regions of a BED by contig of `sizes`, sorted, those that overlap or touch made one. Raises InputError as
    `read_regions` does."""
    merged = {}
    for name, (start, end) in read_regions(blacklist, sizes, contig_names=contig_names).items():
        order = np.argsort(start, kind="stable")
        start, reach = start[order], np.maximum.accumulate(end[order])
        first = np.concatenate([[True], start[1:] > reach[:-1]])
        last = np.concatenate([first[1:], [True]])
        merged[name] = Regions(start[first].tolist(), reach[last].tolist())
    return merged


def _contig_reason(name: str, sizes: Mapping[str, int], mitochondrion: str | None) -> int:
    if name == mitochondrion:
        return _CODE["on the mitochondrion"]
    return 0 if name in sizes else _CODE["on a contig not chosen"]


def _blacklisted(bam: str | os.PathLike, read: pysam.AlignedSegment, regions: Regions) -> bool:
    """Whether a read or its mate, which lies on the same contig, overlaps a region by a base."""
    if regions.overlap(read.reference_start, end_of(bam, read)):
        return True
    if not read.flag & _PAIRED:
        return False
    cigar = mate_cigar(read)
    if cigar is None:
        raise InputError(
            f"{bam}: read {read.query_name!r} does not tell where its mate ends (tag MC); {REMEDY}"
        )
    start = read.next_reference_start
    return regions.overlap(start, start + reference_length(cigar))


@cache
def reference_length(cigar: str) -> int:
    """Bases of the reference that a CIGAR string covers."""
    return sum(map(int, _ON_REFERENCE.findall(cigar)))
