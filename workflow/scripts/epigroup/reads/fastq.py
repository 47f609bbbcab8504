"""Checks of FASTQ files, made before anything heavy reads them.

The first records are looked at one by one. Of all others only the frame is checked, many at a time: the `@`
and
the `+`, and as many qualities as bases. That costs little beside unpacking, and finds truncated files,
records
that lost or gained a line, and mates that are not in step. Neighbours are looked at all over a file for mates that
stand in one.
"""

import itertools
import json
import logging
import os
import re
from collections import Counter
from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from epigroup.core.compressed import open_text
from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.text_files import REMEDY
from epigroup.reads.interleaved import WINDOW, Neighbours
from epigroup.reads.scratch import room_to_mark

HEAD = 10_000
CHUNK = 1 << 20
LONGEST_RECORD = 1 << 26  # bytes
NAMED_EVERY = 1000  # records between those whose names are compared with the mate's, beyond the head
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


def check_fastq(path: str | os.PathLike) -> FastqFacts:
    """Check one FASTQ file, gzip (named .gz) or plain.

    Raises InputError naming file, record and value when the file is empty, truncated, of another format, has
    Windows line ends, a record whose parts do not fit, qualities that are not Phred+33, or both mates of pairs, and as
    `room_to_mark` does. Second mates that are given as single reads are told in the log.
    """
    logger.info("%s", room_to_mark(path))
    facts, _, mates = _check(path)
    if mates[b"2"]:
        what = "first and second mates" if mates[b"1"] else "second mates"
        logger.warning("%s: holds %s by the names; each is aligned as a single read", path, what)
    return facts


def _check(path: str | os.PathLike) -> tuple[FastqFacts, list[bytes], Counter[bytes]]:
    """The facts of a file, the name line of every NAMED_EVERY-th record, and which mates the names say."""
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
    records, names = _scan(path, neighbours)
    return FastqFacts(str(path), records, shortest, longest, lowest, highest), names, neighbours.mates


def check_pair(path_1: str | os.PathLike, path_2: str | os.PathLike) -> tuple[FastqFacts, FastqFacts]:
    """Check two files of mates: each by itself, their numbers of records, the names of the first HEAD and of
    every NAMED_EVERY-th after them.

    Raises InputError as check_fastq does, and when the files are not the mates of each other. Names by which the files
    hold other mates than their columns are told in the log.
    """
    logger.info("%s", room_to_mark(path_1, path_2))
    checked = _check(path_1), _check(path_2)
    facts = checked[0][0], checked[1][0]
    for column, other, (one, _, mates) in zip((b"1", b"2"), (b"2", b"1"), checked):
        if mates[other] > mates[column]:
            logger.warning(
                "%s: holds mates /%s by their names, but is given as fastq_%s: are the columns swapped, or is "
                "one file given twice?", one.path, other.decode(), column.decode(),
            )  # fmt: skip
    with ExitStack() as stack:
        heads = [stack.enter_context(closing(_head(path))) for path in (path_1, path_2)]
        near = ((number, (one[0], two[0])) for number, (one, two) in enumerate(zip(*heads), start=1))
        far = ((1 + at * NAMED_EVERY, pair) for at, pair in enumerate(zip(checked[0][1], checked[1][1])))
        for number, (first, second) in itertools.chain(near, far):
            if _pair_name(first) != _pair_name(second):
                raise InputError(
                    f"{path_2}, record {number} (line {4 * number - 3}): {_shown(second)} is not the mate of "
                    f"{_shown(first)} in {path_1}; the files must list mates in the same order, "
                    "under one name or one that ends in /1 and /2 (fastq-dump: without -I)"
                )
    if facts[0].records != facts[1].records:
        raise InputError(
            f"{path_2}: {facts[1].records:,} records, but {path_1} has {facts[0].records:,}; one of the "
            "two is not whole"
        )
    return facts


def write_facts(out: str | os.PathLike, facts: list[dict]) -> None:
    """Write the facts of one file or of two mates as JSON, and log them."""
    for one in facts:
        logger.info("%(path)s: %(records)d records of %(shortest)d to %(longest)d bases", one)
    with whole(out) as partial:
        partial.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


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
        with closing(_chunks(path)) as chunks:
            start = next(chunks, b"")[:8]
        if start.startswith(b"BAM\x01"):
            raise InputError(f"{path}: is BAM, not FASTQ; give it in the column bam")
        if not start:
            raise InputError(f"{path}: is empty once unpacked; it must hold reads")
    for magic, what in OTHER_FORMATS.items():
        if start.startswith(magic):
            raise InputError(f"{path}: is {what}")


def _chunks(path: str | os.PathLike) -> Generator[bytes, None, None]:
    """Unpacked contents. Raises InputError where the gzip stream is broken, ends early, or is followed by anything:
    fastp ends at the first byte after it."""
    with open_text(path, for_tools=True) as handle:
        while chunk := handle.read(CHUNK):
            yield chunk


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


def _scan(path: str | os.PathLike, neighbours: Neighbours) -> tuple[int, list[bytes]]:
    """Number of records, and the name line of every NAMED_EVERY-th, of a whole file whose frame is
    checked."""
    records, names, rest = 0, [], b""
    for chunk in itertools.chain(_chunks(path), [None]):
        if chunk is None and rest and not rest.endswith(b"\n"):
            chunk = b"\n"
        text = rest + (chunk or b"")
        letters = np.frombuffer(text, np.uint8)
        stop = np.flatnonzero(letters == ord("\n"))
        stop = stop[: len(stop) // 4 * 4]
        if not len(stop):
            rest = text
            if len(rest) > LONGEST_RECORD:
                raise InputError(
                    f"{path}, record {records + 1}: is longer than {LONGEST_RECORD:,} bytes; is this FASTQ?"
                )
            continue
        first = np.concatenate([[0], stop[:-1] + 1])
        length = stop - first
        good = (letters[first[::4]] == ord("@")) & (letters[first[2::4]] == ord("+"))
        good &= (length[1::4] == length[3::4]) & (length[1::4] > 0)
        if not good.all():
            number = records + int(np.argmin(good)) + 1
            raise InputError(
                f"{path}, record {number} (line {4 * number - 3}): no FASTQ record of @name, bases, + and as many "
                "qualities; a line is missing or damaged there: copy the file again"
            )
        for at in range(-records % NAMED_EVERY, len(good), NAMED_EVERY):
            window = [text[first[4 * one] : stop[4 * one]] for one in range(at, min(at + WINDOW, len(good)))]
            names.append(window[0])
            if len(window) == WINDOW and records + at >= HEAD:
                neighbours.look_at_window(records + at + 1, window)
        records += len(good)
        rest = text[stop[-1] + 1 :]
    if rest:
        lines = 4 * records + rest.count(b"\n") + (not rest.endswith(b"\n"))
        raise InputError(
            f"{path}: {lines:,} lines, not a multiple of 4: the last record is cut off; copy it again"
        )
    neighbours.end()
    return records, names


def _pair_name(line: bytes) -> bytes:
    """The part of a name line that mates share: the first word without its /1 or /2.

    Not without .1 or .2, as `fastq-dump -I` writes them: bowtie2 keeps those, and samtools would take the
    mates for single reads.
    """
    return re.sub(rb"/[12]$", b"", line.split(None, 1)[0] if line.strip() else line)


def _shown(line: bytes) -> str:
    text = line[:60].decode("ascii", "replace")
    return repr(text + "..." if len(line) > 60 else text)


def read_records(path: str | os.PathLike) -> int:
    """Records that `write_facts` counted, of all files together. Raises InputError for a damaged file."""
    try:
        return sum(int(one["records"]) for one in json.loads(Path(path).read_bytes()))
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: does not count the reads of FASTQ files; {REMEDY}") from None
