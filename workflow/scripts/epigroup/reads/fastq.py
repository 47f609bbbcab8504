"""Checks of FASTQ files, made before anything heavy reads them.

The first records are looked at one by one. All are read by dnaio (Martin 2011, cutadapt), which checks their frame: the
`@` and the `+`, and as many qualities as bases. That costs little beside unpacking, and finds truncated files and
records that lost or gained a line. Of mates every pair of names is compared, here, since dnaio's own comparison passes
over any 1, 2 or 3 at the end of a name: r.11 and r.12 are no mates. Neighbours are looked at all over a file for mates
that stand in one.
"""

import itertools
import logging
import os
import re
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from operator import attrgetter, eq, methodcaller
from typing import BinaryIO

from dnaio import FastqReader, SequenceRecord
from dnaio.exceptions import FastqFormatError

from epigroup.core.compressed import open_text
from epigroup.core.errors import InputError
from epigroup.reads.interleaved import WINDOW, Neighbours
from epigroup.reads.scratch import room_to_mark

HEAD = 10_000
BLOCK = 100  # records that are compared at once; more of them at a time set off Python's search for cycles
LOOKED_AT = 1000  # records between those whose neighbours are looked at, beyond the head
LONGEST_RECORD = 1 << 26  # bytes
SEQUENCE = re.compile(rb"[ACGTUNRYSWKMBDHVacgtunryswkmbdhv.]+")
# A quality above the one while none lies below the other is Phred+64, not Phred+33 of a short-read machine.
HIGHEST_33, LOWEST_64 = 80, 59
OTHER_FORMATS = {
    b">": "FASTA, without qualities",
    b"BZh": "bzip2; unpack it and use gzip",
    b"PK\x03\x04": "zip; unpack it and use gzip",
    b"\xfd7zXZ": "xz; unpack it and use gzip",
    b"CRAM": "CRAM; convert it to FASTQ, or to BAM in the column bam",
    b"@HD\t": "SAM; convert it to BAM and give it in the column bam",
    b"@SQ\t": "SAM; convert it to BAM and give it in the column bam",
    b"\xef\xbb\xbf": "text with a byte-order mark; save it without one",
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FastqFacts:
    """Records of the whole file; read lengths (bases) and quality codes of its first HEAD records."""

    path: str
    records: int
    shortest: int
    longest: int
    lowest_quality: int
    highest_quality: int


def check_lanes(
    first: Sequence[str | os.PathLike], second: Sequence[str | os.PathLike] = ()
) -> list[FastqFacts]:
    """Check the FASTQ files of a replicate, a file or two mates a lane; facts lane by lane, first mate first.

    Raises InputError as `check_fastq` and `check_pair` do for each lane by itself, and as `room_to_mark` does for all.
    """
    logger.info("%s", room_to_mark(*first, *second))
    lanes = list(zip(first, second, strict=True)) if second else [(path,) for path in first]
    found: list[FastqFacts] = []
    for number, paths in enumerate(lanes, start=1):
        followed = number < len(lanes)
        found += check_pair(*paths, followed=followed) if second else [check_fastq(*paths, followed=followed)]
    return found


def check_fastq(path: str | os.PathLike, *, followed: bool = False) -> FastqFacts:
    """Check one FASTQ file, gzip (named .gz) or plain. followed: whether another lane is put behind it.

    Raises InputError naming file, record and value when the file is empty, truncated, of another format, has
    Windows line ends, a record whose parts do not fit, qualities that are not Phred+33, or both mates of pairs, and
    when a lane that is followed has no end of its last line. Second mates that are given as single reads are told in
    the log.
    """
    start, neighbours = _check_head(path)
    records = sum(map(len, _blocks(path, neighbours, followed)))
    mates = neighbours.mates
    if mates[b"2"]:
        what = "first and second mates" if mates[b"1"] else "second mates"
        logger.warning("%s: holds %s by the names; each is aligned as a single read", path, what)
    return replace(start, records=records)


def check_pair(
    path_1: str | os.PathLike, path_2: str | os.PathLike, *, followed: bool = False
) -> tuple[FastqFacts, FastqFacts]:
    """Check two files of mates: each by itself, the names of every pair, their numbers of records.

    Raises InputError as check_fastq does, and when the files are not the mates of each other. Names by which the files
    hold other mates than their columns are told in the log.
    """
    paths = path_1, path_2
    heads = [_check_head(path) for path in paths]
    counts = [0, 0]
    with ExitStack() as stack:
        blocks = [
            stack.enter_context(closing(_blocks(path, neighbours, followed)))
            for path, (_, neighbours) in zip(paths, heads, strict=True)
        ]
        for both in itertools.zip_longest(*blocks, fillvalue=()):
            _check_names(paths, both, counts[0])
            counts = [count + len(block) for count, block in zip(counts, both, strict=True)]
    for column, other, path, (_, neighbours) in zip((b"1", b"2"), (b"2", b"1"), paths, heads, strict=True):
        if neighbours.mates[other] > neighbours.mates[column]:
            logger.warning(
                "%s: holds mates /%s by their names, but is given as fastq_%s: are the columns swapped, or is "
                "one file given twice?", path, other.decode(), column.decode(),
            )  # fmt: skip
    if counts[0] != counts[1]:
        raise InputError(
            f"{path_2}: {counts[1]:,} records, but {path_1} has {counts[0]:,}; one of the two is not whole"
        )
    first, second = (replace(start, records=count) for (start, _), count in zip(heads, counts, strict=True))
    return first, second


def _check_head(path: str | os.PathLike) -> tuple[FastqFacts, Neighbours]:
    """The facts of a file but for its records, 0, and its neighbours, which have seen the first HEAD names."""
    _check_start(path)
    lines: list[bytes] = []
    shortest, longest, lowest, highest = 1 << 30, 0, 255, 0
    for number, (name, bases, plus, quality) in enumerate(_head(path), start=1):
        at = f"{path}, record {number} (line {4 * number - 3})"
        if not name.startswith(b"@") or not plus.startswith(b"+"):
            odd = name if not name.startswith(b"@") else plus
            raise InputError(
                f"{at}: {_shown(odd)} is not the {'@name' if odd is name else '+'} line of a FASTQ record"
            )
        if name.endswith(b"\r"):
            raise InputError(f"{at}: Windows line ends (\\r); remove them, for example with dos2unix")
        if not SEQUENCE.fullmatch(bases):
            raise InputError(f"{at}: {_shown(bases)} is not a sequence of bases")
        if len(bases) != len(quality):
            raise InputError(f"{at}: {len(bases)} bases but {len(quality)} qualities")
        lines.append(name)
        shortest, longest = min(shortest, len(bases)), max(longest, len(bases))
        lowest, highest = min(lowest, *quality), max(highest, *quality)
        if min(quality) < 33 or max(quality) > 126:
            raise InputError(f"{at}: {_shown(quality)} holds a character that is no quality")
    if lowest >= LOWEST_64 and highest > HIGHEST_33:
        raise InputError(
            f"{path}: qualities run from {chr(lowest)!r} to {chr(highest)!r} in its first records, the old "
            "Phred+64; convert it to Phred+33, for example with: seqtk seq -Q64 -V"
        )
    neighbours = Neighbours(path)
    neighbours.look_at_head(lines)
    return FastqFacts(str(path), 0, shortest, longest, lowest, highest), neighbours


def _check_names(
    paths: Sequence[str | os.PathLike], blocks: Sequence[Sequence[SequenceRecord]], before: int
) -> None:
    """Raises InputError for the first two records of as many blocks that are not mates; before: records before them."""
    n_pairs = min(map(len, blocks))
    names = [list(map(NAME, block[:n_pairs])) for block in blocks]
    # Lists are compared, and ends taken off, without a step of Python a record.
    if names[0] == names[1] or all(map(eq, map(WITHOUT_1, names[0]), map(WITHOUT_2, names[1]))):
        return
    for at, (one, two) in enumerate(zip(*names, strict=True)):
        if one != two and _without_mate(one) != _without_mate(two):
            number, shown = before + at + 1, [_shown(_line(block[at])) for block in blocks]
            raise InputError(
                f"{paths[1]}, record {number} (line {4 * number - 3}): {shown[1]} is not the mate of "
                f"{shown[0]} in {paths[0]}; the files must list mates in the same order, "
                "under one name or one that ends in /1 and /2 (fastq-dump: without -I)"
            )


def _check_start(path: str | os.PathLike) -> None:
    """Raises InputError for another format, or when the name misleads."""
    try:
        with open(path, "rb") as handle:
            start = handle.read(8)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    if not start:
        raise InputError(f"{path}: is empty; it must hold reads")
    packed = start.startswith(b"\x1f\x8b")
    if packed != str(path).endswith(".gz"):
        # The aligner and the trimmer go by the name.
        fault = "is gzip, but its name does not end in .gz" if packed else "is named .gz, but is not gzip"
        raise InputError(f"{path}: {fault}; rename it")
    if packed:
        with open_text(path, for_tools=True) as handle:
            start = handle.read(8)
        if start.startswith(b"BAM\x01"):
            raise InputError(f"{path}: is BAM, not FASTQ; give it in the column bam")
        if not start:
            raise InputError(f"{path}: is empty once unpacked; it must hold reads")
    for magic, what in OTHER_FORMATS.items():
        if start.startswith(magic):
            raise InputError(f"{path}: is {what}")


def _head(path: str | os.PathLike) -> Generator[tuple[bytes, ...], None, None]:
    """The first HEAD whole records as (name, bases, plus, quality), without line ends."""
    with open_text(path, for_tools=True) as handle:
        for number in range(1, HEAD + 1):
            record = tuple(line.rstrip(b"\n") for line in itertools.islice(handle, 4))
            if not record:
                return
            if len(record) < 4:
                raise InputError(
                    f"{path}, record {number} (line {4 * number - 3}): ends after {len(record)} of 4 lines"
                )
            yield record


class _Source:
    """What dnaio reads of a file: it asks for more at a time where a record is longer. `ended`: whether the last line
    that was read has its end."""

    def __init__(self, path: str | os.PathLike, handle: BinaryIO):
        self.path, self.handle, self.ended = path, handle, True

    def read(self, size: int) -> bytes:
        if size > LONGEST_RECORD:
            raise InputError(
                f"{self.path}: has a record of more than {LONGEST_RECORD:,} bytes; is this FASTQ?"
            )
        text = self.handle.read(size)
        self.ended = text.endswith(b"\n") if text else self.ended
        return text


def _blocks(
    path: str | os.PathLike, neighbours: Neighbours, followed: bool
) -> Generator[list[SequenceRecord], None, None]:
    """All records of a file, BLOCK at a time, the last time fewer. Raises InputError where the frame of one does not
    fit, as `Neighbours` does, and where the gzip stream is broken, ends early, or is followed by anything: fastp ends
    at the first byte after it."""
    records = 0
    with open_text(path, for_tools=True) as handle:
        source = _Source(path, handle)
        try:
            reader = iter(FastqReader(source))  # type: ignore[arg-type]  # it reads, and nothing else is asked of it
            while block := list(itertools.islice(reader, BLOCK)):
                # A record without bases is false.
                if not all(block):
                    raise _no_record(path, records + 1 + list(map(bool, block)).index(False))
                if records >= HEAD and records % LOOKED_AT == 0 and len(block) >= WINDOW:
                    neighbours.look_at_window(records + 1, list(map(_line, block[:WINDOW])))
                records += len(block)
                yield block
        except FastqFormatError as error:
            raise _refusal(path, error, source.ended) from None
    if followed and not source.ended:
        raise InputError(
            f"{path}: its last line has no end, and the reads of another lane follow it; add one: unpack the file, and "
            "`echo >> FILE`"
        )
    neighbours.end()


def _refusal(path: str | os.PathLike, error: FastqFormatError, ended: bool) -> InputError:
    """What dnaio found, in the words of a user's file."""
    if error.line is None:
        return _no_ascii(path)
    number = error.line // 4 + 1
    if error.message.startswith("Premature end"):
        lines = error.line + (not ended)
        return InputError(
            f"{path}: {lines:,} lines, not a multiple of 4: the last record is cut off; copy it again"
        )
    if error.message.startswith("Sequence descriptions"):
        return InputError(
            f"{path}, record {number} (line {4 * number - 3}): the line of the + has another name than that of the @; "
            "lines are missing there, and the file is to be copied again, or the names behind all + are to be "
            "removed: awk 'NR % 4 == 3 {$0 = \"+\"} 1'"
        )
    return _no_record(path, number)


def _no_ascii(path: str | os.PathLike) -> InputError:
    """dnaio says of a whole block that it is not ASCII; the record is looked for."""
    with open_text(path, for_tools=True) as handle:
        line, text = next((n, text) for n, text in enumerate(handle, start=1) if not text.isascii())
    return InputError(
        f"{path}, record {(line + 3) // 4} (line {line}): {_shown(text.rstrip())} is not ASCII, as names, bases and "
        "qualities are; copy the file again"
    )


def _no_record(path: str | os.PathLike, number: int) -> InputError:
    return InputError(
        f"{path}, record {number} (line {4 * number - 3}): no FASTQ record of @name, bases, + and as many "
        "qualities; a line is missing or damaged there: copy the file again"
    )


# The part of a name line that mates share is the first word without its /1 or /2. Not without .1 or .2, as `fastq-dump
# -I` writes them: bowtie2 keeps those, and samtools would take the mates for single reads.
NAME = attrgetter("id")
WITHOUT_1, WITHOUT_2 = methodcaller("removesuffix", "/1"), methodcaller("removesuffix", "/2")


def _without_mate(name: str) -> str:
    return name[:-2] if name.endswith(("/1", "/2")) else name


def _line(record: SequenceRecord) -> bytes:
    """The name line."""
    return b"@" + record.name.encode("ascii")


def _shown(line: bytes) -> str:
    text = line[:60].decode("ascii", "replace")
    return repr(text + "..." if len(line) > 60 else text)
