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
    name, header_line, line, codes = None, 0, 1, bytearray()
    seen: dict[str, int] = {}

    def finished() -> Contig:
        if not codes:
            raise InputError(f"{path}, line {header_line}: contig {shown_name(name)} has no sequence")
        return Contig(name, header_line, codes)

    with open_text(path) as handle:
        while block := handle.read(_BLOCK):
            block += handle.readline()
            if digest is not None:
                digest.update(block)
            at = 0
            while at < len(block):
                if block[at] == ord(">"):
                    if name is not None:
                        yield finished()
                    stop = block.find(b"\n", at) + 1 or len(block)
                    words = block[at + 1 : stop].split()
                    if not words or block[at + 1] in _SPACE:
                        raise InputError(f"{path}, line {line}: a header without a contig name")
                    name, header_line, codes = words[0].decode("ascii", "backslashreplace"), line, bytearray()
                    if name in seen:
                        raise InputError(
                            f"{path}, line {line}: contig {shown_name(name)} was there before, at line {seen[name]}"
                        )
                    seen[name] = line
                    line += 1
                else:
                    stop = block.find(b"\n>", at) + 1 or len(block)
                    text = block[at:stop]
                    if name is None and text.strip():
                        raise InputError(
                            f"{path}, line {line}: not FASTA; the first line must begin with '>'"
                        )
                    coded = text.translate(_CODES, _SPACE)
                    if _BAD in coded:
                        raise _bad_letter(path, line, name, text)
                    codes += coded
                    line += text.count(b"\n")
                at = stop
        if name is None:
            raise InputError(f"{path}: the FASTA file is empty")
        yield finished()


def _bad_letter(path: str | os.PathLike, line: int, contig: str, text: bytes) -> InputError:
    for offset, row in enumerate(text.split(b"\n")):
        for letter in row:
            if letter not in _SPACE and _CODES[letter] == _BAD:
                return InputError(
                    f"{path}, line {line + offset}, contig {shown_name(contig)}: {chr(letter)!a} is no IUPAC DNA letter"
                )
    raise AssertionError("no bad letter in the text")
