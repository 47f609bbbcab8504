"""FASTA -> genome.h5: one uint8 code a base, A 0, C 1, G 2, T 3, any other 4; and its reader."""

import hashlib
import json
import logging
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from epigroup.core.compressed import open_text
from epigroup.core.errors import InputError
from epigroup.core.files import sha256_file, whole
from epigroup.core.hdf5 import DAMAGE, new_hdf5, read_hdf5
from epigroup.core.text_files import first_line
from epigroup.genome.contigs import USABLE, check_assembly, known_lengths, shown_name, spelling_hint
from epigroup.genome.index_limits import check_indexable

FORMAT_VERSION = 2
OTHER = 4
_BLOCK = 1 << 24
_LINE = 80
_SPACE = b" \t\r\n"
_BAD = 255
log = logging.getLogger(__name__)


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


def write_genome(
    fasta: str | os.PathLike,
    out: str | os.PathLike,
    *,
    assembly: str,
    chromosomes: Sequence[str] | None = None,
    mitochondrion: str | None = None,
    aligner_fasta: str | os.PathLike | None = None,
    sizes: str | os.PathLike | None = None,
    contigs: str | os.PathLike | None = None,
    checksums: str | os.PathLike | None = None,
    longest: int | None = None,
) -> None:
    """Write the codes of the chosen chromosomes (None: every contig) of a FASTA as genome.h5.

    On demand also: `aligner_fasta`, every contig as plain upper-case FASTA with its `.fai`; `sizes`, the chosen
    chromosomes' lengths (bp) in the order asked for; `contigs`, every contig of the FASTA with columns contig,
    size, role (chromosome, mitochondrion, unused); `checksums`, a JSON object that is the same whenever genome.h5
    and `aligner_fasta` hold the same, of the same text.
    The attribute fasta_sha256 is that of the uncompressed text: compressing the file anew changes nothing.
    Raises InputError as `read_fasta` does, when contigs asked for are not there, when a contig's length is not
    that of the assembly named, and when a chosen chromosome has more than `longest` bp (None: any length will
    do), the most that the index of its alignments can hold. Memory: about twice the longest contig.
    """
    digest = hashlib.sha256()
    lengths: dict[str, int] = {}
    checks: dict[str, int] = {}
    held: dict[str, dict] = {}
    if mitochondrion:
        _check_usable("mitochondrion", mitochondrion, fasta)
    wanted = None if chromosomes is None else set(chromosomes)
    with ExitStack() as stack:
        store = stack.enter_context(new_hdf5(stack.enter_context(whole(out))))
        text = None
        if aligner_fasta is not None:
            index = stack.enter_context(whole(f"{aligner_fasta}.fai"))
            text_path = stack.enter_context(whole(aligner_fasta))
            text = stack.enter_context(open(text_path, "wb"))
        for contig in read_fasta(fasta, digest):
            lengths[contig.name] = len(contig.codes)
            codes = np.frombuffer(contig.codes, np.uint8)
            is_chosen = wanted is None or contig.name in wanted
            if is_chosen:
                _check_usable("chromosomes", contig.name, fasta)
                check_assembly(assembly, {contig.name: len(codes)}, str(fasta))
                store.create_dataset(contig.name, data=codes)
                checks[contig.name] = zlib.crc32(codes)
                if checksums is not None:
                    held[contig.name] = {"size": len(codes), "sha256": hashlib.sha256(codes).hexdigest()}
                log.info("%s: %s bp, %.2f %% not A, C, G or T", contig.name, f"{len(codes):,}",
                         100 * np.count_nonzero(codes == OTHER) / len(codes))  # fmt: skip
            if text is not None:
                _write_text(text, contig.name, codes)
        chosen = list(lengths) if chromosomes is None else list(chromosomes)
        _check_present(fasta, lengths, chosen, mitochondrion)
        if longest is not None:
            check_indexable(fasta, {c: lengths[c] for c in chosen}, longest)
        _check_known(assembly, {c: lengths[c] for c in chosen}, fasta)
        describe_genome(store, assembly, digest.hexdigest(), chosen, checks)
        store.close()
        if text is not None:
            text.close()
            _index(text_path, index)
        texts = [
            (sizes, "".join(f"{c}\t{lengths[c]}\n" for c in chosen)),
            (contigs, _roles(lengths, chosen, mitochondrion)),
        ]
        if checksums is not None:
            told = {
                "assembly": assembly,
                "fasta_sha256": digest.hexdigest(),
                "format_version": FORMAT_VERSION,
            }
            told |= {"chromosomes": [{"name": c, **held[c]} for c in chosen]}
            told |= {"aligner_fasta": sha256_file(text_path)} if text is not None else {}
            texts.append((checksums, json.dumps(told, indent=1) + "\n"))
        for path, content in texts:
            if path is not None:
                stack.enter_context(whole(path)).write_text(content, encoding="utf-8")


def describe_genome(
    store: h5py.File, assembly: str, fasta_sha256: str, chromosomes: Sequence[str], checks: Mapping[str, int]
) -> None:
    """The attributes of a genome.h5; `checks`: CRC-32 of each chromosome's codes."""
    # Texts of fixed length lie in the object header, which has a checksum; others in a heap without.
    texts = {
        "assembly": assembly, "fasta_sha256": fasta_sha256, "chromosomes": json.dumps(list(chromosomes)),
        "crc32": json.dumps(dict(checks)),
    }  # fmt: skip
    store.attrs.update({key: np.bytes_(text.encode()) for key, text in texts.items()})
    store.attrs["format_version"] = FORMAT_VERSION


def _check_known(assembly: str, lengths: dict[str, int], fasta: str | os.PathLike) -> None:
    known, table = known_lengths(assembly)
    if not table:
        log.info("no lengths are known for assembly %s; the sequence is taken as what it is called", assembly)
    elif not check_assembly(assembly, lengths, str(fasta)):
        log.warning("none of the contigs has a known length in %s; the assembly could not be checked", known)


def _roles(lengths: Mapping[str, int], chosen: Sequence[str], mitochondrion: str | None) -> str:
    """The table of contigs."""
    role = dict.fromkeys(chosen, "chromosome") | ({mitochondrion: "mitochondrion"} if mitochondrion else {})
    rows = (f"{c}\t{n}\t{role.get(c, 'unused')}\n" for c, n in lengths.items())
    return "contig\tsize\trole\n" + "".join(rows)


def _check_usable(key: str, name: str, fasta: str | os.PathLike) -> None:
    if not USABLE.fullmatch(name):
        raise InputError(
            f"genome.{key}: {shown_name(name)} of {fasta} cannot name files; rename the contig with letters, digits "
            "and . _ : + = - only"
        )


def _check_present(fasta, lengths: dict[str, int], chosen: list[str], mitochondrion: str | None) -> None:
    missing = [c for c in chosen if c not in lengths]
    if missing:
        hints = "; ".join(dict.fromkeys(spelling_hint(c, lengths) for c in missing[:3]))
        raise InputError(
            f"genome.chromosomes: {fasta} has no contig {', '.join(map(shown_name, missing))}; {hints}"
        )
    if mitochondrion and mitochondrion not in lengths:
        raise InputError(
            f"genome.mitochondrion: {fasta} has no contig {mitochondrion}; "
            f"{spelling_hint(mitochondrion, lengths)}. "
            "Leave the key empty when the sequence has none"
        )
    if mitochondrion in chosen:
        raise InputError(f"genome.mitochondrion: {mitochondrion} is also in genome.chromosomes; name it once")


def _write_text(handle, name: str, codes: np.ndarray) -> None:
    handle.write(f">{name}\n".encode())
    letters = np.frombuffer(b"ACGTN", np.uint8)
    block = _LINE * (_BLOCK // _LINE)
    for at in range(0, len(codes), block):
        part = letters[codes[at : at + block]]
        rows = len(part) // _LINE
        lines = np.full((rows, _LINE + 1), ord("\n"), np.uint8)
        lines[:, :_LINE] = part[: rows * _LINE].reshape(rows, _LINE)
        handle.write(lines.tobytes())
        if len(part) % _LINE:
            handle.write(part[rows * _LINE :].tobytes() + b"\n")


def _index(fasta: Path, index: Path) -> None:
    import pysam

    pysam.faidx(str(fasta), "--fai-idx", str(index))


@dataclass(frozen=True)
class Genome:
    """An opened genome.h5: assembly, sha256 of its FASTA text, chromosome lengths (bp) in config order."""

    path: Path
    assembly: str
    fasta_sha256: str
    sizes: dict[str, int]
    offsets: dict[str, int]
    checks: dict[str, int]

    def codes(self, chrom: str) -> np.ndarray:
        """Codes of a chromosome: uint8 (size,), read-only, memory-mapped, held against their checksum. Raises
        InputError for an unknown name and for damaged codes."""
        if chrom not in self.sizes:
            raise InputError(f"{self.path} has no chromosome {chrom}; {spelling_hint(chrom, self.sizes)}")
        if _crc32(self.path, self.offsets[chrom], self.sizes[chrom]) != self.checks[chrom]:
            raise InputError(
                f"{self.path}: chromosome {chrom} is damaged: it does not match its checksum; delete the file and "
                "build it again: snakemake genome"
            )
        return np.memmap(self.path, np.uint8, "r", offset=self.offsets[chrom], shape=(self.sizes[chrom],))


def _crc32(path: Path, offset: int, size: int) -> int:
    """CRC-32 of a stretch of a file, read in blocks: mapped pages would count as this process's memory."""
    check = 0
    with open(path, "rb") as handle:
        handle.seek(offset)
        while size and (block := handle.read(min(size, _BLOCK))):
            check = zlib.crc32(block, check)
            size -= len(block)
    return check


def open_genome(path: str | os.PathLike) -> Genome:
    """Open a genome.h5. Raises InputError when it is damaged or of another format version."""
    try:
        with read_hdf5(path) as store:
            version = int(store.attrs["format_version"])
            if version != FORMAT_VERSION:
                raise InputError(
                    f"{path}: format version {version}, this release reads {FORMAT_VERSION}; delete it and build it "
                    "again: snakemake genome"
                )
            names = json.loads(store.attrs["chromosomes"])
            genome = Genome(
                Path(path), store.attrs["assembly"].decode(), store.attrs["fasta_sha256"].decode(),
                {c: store[c].shape[0] for c in names}, {c: store[c].id.get_offset() for c in names},
                json.loads(store.attrs["crc32"]),
            )  # fmt: skip
    except DAMAGE as error:
        raise InputError(
            f"{path}: not a whole genome file ({first_line(error)}); delete it and build it again: snakemake "
            "genome"
        ) from error
    size = Path(path).stat().st_size
    for chrom, offset in genome.offsets.items():
        if offset is None or offset + genome.sizes[chrom] > size or chrom not in genome.checks:
            raise InputError(
                f"{path}: not a whole genome file (chromosome {chrom} is cut); delete it and build it again: snakemake "
                "genome"
            )
    return genome
