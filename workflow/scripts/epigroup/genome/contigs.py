"""Names and lengths of contigs: what an assembly's chromosomes must measure, how a name may be spelt
otherwise."""

import os
import re
from collections.abc import Iterable, Mapping

from epigroup.core.errors import InputError
from epigroup.core.text_files import REMEDY, read_text
from epigroup.genome.assemblies import assemblies, known_lengths

# Names that may become file names and words of a command.
USABLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:+=-]*")


def _roman(number: int) -> str:
    text = ""
    for value, letters in ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        while number >= value:
            text += letters
            number -= value
    return text


def check_assembly(assembly: str, sizes: Mapping[str, int], source: str) -> int:
    """Compare contig lengths (bp) with those of the named assembly; return how many could be compared.

    Raises InputError at the first contig whose length is another one, with the assemblies that have it so.
    """
    _, lengths = known_lengths(assembly)
    compared = 0
    for contig, size in sizes.items():
        expected = _length_in(lengths, contig)
        if expected is None:
            continue
        compared += 1
        if expected != size:
            owners = _owners(contig, size)
            likely = f"; {size:,} bp is a chromosome of {' or '.join(owners)}" if owners else ""
            raise InputError(
                f"{source}: contig {contig} has {size:,} bp, but in genome.assembly {assembly} it has "
                f"{expected:,} bp{likely}. Name the assembly of the sequence; a cut sequence needs a name "
                f"of its own (as {assembly}_part)"
            )
    return compared


def _length_in(lengths: Mapping[str, int], contig: str) -> int | None:
    return next((lengths[name] for name in [contig, *other_spellings(contig)] if name in lengths), None)


def _owners(contig: str, size: int) -> list[str]:
    """Assemblies in which this contig, or else any, has the length: three at most."""
    known = assemblies().items()
    same = [name for name, lengths in known if _length_in(lengths, contig) == size]
    return (same or [name for name, lengths in known if size in lengths.values()])[:3]


def other_spellings(name: str) -> list[str]:
    """Other usual names of the same chromosome: chr1/1/chrI/I, and these of chr01; chrM/MT/chrMT/M."""
    base = re.sub(r"^chr", "", name, flags=re.IGNORECASE)
    bases = [base]
    if base.isdecimal() and 0 < int(base) < 40:
        bases.extend([str(int(base)), _roman(int(base))])  # rice has chr01
    else:
        bases.extend(str(n) for n in range(1, 40) if _roman(n) == base)
    if base.upper() in {"M", "MT", "MITO"}:
        bases.extend(["M", "MT", "Mito"])
    spelt = [prefix + b for b in bases for prefix in ("chr", "", "Chr")]
    return [s for s in dict.fromkeys(spelt) if s != name]


def spellings(names: Iterable[str]) -> dict[str, str]:
    """Every other usual spelling of the contigs -> the contig it stands for, none of them a contig's own name.

    Where two contigs could be meant (X is the tenth in Roman numerals), the one that differs by its prefix alone
    is; a spelling that still fits two is left out. X is a number only beside others in Roman numerals, and 10 an X only
    where there are sixteen chromosomes, as in yeast: a FASTA of some human chromosomes has the one without the other.
    """
    names = list(names)
    bare = {name: re.sub(r"^chr", "", name, flags=re.IGNORECASE) for name in names}
    bases = set(bare.values())
    is_number = {
        "X": not bases.isdisjoint({"I", "II", "III", "IV", "V"}),
        "10": bases.issuperset(map(str, range(1, 17))) and "17" not in bases,
    }
    found: dict[str, set[str]] = {}
    for name in names:
        for other in other_spellings(name):
            base = re.sub(r"^chr", "", other, flags=re.IGNORECASE)
            if {base, bare[name]} != {"X", "10"} or is_number[bare[name]]:
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


def accepted_names(names: Iterable[str], contig_names: str) -> dict[str, str]:
    """Name that a file may use -> contig: the contigs' own, and with "spelling" (`peaks.contig_names`) other usual ones
    of theirs."""
    names = list(names)
    return {name: name for name in names} | (spellings(names) if contig_names == "spelling" else {})


def called_otherwise(name: str, spelt: Mapping[str, str]) -> str | None:
    """The contig that a file calls `name`, which is none, by `spellings` of the contigs, whatever the case of `chr`."""
    base = re.sub(r"^chr", "", name, flags=re.IGNORECASE)
    return next((spelt[one] for one in (name, base, f"chr{base}") if one in spelt), None)


def told_otherwise(name: str, called: str, contig_names: str) -> str:
    """A clause about a contig that a file calls otherwise than the FASTA, and what to do."""
    key = "" if contig_names == "spelling" else ", or set peaks.contig_names to spelling"
    return f"contig {shown_name(name)!r} is called {called} in the genome's FASTA: rename it{key}"


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
