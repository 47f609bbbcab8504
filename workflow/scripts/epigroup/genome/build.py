"""FASTA -> genome.h5, and what else is written of the same sequence: text for aligners, sizes, contigs, checksums."""

import hashlib
import json
import logging
import os
import zlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import sha256_file, whole
from epigroup.core.hdf5 import new_hdf5
from epigroup.genome.codes import FORMAT_VERSION, OTHER
from epigroup.genome.contigs import USABLE, check_assembly, known_lengths, shown_name, spelling_hint
from epigroup.genome.fasta import Contig, read_fasta
from epigroup.genome.index_limits import check_indexable

_BLOCK = 1 << 24
_LINE = 80
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GenomeFiles:
    """What is written beside genome.h5, each where a path is given: `aligner_fasta`, every contig as plain upper-case
    FASTA with its `.fai`; `sizes`, the chosen chromosomes' lengths (bp) in the order asked for; `contigs`, every
    contig of the FASTA with columns contig, size, role (chromosome, mitochondrion, unused); `checksums`, a JSON object
    that is the same whenever genome.h5 and `aligner_fasta` hold the same, of the same text."""

    aligner_fasta: str | os.PathLike | None = None
    sizes: str | os.PathLike | None = None
    contigs: str | os.PathLike | None = None
    checksums: str | os.PathLike | None = None


def write_genome(
    fasta: str | os.PathLike,
    out: str | os.PathLike,
    *,
    assembly: str,
    chromosomes: Sequence[str] | None = None,
    mitochondrion: str | None = None,
    beside: GenomeFiles = GenomeFiles(),
    longest: int | None = None,
) -> None:
    """Write the codes of the chosen chromosomes (None: every contig) of a FASTA as genome.h5, and `beside` it the
    files that are asked for.

    The attribute fasta_sha256 is that of the uncompressed text: compressing the file anew changes nothing.
    Raises InputError as `read_fasta` does, when contigs asked for are not there, when a contig's length is not
    that of the assembly named, and when a chosen chromosome has more than `longest` bp (None: any length will
    do), the most that the index of its alignments can hold. Memory: about twice the longest contig.
    """
    digest = hashlib.sha256()
    lengths: dict[str, int] = {}
    checks: dict[str, int] = {}
    sums: dict[str, str] = {}
    if mitochondrion:
        _check_usable("mitochondrion", mitochondrion, fasta)
    wanted = None if chromosomes is None else set(chromosomes)
    with ExitStack() as stack:
        store = stack.enter_context(new_hdf5(stack.enter_context(whole(out))))
        text = None
        if beside.aligner_fasta is not None:
            index = stack.enter_context(whole(f"{beside.aligner_fasta}.fai"))
            text_path = stack.enter_context(whole(beside.aligner_fasta))
            text = stack.enter_context(open(text_path, "wb"))
        for contig in read_fasta(fasta, digest):
            lengths[contig.name] = len(contig.codes)
            if wanted is None or contig.name in wanted:
                _check_usable("chromosomes", contig.name, fasta)
                check_assembly(assembly, {contig.name: len(contig.codes)}, str(fasta))
                _store_codes(store, contig)
                checks[contig.name] = zlib.crc32(contig.codes)
                if beside.checksums is not None:
                    sums[contig.name] = hashlib.sha256(contig.codes).hexdigest()
            if text is not None:
                _write_text(text, contig)
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
            (beside.sizes, "".join(f"{c}\t{lengths[c]}\n" for c in chosen)),
            (beside.contigs, _roles(lengths, chosen, mitochondrion)),
        ]
        if beside.checksums is not None:
            told: dict[str, Any] = {
                "assembly": assembly,
                "fasta_sha256": digest.hexdigest(),
                "format_version": FORMAT_VERSION,
                "chromosomes": [{"name": c, "size": lengths[c], "sha256": sums[c]} for c in chosen],
            }
            if text is not None:
                told["aligner_fasta"] = sha256_file(text_path)
            texts.append((beside.checksums, json.dumps(told, indent=1) + "\n"))
        for path, content in texts:
            if path is not None:
                stack.enter_context(whole(path)).write_text(content, encoding="utf-8")


def _store_codes(store: h5py.File, contig: Contig) -> None:
    codes = np.frombuffer(contig.codes, np.uint8)
    store.create_dataset(contig.name, data=codes)
    log.info("%s: %s bp, %.2f %% not A, C, G or T", contig.name, f"{len(codes):,}",
             100 * np.count_nonzero(codes == OTHER) / len(codes))  # fmt: skip


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


def _check_present(
    fasta: str | os.PathLike, lengths: dict[str, int], chosen: list[str], mitochondrion: str | None
) -> None:
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


def _write_text(handle: BinaryIO, contig: Contig) -> None:
    codes = np.frombuffer(contig.codes, np.uint8)
    handle.write(f">{contig.name}\n".encode())
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
