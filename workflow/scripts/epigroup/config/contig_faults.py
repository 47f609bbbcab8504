"""Whether all of a run's files call the contigs alike: asked of their headers and first rows, before any job.

The jobs ask again of whole files. Here a fault counts only where it is sure.
"""

import json
import logging
import mmap
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from epigroup.core.compressed import MAGIC, open_text
from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.formats.bbi import kind_of, open_indexed
from epigroup.genome.contigs import (
    called_otherwise,
    check_assembly,
    read_contigs,
    spelling_hint,
    spellings,
    told_otherwise,
)
from epigroup.genome.index_limits import check_indexable

log = logging.getLogger(__name__)

_LOOKED_AT = 1 << 18  # bytes of the first rows
_BLOCK = 1 << 24
# The first cell of a row of BED or of GFF; other contents are for others to name.
_ROW = re.compile(rb"^([!-~]+)[ \t]+(?:[^\t\n]*\t[^\t\n]+\t)?\d+[ \t]+\d+(?:\s|$)", re.MULTILINE)

# How a file tells its contigs.
ROWS, HEADER_OF_BAM, HEADER_OF_BIGWIG = "rows", "alignments", "bigWig"


@dataclass(frozen=True)
class ContigFile:
    """A file of the user. what: what it is, as a message begins; who: what it is of, for files of the sheet; kind:
    ROWS, HEADER_OF_BAM or HEADER_OF_BIGWIG; respelt: whether `peaks.contig_names` reaches it."""

    what: str
    path: str
    kind: str
    who: str = ""
    respelt: bool = False


def fasta_contigs(fasta: str, built: str | os.PathLike, cache: str | os.PathLike) -> dict[str, int | None]:
    """Contig -> length in bp, None where only names are known.

    From what an earlier run made of this FASTA (`built`, contigs.tsv), from an index beside it (.fai), or else from
    its headers, all of which are read and kept in the file `cache` for the next time. An index older than the FASTA
    is not believed, nor a damaged file of the run's own. Raises InputError for a FASTA or an index that cannot be read.
    """
    date = os.stat(fasta).st_mtime_ns
    if os.path.exists(built) and os.stat(built).st_mtime_ns >= date:
        try:
            return dict(read_contigs(built)[0])
        except InputError:
            log.debug("%s is damaged, which the job that reads it will say", built)
    known = indexed_contigs(fasta)
    if known is not None:
        return dict(known)
    key = [os.path.abspath(fasta), os.stat(fasta).st_size, date]
    kept = Path(cache)
    if kept.exists():
        try:
            found = json.loads(kept.read_text(encoding="utf-8"))
            if found["of"] == key:
                return dict.fromkeys(found["names"])
        except (ValueError, KeyError, TypeError):
            log.warning("%s cannot be read and is made anew", kept)
    names = _headers(fasta)
    with whole(kept) as path:
        path.write_text(json.dumps({"of": key, "names": names}), encoding="utf-8")
    return dict.fromkeys(names)


def indexed_contigs(fasta: str) -> dict[str, int] | None:
    """Contig -> length in bp by the index beside a FASTA (.fai); None where there is none, or an older one. Raises
    InputError for an index that cannot be read, or is empty."""
    index = f"{fasta}.fai"
    if not os.path.exists(index) or os.stat(index).st_mtime_ns < os.stat(fasta).st_mtime_ns:
        return None
    found: dict[str, int] = {}
    for number, row in enumerate(Path(index).read_text(encoding="utf-8").splitlines(), 1):
        cells = row.split("\t")
        if len(cells) < 5 or not cells[1].isdecimal():
            raise InputError(
                f"{index}, line {number}: {row[:60]!r} is no row of a FASTA index; delete the file"
            )
        found[cells[0]] = int(cells[1])
    if not found:
        raise InputError(f"{index}: is empty; delete the file, or make it anew: samtools faidx {fasta}")
    return found


def _headers(fasta: str) -> list[str]:
    with open(fasta, "rb") as handle:
        packed = handle.read(len(MAGIC)) == MAGIC
        if not packed and os.path.getsize(fasta):
            with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as text:
                return _names(text)
    names, rest = [], b""
    with open_text(fasta) as handle:
        while block := handle.read(_BLOCK):
            block += handle.readline()
            names += _names(rest + block)
            rest = b"\n"
    return names


def _names(text: bytes | mmap.mmap) -> list[str]:
    """First words of the lines that begin with '>'."""
    names = []
    at = 0 if text[:1] == b">" else text.find(b"\n>") + 1
    while at or text[:1] == b">":
        stop = text.find(b"\n", at)
        words = text[at + 1 : stop if stop >= 0 else len(text)].split(None, 1)
        if words:
            names.append(words[0].decode("ascii", "backslashreplace"))
        at = text.find(b"\n>", at) + 1
        if not at:
            break
    return names


def contig_faults(
    fasta: str,
    contigs: Mapping[str, int | None],
    *,
    assembly: str,
    chromosomes: Sequence[str],
    mitochondrion: str | None,
    files: Sequence[ContigFile],
    contig_names: str,
    longest: int | None = None,
) -> list[str]:
    """What is wrong with the names of contigs, a line each: those of the config, the assembly's lengths and those
    beyond `longest` bp (where they are known), those of each file. Faults that several files of the sheet share are one
    line. What cannot be read, a FASTA without a name in it too, the jobs name with all else that is wrong."""
    faults: list[str] = []
    if not contigs:
        return faults
    asked = [(f"genome.chromosomes: {name}", name) for name in chromosomes]
    asked += [(f"genome.mitochondrion: {mitochondrion}", mitochondrion)] if mitochondrion else []
    for what, name in asked:
        if name not in contigs:
            faults.append(f"{what} is not in genome.fasta, {fasta}; {spelling_hint(name, contigs)}")
    sizes = {name: size for name in chromosomes if (size := contigs.get(name)) is not None}
    checks: list[Callable[[], object]] = [partial(check_assembly, assembly, sizes, fasta)]
    if longest is not None:
        checks.append(partial(check_indexable, fasta, sizes, longest))
    for check in checks:
        try:
            check()
        except InputError as error:
            faults.append(str(error))
    lengths = {name: contigs[name] for name in chromosomes if name in contigs}
    spelt = spellings(contigs)
    shared: dict[tuple[str, str], list[tuple[ContigFile, int]]] = {}
    for one in files:
        try:
            found = _fault(one, contigs, spelt, lengths, contig_names)
        except InputError:
            continue
        if found:
            line, told = found
            shared.setdefault((one.what, told), []).append((one, line))
    for (what, says), those in shared.items():
        first, line = those[0]
        of = f" of {first.who}" if first.who else ""
        more = f" and {len(those) - 1:,} more" if len(those) > 1 else ""
        at = f", line {line}" if line else ""
        faults.append(f"{what}{of}{more}: {first.path}{at}: {says}")
    return faults


def _fault(
    one: ContigFile,
    contigs: Mapping[str, int | None],
    spelt: Mapping[str, str],
    lengths: Mapping[str, int | None],
    contig_names: str,
) -> tuple[int, str] | None:
    """Line (0 where a file has none) and what is wrong there."""
    if one.kind == ROWS:
        if one.respelt and contig_names == "spelling":
            return None
        for name, line in _first_contigs(one.path).items():
            called = None if name in contigs else called_otherwise(name, spelt)
            if called:
                return line, told_otherwise(name, called, contig_names if one.respelt else "spelling")
        return None
    there = _header(one)
    for name, length in lengths.items():
        if name not in there:
            return 0, (
                f"its header has no {name}; {spelling_hint(name, there)}. Make the file again with the genome's FASTA, "
                "or name its contigs anew"
            )
        if length is not None and there[name] != length:
            return (
                0,
                f"its {name} is {there[name]:,} bp long, the FASTA's {length:,}; it is of another assembly",
            )
    return None


def _first_contigs(path: str) -> dict[str, int]:
    """Contigs of the first rows, each with its first line; of a bigBed those of its header, with 0."""
    with open(path, "rb") as handle:
        head = handle.read(16)
    if kind_of(head) == "bigBed":
        return dict.fromkeys(open_indexed(path, "bigBed").chromosomes, 0)
    with open_text(path) as handle:
        text = handle.read(_LOOKED_AT)
    found: dict[str, int] = {}
    for match in _ROW.finditer(text):
        name = match[1].decode()
        if name not in found:
            found[name] = text.count(b"\n", 0, match.start()) + 1
    return found


def _header(one: ContigFile) -> dict[str, int]:
    if one.kind == HEADER_OF_BIGWIG:
        return {name: size for name, (_, size) in open_indexed(one.path, "bigWig").chromosomes.items()}
    # Of a run without given alignments no process need load pysam.
    from epigroup.reads.given_alignments import header_contigs

    return header_contigs(one.path)
