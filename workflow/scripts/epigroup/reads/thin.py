"""Profiles of equal depth: as many fragments of each, drawn at random, for a run that says whether depth confounds."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pysam

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.reads.alignments import sound_reads, whole_alignments

log = logging.getLogger(__name__)


def thin_alignments(
    bams: Sequence[str | os.PathLike],
    out: str | os.PathLike,
    index: str | os.PathLike,
    *,
    fragments: int,
    seed: int,
    profile: str,
) -> None:
    """Write `fragments` of the fragments of all replicates of a profile, pairs or single reads, sorted and indexed.

    bams: filtered alignments of its replicates. Each fragment has a number that hangs on seed, replicate, name and
    place, of a pair those of both mates: lanes that were joined may name their reads alike. Those with the least
    numbers are kept. A smaller number of fragments is thus a part of a larger one, whatever the order in the files.
    Raises InputError for a damaged file, and where there are fewer.
    """
    numbers = [
        np.fromiter(_numbers(bam, seed, place, count=True), np.uint64) for place, bam in enumerate(bams)
    ]
    found = sum(map(len, numbers))
    if found < fragments:
        raise InputError(
            f"{profile}: has {found:,} fragments after the filters, and reads.fragments asks for {fragments:,} of each "
            f"profile; set it to {found:,} or less, or leave the profile out"
        )
    last = np.partition(np.concatenate(numbers), fragments - 1)[fragments - 1]
    # An index must not be older than what it indexes, so it takes its name last.
    with whole(index) as part_index, whole(out) as part, ExitStack() as scratch:
        parts = [part.with_name(f"{part.name}.{place}.bam") for place in range(len(bams))]
        for place, (bam, one) in enumerate(zip(bams, parts, strict=True)):
            scratch.callback(one.unlink, missing_ok=True)
            _write_kept(bam, one, seed, place, int(last))
        if len(parts) == 1:
            parts[0].replace(part)
        else:
            pysam.merge("-c", "-p", "-f", os.fspath(part), *map(os.fspath, parts))
        pysam.index(os.fspath(part), os.fspath(part_index))
    os.utime(index)
    log.info("%s: %s of %s fragments kept", profile, f"{fragments:,}", f"{found:,}")


def _numbers(bam: str | os.PathLike, seed: int, replicate: int, *, count: bool) -> Iterator[int]:
    """A fragment's number, from 0 to 2^64 - 1: of every read, or with `count` once a fragment."""
    key = f"{seed}.{replicate}".encode()[-64:]
    with whole_alignments(bam) as handle:
        for read in sound_reads(bam, handle):
            if count and read.is_paired and not read.is_read1:
                continue
            named = f"{read.query_name}\t{_place(read)}"
            yield int.from_bytes(blake2b(named.encode(), digest_size=8, key=key).digest(), "little")


def _place(read: pysam.AlignedSegment) -> str:
    """Where a fragment lies, the same from both mates: contig and start of each, the leftmost first; of a single read
    its own and its strand."""
    own = (read.reference_id, read.reference_start)
    if not read.is_paired:
        return f"{own[0]}\t{own[1]}\t{read.is_reverse}"
    # what samtools fixmate wrote of the mate, which each pair has gone through
    first, second = sorted((own, (read.next_reference_id, read.next_reference_start)))
    return f"{first[0]}\t{first[1]}\t{second[0]}\t{second[1]}"


def _write_kept(bam: str | os.PathLike, out: Path, seed: int, replicate: int, last: int) -> None:
    numbers = _numbers(bam, seed, replicate, count=False)
    with (
        whole_alignments(bam) as handle,
        pysam.AlignmentFile(os.fspath(out), "wb", template=handle) as kept,
    ):
        for read, number in zip(sound_reads(bam, handle), numbers, strict=True):
            if number <= last:
                kept.write(read)
