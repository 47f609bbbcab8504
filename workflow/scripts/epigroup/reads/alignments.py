"""Filtered alignments: how many reads, in which layout, and where the enzyme cut."""

import gzip
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pysam

from epigroup.core.errors import InputError
from epigroup.core.text_files import REMEDY, first_line

LOOKED_AT = 1000
TN5_FORWARD, TN5_REVERSE = 4, 5


@contextmanager
def open_alignments(bam: str | os.PathLike) -> Iterator[pysam.AlignmentFile]:
    """Open a BAM file of this workflow. Raises InputError, there or while the block reads, when it is cut or
    damaged. For blocks that write nothing: what fails in writing would be laid at this file's door.
    """
    try:
        with whole_alignments(bam) as handle:
            yield handle
    except (OSError, ValueError, pysam.SamtoolsError) as error:
        raise _damaged(bam, error) from error


@contextmanager
def whole_alignments(bam: str | os.PathLike) -> Iterator[pysam.AlignmentFile]:
    """A BAM file of this workflow, opened; read it by `sound_reads`. Raises InputError when it is cut."""
    try:
        # A file cut between two of its blocks reads well to its end; only the missing end marker tells.
        pysam.quickcheck(os.fspath(bam))
        handle = pysam.AlignmentFile(os.fspath(bam), "rb")
    except (OSError, ValueError, pysam.SamtoolsError) as error:
        raise _damaged(bam, error) from error
    with closed_quietly(handle):
        yield handle


@contextmanager
def closed_quietly(handle: pysam.AlignmentFile) -> Iterator[pysam.AlignmentFile]:
    """Close a file that is read. One that could not be read to its end cannot be closed without another error, which
    would hide the first."""
    try:
        yield handle
    finally:
        with suppress(OSError):
            handle.close()


def sound_reads(bam: str | os.PathLike, handle: pysam.AlignmentFile) -> Iterator[pysam.AlignedSegment]:
    """The reads of an opened BAM file. Raises InputError where it is damaged."""
    try:
        yield from handle
    except (OSError, ValueError) as error:
        raise _damaged(bam, error) from error


def _damaged(bam: str | os.PathLike, error: BaseException) -> InputError:
    return InputError(f"{bam}: the alignments are cut or damaged ({first_line(error)}); {REMEDY}")


def mapped_reads(bam: str | os.PathLike) -> int:
    """Mapped reads of a BAM file, counted one by one: an index knows the number too, but has no checksum. Raises
    InputError for a damaged file."""
    with open_alignments(bam):
        return count_with_samtools("-F", "4", os.fspath(bam))


def count_with_samtools(*arguments: str) -> int:
    """What `samtools view -c` counts."""
    return int("".join(pysam.view("-c", *arguments)))


def has_reads(bam: str | os.PathLike) -> bool:
    """Whether a BAM file holds any read. Raises InputError for a damaged file."""
    with open_alignments(bam) as handle:
        return next(iter(handle), None) is not None


def is_paired(bam: str | os.PathLike) -> bool:
    """Whether the reads come in pairs, as the first reads tell.

    Raises InputError when both kinds are among them: replicates of both layouts in one profile.
    """
    with open_alignments(bam) as handle:
        found = {read.is_paired for read in itertools.islice(handle, LOOKED_AT)}
    if len(found) > 1:
        raise InputError(f"{bam}: holds single-end and paired reads; give them as two profiles")
    return found == {True}


def is_placed(read: pysam.AlignedSegment) -> bool:
    """Whether a read is aligned and has a CIGAR, without which nothing says where it ends. BAM files may hold reads
    that are flagged as aligned and have none; samtools takes them as not aligned where it reads text."""
    return read.reference_end is not None


def is_mate_placed(read: pysam.AlignedSegment) -> bool:
    """The same of the mate, as samtools fixmate -m wrote it on the read; true where it wrote nothing."""
    return mate_cigar(read) != "*"


def mate_cigar(read: pysam.AlignedSegment) -> str | None:
    """The mate's CIGAR, as samtools fixmate -m writes it on a read (tag MC); None where it wrote nothing."""
    try:
        return str(read.get_tag("MC"))
    except KeyError:
        return None


def mate_quality(read: pysam.AlignedSegment) -> int | None:
    """The mate's mapping quality, as samtools fixmate writes it on a read (tag MQ); None where it wrote nothing."""
    try:
        found = read.get_tag("MQ")
    except KeyError:
        return None
    return found if isinstance(found, int) else None


def end_of(bam: str | os.PathLike, read: pysam.AlignedSegment) -> int:
    """The base after a read's last, from 0, bp. Raises InputError, naming file and read, where nothing says it."""
    end = read.reference_end
    if end is None:
        raise InputError(
            f"{bam}: read {read.query_name!r} is not aligned, or is flagged so and has no CIGAR; {REMEDY}, without it"
        )
    return end


def write_cut_sites(bam: str | os.PathLike, out: str | os.PathLike, *, tn5: bool) -> int:
    """Write every read as a BED interval with its strand (gzip), its 5' end at the cut; return how many.

    With `tn5` the 5' ends move to the middle of the transposase's 9-bp stagger: +4 on the forward strand, -5
    on the reverse (Buenrostro et al. 2013). The rest of the read stays, because MACS2 takes the read length
    as the gap over which it joins peaks. Raises InputError for a BAM file that is cut or damaged, or holds a read that
    ends nowhere.
    """
    forward, reverse = (TN5_FORWARD, TN5_REVERSE) if tn5 else (0, 0)
    count = 0
    with gzip.open(out, "wt", compresslevel=1, encoding="utf-8") as bed, open_alignments(bam) as handle:
        for read in handle:
            start, end, strand = read.reference_start, end_of(bam, read), "+"
            if read.is_reverse:
                end, strand = max(end - reverse, start + 1), "-"
            else:
                start = min(start + forward, end - 1)
            bed.write(f"{read.reference_name}\t{start}\t{end}\t.\t0\t{strand}\n")
            count += 1
    return count
