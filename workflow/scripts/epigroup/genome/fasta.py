"""FASTA as it is read: contigs one after another, each as its codes."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from epigroup.core.compressed import open_text
from epigroup.core.errors import InputError
from epigroup.genome.codes import OTHER
from epigroup.genome.contigs import shown_name

_BLOCK = 1 << 24
_SPACE = b" \t\r\n"
_BAD = 255


def _code_table() -> bytes:
    table = bytearray([_BAD]) * 256
    for letter in b"RYSWKMBDHVN":
        table[letter] = table[letter + 32] = OTHER
    for code, letter in enumerate(b"ACGT"):
        table[letter] = table[letter + 32] = code
    return bytes(table)


_CODES = _code_table()


@dataclass(frozen=True)
class Contig:
    """One sequence of a FASTA: its name, the line (from 1) of its header, its codes (uint8 values)."""

    name: str
    line: int
    codes: bytes | bytearray


def read_fasta(path: str | os.PathLike, digest: "hashlib._Hash | None" = None) -> Iterator[Contig]:
    """Contigs of a plain, gzip or bgzip FASTA one after another; `digest` is fed the uncompressed text.

    Lower case counts as upper case; IUPAC letters other than A, C, G, T become 4. Raises InputError with file
    and line at any other letter, text before the first header, a header without a name, an empty or a
    repeated contig.
    """
    contig: Contig | None = None
    codes = bytearray()
    line = 1
    seen: dict[str, int] = {}
    with open_text(path) as handle:
        while block := handle.read(_BLOCK):
            block += handle.readline()
            if digest is not None:
                digest.update(block)
            at = 0
            while at < len(block):
                if block[at] == ord(">"):
                    if contig is not None:
                        yield _filled(path, contig)
                    stop = block.find(b"\n", at) + 1 or len(block)
                    name = _name(path, line, block[at + 1 : stop])
                    if name in seen:
                        raise InputError(
                            f"{path}, line {line}: contig {shown_name(name)} was there before, at line {seen[name]}"
                        )
                    seen[name] = line
                    codes = bytearray()
                    contig = Contig(name, line, codes)
                    line += 1
                else:
                    stop = block.find(b"\n>", at) + 1 or len(block)
                    text = block[at:stop]
                    if contig is not None:
                        coded = text.translate(_CODES, _SPACE)
                        if _BAD in coded:
                            raise _bad_letter(path, line, contig.name, text)
                        codes += coded
                    elif text.strip():
                        raise InputError(
                            f"{path}, line {line}: not FASTA; the first line must begin with '>'"
                        )
                    line += text.count(b"\n")
                at = stop
        if contig is None:
            raise InputError(f"{path}: the FASTA file is empty")
        yield _filled(path, contig)


def _name(path: str | os.PathLike, line: int, header: bytes) -> str:
    words = header.split()
    if not words or header[0] in _SPACE:
        raise InputError(f"{path}, line {line}: a header without a contig name")
    return words[0].decode("ascii", "backslashreplace")


def _filled(path: str | os.PathLike, contig: Contig) -> Contig:
    if not contig.codes:
        raise InputError(f"{path}, line {contig.line}: contig {shown_name(contig.name)} has no sequence")
    return contig


def _bad_letter(path: str | os.PathLike, line: int, contig: str, text: bytes) -> InputError:
    for offset, row in enumerate(text.split(b"\n")):
        for letter in row:
            if letter not in _SPACE and _CODES[letter] == _BAD:
                return InputError(
                    f"{path}, line {line + offset}, contig {shown_name(contig)}: {chr(letter)!a} is no IUPAC DNA letter"
                )
    raise AssertionError("no bad letter in the text")
