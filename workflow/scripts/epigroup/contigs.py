"""Names and lengths of contigs: what an assembly's chromosomes must measure, how a name may be spelt
otherwise."""

import os
import re
from collections.abc import Iterable, Mapping

from epigroup.errors import InputError
from epigroup.intact import REMEDY, read_text

# Names that may become file names and words of a command.
USABLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:+=-]*")


def _roman(number: int) -> str:
    text = ""
    for value, letters in ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        while number >= value:
            text += letters
            number -= value
    return text


_HUMAN = [f"chr{n}" for n in [*range(1, 23), "X", "Y"]]

# Lengths in bp as published by UCSC with each assembly.
LENGTHS: dict[str, dict[str, int]] = {
    "hg19": dict(zip(_HUMAN, [
        249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022,
        141213431, 135534747, 135006516, 133851895, 115169878, 107349540, 102531392, 90354753,
        81195210, 78077248, 59128983, 63025520, 48129895, 51304566, 155270560, 59373566,
    ], strict=True)),
    "hg38": dict(zip(_HUMAN, [
        248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636,
        138394717, 133797422, 135086622, 133275309, 114364328, 107043718, 101991189, 90338345,
        83257441, 80373285, 58617616, 64444167, 46709983, 50818468, 156040895, 57227415,
    ], strict=True)),
    "mm10": {"chr1": 195471971, "chr2": 182113224, "chr3": 160039680, "chr18": 90702639, "chr19": 61431566,
             "chrX": 171031299, "chrY": 91744698},
    "mm39": {"chr1": 195154279, "chr2": 181755017, "chr19": 61420004, "chrX": 169476592},
    "dm6": {"chr2L": 23513712, "chr2R": 25286936, "chr3L": 28110227, "chr3R": 32079331, "chr4": 1348131,
            "chrX": 23542271, "chrY": 3667352},
    "sacCer3": dict(zip([f"chr{_roman(n)}" for n in range(1, 17)], [
        230218, 813184, 316620, 1531933, 576874, 270161, 1090940, 562643,
        439888, 745751, 666816, 1078177, 924431, 784333, 1091291, 948066,
    ], strict=True)),
}  # fmt: skip
ALIASES = {
    "grch37": "hg19", "grch38": "hg38", "grcm38": "mm10", "grcm39": "mm39", "bdgp6": "dm6",
    "r64-1-1": "saccer3",
}  # fmt: skip


def known_lengths(assembly: str) -> tuple[str, dict[str, int]]:
    """Name and chromosome lengths of a well-known assembly, letter case and Ensembl's name aside; empty when
    unknown."""
    key = assembly.lower()
    key = ALIASES.get(key, key)
    for name, lengths in LENGTHS.items():
        if name.lower() == key:
            return name, lengths
    return assembly, {}


def check_assembly(assembly: str, sizes: Mapping[str, int], source: str) -> int:
    """Compare contig lengths (bp) with those of the named assembly; return how many could be compared.

    Raises InputError at the first contig whose length is another one.
    """
    name, lengths = known_lengths(assembly)
    compared = 0
    for contig, size in sizes.items():
        expected = next((lengths[v] for v in [contig, *other_spellings(contig)] if v in lengths), None)
        if expected is None:
            continue
        compared += 1
        if expected != size:
            owners = [a for a, table in LENGTHS.items() if size in table.values()]
            likely = f"; {size:,} bp is a chromosome of {owners[0]}" if owners else ""
            raise InputError(
                f"{source}: contig {contig} has {size:,} bp, but in genome.assembly {assembly} it has "
                f"{expected:,} bp{likely}. Name the assembly of the sequence; a cut sequence needs a name "
                f"of its own (as {assembly}_part)"
            )
    return compared


def other_spellings(name: str) -> list[str]:
    """Other usual names of the same chromosome: chr1/1/chrI/I, chrM/MT/chrMT/M."""
    base = re.sub(r"^chr", "", name, flags=re.IGNORECASE)
    bases = [base]
    if base.isdigit() and 0 < int(base) < 40:
        bases.append(_roman(int(base)))
    else:
        bases.extend(str(n) for n in range(1, 40) if _roman(n) == base)
    if base.upper() in {"M", "MT", "MITO"}:
        bases.extend(["M", "MT", "Mito"])
    spelt = [prefix + b for b in bases for prefix in ("chr", "", "Chr")]
    return [s for s in dict.fromkeys(spelt) if s != name]


def spellings(names: Iterable[str]) -> dict[str, str]:
    """Every other usual spelling of the contigs -> the contig it stands for, none of them a contig's own name.

    Where two contigs could be meant (X is the tenth in Roman numerals), the one that differs by its prefix alone
    is; a spelling that still fits two is left out.
    """
    names = list(names)
    bare = {name: re.sub(r"^chr", "", name, flags=re.IGNORECASE) for name in names}
    found: dict[str, set[str]] = {}
    for name in names:
        for other in other_spellings(name):
            found.setdefault(other, set()).add(name)
    stands_for = {}
    for other in found.keys() - set(names):
        meant = found[other]
        if len(meant) > 1:
            base = re.sub(r"^chr", "", other, flags=re.IGNORECASE)
            meant = {name for name in meant if bare[name] == base}
        if len(meant) == 1:
            stands_for[other] = meant.pop()
    return stands_for


def spelling_hint(name: str, known: Iterable[str]) -> str:
    """A clause that says under which name a contig may be there, or which names there are."""
    names = list(known)
    there = set(names)
    for other in other_spellings(name):
        if other in there:
            return f"{name} may be called {other} there"
    shown = ", ".join(shown_name(one) for one in names[:8]) + (", ..." if len(names) > 8 else "")
    return f"the names there are {shown}"


def shown_name(name: str) -> str:
    """A name out of a file that may hold anything, of bearable length."""
    return name if len(name) <= 60 else name[:57] + "..."


def read_contigs(path: str | os.PathLike) -> tuple[dict[str, int], dict[str, int]]:
    """Lengths (bp) of every contig of the FASTA, and of the chosen chromosomes alone, from `contigs.tsv`.

    Raises InputError for a table that is cut or damaged.
    """
    every, chosen = {}, {}
    for line, row in enumerate(read_text(path).split("\n")[1:-1], start=2):
        contig, _, rest = row.partition("\t")
        size, _, role = rest.partition("\t")
        if not size.isdecimal() or contig in every or role not in ("chromosome", "mitochondrion", "unused"):
            raise InputError(
                f"{path}, line {line}: {row[:60]!r} is no contig with its size and role; {REMEDY}"
            )
        every[contig] = int(size)
        if role == "chromosome":
            chosen[contig] = int(size)
    if not chosen:
        raise InputError(f"{path}: names no chromosome that is used; {REMEDY}")
    return every, chosen
