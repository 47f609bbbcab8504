"""Which contigs of a FASTA are used at first, and why the others are not."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from epigroup.config.contig_faults import indexed_contigs
from epigroup.genome.contigs import USABLE
from epigroup.genome.fasta import read_fasta

ORGANELLES = re.compile(r"(chr)?(M|MT|Mito|Pt|C|mitochondrion|chloroplast)", re.IGNORECASE)
MITOCHONDRIA = re.compile(r"(chr)?(M|MT|Mito|mitochondrion)", re.IGNORECASE)
# As UCSC, Ensembl, GENCODE and the Drosophila and rat genomes name them; decoys and viruses of alignment sets.
UNPLACED = re.compile(
    r"(chr)?Un?(extra|_.*)?|.*(_random|_alt|_fix|_decoy|_hap\d+|_patch)|.*Het|(GL|KI|KN|KQ|KV|KZ|ML|JH|MU|AC)\d{6}.*|"
    r"(NT|NW)_.*|EBV|chrEBV|HLA-.*|hs37d5|phix.*|.*Scaffold.*|scaffold.*|contig.*",
    re.IGNORECASE,
)
TINY = 200  # a contig is tiny that goes so many times into the longest
SHORTEST = 5_000  # bp; room for some windows


@dataclass(frozen=True)
class Chosen:
    """sizes: name -> bp of the chromosomes that are used, in natural order (Roman numerals: of the FASTA). left_out:
    reason -> names. mitochondrion: its name where the FASTA has it."""

    sizes: Mapping[str, int]
    left_out: Mapping[str, Sequence[str]]
    mitochondrion: str | None


def fasta_lengths(path: str | os.PathLike) -> dict[str, int]:
    """Length in bp of every contig: of the index beside the FASTA (.fai) where that is no older, else of the sequence,
    all of which is then read and checked. Raises InputError as `read_fasta`, and for a damaged index."""
    known = indexed_contigs(os.fspath(path))
    if known is not None:
        return known
    return {contig.name: len(contig.codes) for contig in read_fasta(path)}


def choose_chromosomes(lengths: Mapping[str, int]) -> Chosen:
    """The contigs that a first run uses: those left when organelles, unplaced sequence, tiny contigs and Y beside X are
    gone, a reason that would leave none being passed over. lengths: bp, of every contig."""
    kept = [name for name in lengths if USABLE.fullmatch(name)]
    left_out = {"names that make no file name": [name for name in lengths if not USABLE.fullmatch(name)]}
    romans = in_roman_numerals(lengths)
    kept = kept if romans else sorted(kept, key=natural)
    floor = max(SHORTEST, max(lengths.values()) // TINY)
    bare = {name: re.sub(r"^chr", "", name, flags=re.IGNORECASE) for name in kept}
    reasons = (
        ("mitochondrion and plastid", {name for name in kept if ORGANELLES.fullmatch(name)}),
        ("unplaced or alternative", {name for name in kept if UNPLACED.fullmatch(name)}),
        ("tiny", {name for name in kept if lengths[name] < floor}),
        (
            "Y, which not all cells have",
            {name for name in kept if bare[name] == "Y" and "X" in bare.values() and not romans},
        ),
    )
    for reason, names in reasons:
        rest = [name for name in kept if name not in names]
        if rest and len(rest) < len(kept):
            left_out[reason] = [name for name in kept if name in names]
            kept = rest
    mitochondria = [name for name in lengths if MITOCHONDRIA.fullmatch(name) and name not in kept]
    return Chosen(
        {name: lengths[name] for name in kept},
        {reason: names for reason, names in left_out.items() if names},
        mitochondria[0] if len(mitochondria) == 1 else None,
    )


def in_roman_numerals(names: Iterable[str]) -> bool:
    return any(re.fullmatch(r"(chr)?(II|III|IV|IX)", name) for name in names)


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key by which chr2 comes before chr10."""
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def sex_chromosomes(names: Iterable[str]) -> set[str]:
    """X, Y, Z and W, of names that are not in Roman numerals: they are read like others, and held out last."""
    names = set(names)
    if in_roman_numerals(names):
        return set()
    return {name for name in names if re.fullmatch(r"(chr)?[XYZW]", name)}


def as_ranges(names: Sequence[str]) -> list[str]:
    """Names as the config may have them: three or more that count up are one, `chr1..chr22`."""
    found: list[list[str]] = []
    for name in names:
        before = re.fullmatch(r"(.*?)(\d+)", found[-1][-1]) if found else None
        here = re.fullmatch(r"(.*?)([1-9]\d*)", name)
        if before and here and before[1] == here[1] and int(before[2]) + 1 == int(here[2]):
            found[-1].append(name)
        else:
            found.append([name])
    return [word for run in found for word in ([f"{run[0]}..{run[-1]}"] if len(run) > 2 else run)]
