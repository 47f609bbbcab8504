"""Both mates of a pair in one FASTQ file, told by the names of neighbouring records.

Names are looked at in blocks: the first records of a file, and windows of a few records all over it. Two neighbours of
one name are mates where nearly no name stands three times: names cut at a space or at a coordinate, of barcodes or of
families of duplicates repeat in runs of any length. Where the names say first and second mate, few couples do.
"""

import itertools
import os
import re
import shlex
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from epigroup.core.errors import InputError

WINDOW = 5  # neighbouring records; two mates and one on either side, wherever the first of them stands
BLOCK = 1000  # records
WINDOWS = 100  # windows that are judged together
LAST_WINDOWS = 10  # of a file, judged by themselves
FEW_COUPLES, MANY_COUPLES = 3, 10
# Of the records, in FEW_COUPLES or MANY_COUPLES at least. Families of which this share are couples have longer runs.
MOST_SHARE, SOME_SHARE = 0.8, 1 / 3
LONGER_SHARE = 0.05  # records in longer runs, for each in a couple
_NUMBERED = re.compile(rb"(.+)\.(\d+)")


@dataclass(frozen=True)
class Name:
    """A name line: what mates share, the mate that it says it is (b"1", b"2" or b""), all of it."""

    stem: bytes
    mate: bytes
    line: bytes


def read_name(line: bytes) -> Name:
    """Of `name/1`, Casava 1.8's `name 1:N:0:INDEX`, the archives' `run.1 name/1`, and names without a mate."""
    first, *others = line.split(None, 2)
    if first[-2:] in (b"/1", b"/2"):
        return Name(first[:-2], first[-1:], line)
    second = others[0] if others else b""
    if second[:4] in (b"1:N:", b"2:N:", b"1:Y:", b"2:Y:"):
        return Name(first, second[:1], line)
    if second[-2:] in (b"/1", b"/2"):
        return Name(first + b" " + second[:-2], second[-1:], line)
    return Name(first, b"", line)


@dataclass(frozen=True)
class _Count:
    """Neighbours of one name: couples, those that say so, records alone and in longer runs; the first couple."""

    couples: int = 0
    said: int = 0
    alone: int = 0
    longer: int = 0
    first: tuple[int, Name, Name] | None = None

    def __add__(self, other: "_Count") -> "_Count":
        return _Count(
            self.couples + other.couples, self.said + other.said, self.alone + other.alone,
            self.longer + other.longer, self.first or other.first,
        )  # fmt: skip

    @property
    def records(self) -> int:
        return 2 * self.couples + self.alone + self.longer

    @property
    def is_interleaved(self) -> bool:
        share = 2 * self.couples / max(1, self.records)
        if self.longer > LONGER_SHARE * 2 * self.couples:
            return False
        return (self.couples >= FEW_COUPLES and share >= MOST_SHARE) or (
            self.couples >= MANY_COUPLES and share >= SOME_SHARE
        )


def _numbered(name: Name) -> tuple[bytes, bytes]:
    """(name without its number, number) of `run.17.1`, as fastq-dump -I names mates."""
    found = _NUMBERED.fullmatch(name.stem)
    return (found[1], found[2]) if found else (name.stem, b"")


# What neighbours share. Of these, one may be the same in a whole file (SRR1 of "SRR1 17", SRR1 of "SRR1.17").
KEYS: dict[str, Callable[[Name], bytes]] = {
    "stem": lambda name: name.stem,
    "line": lambda name: name.line,
    "number": lambda name: _numbered(name)[0],
}
# The same in awk, for a name line n; "words" where a stem has two. Mates numbered as by fastq-dump -I lose the number,
# with which they would be aligned as single reads.
PARTED = {
    "stem": r'sub(/ .*/,"",n); sub(/\/[12]$/,"",n); $1=$1',
    "words": r'sub(/\/[12]( .*)?$/,"",n); $1=$1',
    "line": "$1=$1",
    "number": r'sub(/ .*/,"",n); c=substr($1,length(n)+1); sub(/\.[12]$/,"",n); $1=n c',
}


def _count(number: int, names: Sequence[Name], key: str, inner: bool) -> _Count:
    """Of neighbouring records from `number` (from 1) on. `inner`: what touches an end may go on beyond it."""
    couples = said = alone = longer = at = 0
    first: tuple[int, Name, Name] | None = None
    for _, neighbours in itertools.groupby(names, KEYS[key]):
        run = list(neighbours)
        size = len(run)
        start, at = at, at + size
        mates = [name.mate for name in run]
        if size > 2 or (size == 2 and mates[0] == mates[1] != b""):
            longer += size
        elif inner and (start == 0 or at == len(names)):
            continue
        elif size == 2 and (key != "number" or [_numbered(name)[1] for name in run] == [b"1", b"2"]):
            couples, said = couples + 1, said + (b"" not in mates)
            first = first or (number + start, run[0], run[1])
        else:
            alone += size
    return _Count(couples, said, alone, longer, first)


class Neighbours:
    """What the names of a file's neighbouring records say. `mates`: how many say that they are mate b"1", b"2", b""."""

    def __init__(self, path: str | os.PathLike):
        self.path = path
        self.mates: Counter[bytes] = Counter()
        self._said = _Count()
        self._windows: deque[dict[str, _Count]] = deque(maxlen=WINDOWS)
        self._unjudged = 0

    def look_at_head(self, lines: Sequence[bytes]) -> None:
        """Name lines of the first records. Raises InputError where they are those of mates in turns."""
        names = [read_name(line) for line in lines]
        self.mates.update(name.mate for name in names)
        for start in range(0, len(names), BLOCK):
            start = max(0, min(start, len(names) - BLOCK))
            block = names[start : start + BLOCK]
            counts = {"stem": _count(1 + start, block, "stem", inner=False)}
            if counts["stem"].longer:
                counts["line"] = _count(1 + start, block, "line", inner=False)
            if any(name.stem.endswith(b".1") for name in block):
                counts["number"] = _count(1 + start, block, "number", inner=False)
            self._judge(counts)

    def look_at_window(self, number: int, lines: Sequence[bytes]) -> None:
        """Name lines of WINDOW neighbouring records from `number` on. Raises InputError as `look_at_head`."""
        names = [read_name(line) for line in lines]
        self.mates[names[0].mate] += 1
        self._windows.append({key: _count(number, names, key, inner=True) for key in KEYS})
        self._unjudged += 1
        if self._unjudged == WINDOWS // 2:
            self._judge_windows()

    def end(self) -> None:
        """To be called behind the last window. Raises InputError as `look_at_head`."""
        self._judge_windows()
        while len(self._windows) > LAST_WINDOWS:
            self._windows.popleft()
        self._judge_windows()

    def _judge_windows(self) -> None:
        counts = {key: sum((one[key] for one in self._windows), _Count()) for key in KEYS}
        new = list(self._windows)[len(self._windows) - self._unjudged :]
        self._unjudged = 0
        self._judge(counts, sum((one["stem"] for one in new), _Count()))

    def _judge(self, counts: dict[str, _Count], new: _Count | None = None) -> None:
        self._said += counts["stem"] if new is None else new
        if self._said.said >= FEW_COUPLES or 4 * self._said.said > self._said.records:
            raise _both_mates(self.path, self._said, "stem")
        for key, count in counts.items():
            if count.is_interleaved:
                raise _both_mates(self.path, count, key)


def _both_mates(path: str | os.PathLike, count: _Count, key: str) -> InputError:
    assert count.first is not None, "couples were counted, and with them the first"
    number, one, two = count.first
    shown = [repr(name.line[:60].decode("ascii", "replace")) for name in (one, two)]
    others = (
        "" if not count.alone + count.longer else "; reads whose mate is not next to them go into neither"
    )
    return InputError(
        f"{path}: holds both mates of pairs in turns, which would be aligned as reads of their own: record {number:,} "
        f"(line {4 * number - 3:,}) {shown[0]} and the next, {shown[1]}, and so {2 * count.couples:,} of "
        f"{count.records:,} records looked at; part it into two files, given as fastq_1 and fastq_2{others}: "
        f"{parting_command(path, 'words' if key == 'stem' and b' ' in one.stem else key)}"
    )


def parting_command(path: str | os.PathLike, key: str) -> str:
    """A shell command that parts a file into NAME_1.fastq.gz and NAME_2.fastq.gz in the folder it is run in.

    `key`: what mates share, one of PARTED.
    """
    name = re.sub(r"(\.(fastq|fq))?(\.gz)?$", "", Path(path).name)
    return (
        f"gzip -dcf {shlex.quote(str(path))} | paste - - - - | awk -F '\\t' -v OFS='\\n' '{{n=$1; {PARTED[key]}}} "
        f'n==m {{print r | "gzip >{name}_1.fastq.gz"; print | "gzip >{name}_2.fastq.gz"; m=""; next}} {{m=n; r=$0}}\''
    )
