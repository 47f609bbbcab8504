"""What is known of assemblies agrees with other sources, and tells one from another."""

import re
import subprocess
import sys
from pathlib import Path

import pybedtools
import pytest

from epigroup.core.errors import InputError
from epigroup.genome import assemblies as module
from epigroup.genome.assemblies import assemblies, assembly_names, known_lengths
from epigroup.genome.contigs import check_assembly

KNOWN = assemblies()
BEDTOOLS = Path("/usr/share/bedtools/genomes")


@pytest.mark.parametrize("assembly", ["hg18", "hg19", "hg38", "mm9", "mm10", "dm3", "dm6"])
def test_lengths_are_those_of_pybedtools(assembly):
    shipped = pybedtools.chromsizes(assembly)
    assert {contig: shipped[contig][1] for contig in KNOWN[assembly]} == KNOWN[assembly]


@pytest.mark.parametrize(
    "name", ["human.hg18", "human.hg19", "human.hg38", "mouse.mm8", "mouse.mm9", "mouse.mm10"]
)
def test_lengths_are_those_of_bedtools(name):
    path = BEDTOOLS / f"{name}.genome"
    if not path.exists():
        pytest.skip("bedtools' tables of genomes are not installed")
    shipped = dict(line.split("\t")[:2] for line in path.read_text().splitlines() if "\t" in line)
    known = KNOWN[name.split(".")[1]]
    assert {contig: int(shipped[contig]) for contig in known} == known


def test_lengths_of_yeast_are_those_of_its_sequence(real_data):
    rows = (real_data / "yeast_genome" / "sacCer3.nuclear.sizes").read_text().splitlines()
    assert KNOWN["sacCer3"] == {name: int(size) for name, size in map(str.split, rows)}


def test_the_assemblies_that_must_be_known_are():
    must = {
        "hg18", "hg19", "hg38", "hs1", "mm9", "mm10", "mm39", "rn6", "rn7", "dm3", "dm6", "ce10", "ce11", "danRer10",
        "danRer11", "sacCer3", "TAIR10",
    }  # fmt: skip
    assert must <= set(KNOWN)
    for assembly, sizes in KNOWN.items():
        numbers = sorted(int(n[1]) for name in sizes if (n := re.fullmatch(r"(?:chr)?(\d+)", name)))
        # Chimpanzees have chr2A and chr2B, flies 4 alone; not all of a chicken's are assembled.
        if not assembly.startswith(("panTro", "dm", "galGal")):
            assert numbers == list(range(1, len(numbers) + 1)), assembly
        assert not {"chrM", "MT", "M", "Mt"} & set(sizes), assembly


def test_no_two_assemblies_are_alike():
    tables = [frozenset(sizes.items()) for sizes in KNOWN.values()]
    assert len(set(tables)) == len(tables)
    for name, sizes in KNOWN.items():
        # More than half of the chromosomes tell an assembly from each other one.
        for other, theirs in KNOWN.items():
            shared = [c for c in sizes if c in theirs]
            alike = sum(sizes[c] == theirs[c] for c in shared)
            assert name == other or alike <= len(sizes) / 2, f"{name} and {other}: {alike} alike"


@pytest.mark.parametrize("assembly", KNOWN)
def test_a_chromosome_of_another_length_is_refused(assembly):
    for contig, size in KNOWN[assembly].items():
        with pytest.raises(InputError, match=f"{contig} has {size - 1:,} bp.*{assembly} it has {size:,} bp"):
            check_assembly(assembly, {contig: size - 1}, "x.fa")


@pytest.mark.parametrize(
    ("said", "is_", "contig"),
    [("hg38", "hg19", "chr20"), ("hg19", "hg38", "20"), ("hg19", "hg18", "chrX"), ("hg38", "hs1", "chrY"),
     ("mm9", "mm10", "chr19"), ("mm10", "mm9", "19"), ("mm10", "mm39", "chrX"), ("rn7", "rn6", "1"),
     ("dm6", "dm3", "2L"), ("dm3", "dm6", "chr4"), ("ce10", "ce11", "IV"), ("danRer11", "danRer10", "25"),
     ("canFam3", "canFam4", "chr38"), ("TAIR10", "IRGSP-1.0", "chr01")],
)  # fmt: skip
def test_another_assembly_is_named_by_its_lengths(said, is_, contig):
    size = known_lengths(is_)[1]
    size = next(size[name] for name in (contig, f"chr{contig}", contig.removeprefix("chr0")) if name in size)
    with pytest.raises(InputError, match=rf"{size:,} bp is a chromosome of ([\w.-]+ or )*{is_}\b"):
        check_assembly(said, {contig: size}, "x.fa")


def test_a_length_of_no_assembly_is_refused_without_a_guess():
    """4.2 Mb called chr19 of mm9."""
    with pytest.raises(InputError, match=r"mm9 it has 61,342,430 bp\. Name the assembly"):
        check_assembly("mm9", {"chr19": 4_200_000}, "x.fa")


def test_every_name_resolves():
    for name, assembly in assembly_names().items():
        for spelt in (name, name.upper(), f"{name}.p14"):
            assert known_lengths(spelt) == (assembly, KNOWN[assembly])


@pytest.mark.parametrize(
    ("name", "assembly"),
    [("NCBI36", "hg18"), ("GRCh37", "hg19"), ("GRCh37.p13", "hg19"), ("hs37d5", "hg19"), ("b37", "hg19"),
     ("GRCh38", "hg38"), ("GRCh38.p14", "hg38"), ("hg38.p12", "hg38"), ("T2T-CHM13v2.0", "hs1"),
     ("chm13v2.0", "hs1"), ("CHM13", "hs1"), ("GRCm37", "mm9"), ("NCBIM37", "mm9"), ("GRCm38", "mm10"),
     ("GRCm38.p6", "mm10"), ("GRCm39", "mm39"), ("Rnor_6.0", "rn6"), ("mRatBN7.2", "rn7"), ("BDGP5", "dm3"),
     ("BDGP6", "dm6"), ("BDGP6.32", "dm6"), ("BDGP6.46", "dm6"), ("WBcel215", "ce10"), ("WS220", "ce10"),
     ("WBcel235", "ce11"), ("Zv9", "danRer7"), ("GRCz10", "danRer10"), ("GRCz11", "danRer11"),
     ("R64-1-1", "sacCer3"), ("tair10", "TAIR10"), ("GRCg6a", "galGal6"), ("Sscrofa11.1", "susScr11"),
     ("ARS-UCD1.2", "bosTau9"), ("CanFam3.1", "canFam3"), ("Mmul_10", "rheMac10")],
)  # fmt: skip
def test_names_of_ensembl_ncbi_and_encode(name, assembly):
    assert known_lengths(name) == (assembly, KNOWN[assembly])


@pytest.mark.parametrize(
    "name", ["hg38_part", "dm6_part", "hg38_p2", "mouse_of_mine", "GRCh38.79", "demo1", "hg", ""]
)
def test_names_of_their_own_are_not_checked(name):
    assert known_lengths(name) == (name, {})
    assert check_assembly(name, {"chr1": 5}, "x.fa") == 0


@pytest.mark.parametrize(
    ("assembly", "known", "spelt"),
    [("hg38", "chr1", ["chr1", "1", "chr01"]), ("hg38", "chrX", ["chrX", "X"]), ("hg38", "chr10", ["10", "chr10"]),
     ("dm6", "chr2L", ["2L", "chr2L"]), ("dm6", "chrX", ["X"]), ("ce11", "chrIV", ["IV", "chrIV", "4"]),
     ("sacCer3", "chrX", ["X", "chrX", "10", "chr10"]), ("sacCer3", "chrIX", ["IX", "chr9", "09"]),
     ("TAIR10", "1", ["1", "Chr1", "chr1"]), ("panTro6", "chr2A", ["2A"]), ("galGal6", "chrZ", ["Z"]),
     ("ASM294v2", "II", ["II", "chrII", "chr2", "2"]), ("IRGSP-1.0", "3", ["3", "chr03", "Chr3", "chr3"]),
     ("Zm-B73-REFERENCE-NAM-5.0", "chr10", ["10", "chr10", "Chr10"])],
)  # fmt: skip
def test_spellings_of_contigs(assembly, known, spelt):
    for contig in spelt:
        assert check_assembly(assembly, {contig: KNOWN[assembly][known]}, "x.fa") == 1
        with pytest.raises(InputError, match=f"contig {contig} has"):
            check_assembly(assembly, {contig: KNOWN[assembly][known] + 1}, "x.fa")


@pytest.mark.parametrize(
    "text",
    ["", "assembly\tcontig\n", "assembly\tcontig\tsize\nhg1\tchr1\n", "assembly\tcontig\tsize\nhg1\tchr1\t0\n",
     "assembly\tcontig\tsize\nhg1\tchr1\t1e3\n", "assembly\tcontig\tsize\nhg1\tchr1\t5\nhg1\tchr1\t6\n",
     "assembly\tcontig\tsize\n\tchr1\t5\n"],
)  # fmt: skip
def test_a_damaged_table_is_refused(tmp_path, monkeypatch, text):
    path = tmp_path / "assemblies.tsv"
    path.write_text(text)
    monkeypatch.setattr(module, "SIZES", path)
    with pytest.raises(InputError, match=r"assemblies\.tsv, line \d: the table is damaged"):
        assemblies.__wrapped__()


def test_a_name_of_two_assemblies_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "assembly_names.tsv"
    monkeypatch.setattr(module, "NAMES", path)
    for row in ("HG19\thg38", "new\thg99"):
        path.write_text(f"name\tassembly\n{row}\n")
        with pytest.raises(InputError, match="line 2: the table is damaged"):
            assembly_names.__wrapped__()


def test_the_tables_are_read_when_they_are_asked_for():
    code = "import epigroup.genome.contigs as c; print(c.assemblies.cache_info().currsize)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(module.__file__).parents[2],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout == "0\n"


def test_the_docs_name_every_assembly(repository):
    text = (repository / "docs/reference/assemblies.md").read_text(encoding="utf-8")
    rows = {row.split("|")[1].strip().strip("`"): row for row in text.splitlines() if row.startswith("| `")}
    assert list(rows) == list(KNOWN)
    for assembly, row in rows.items():
        cells = [cell.strip() for cell in row.split("|")[2:-1]]
        names = [name for name in assembly_names().items() if name[1] == assembly]
        assert int(cells[1]) == len(KNOWN[assembly]), assembly
        assert {name.lower() for name in re.findall(r"`([^`]+)`", cells[0])} == {
            name for name, _ in names if name != assembly.lower()
        }, assembly


def test_another_assembly_reruns_nothing(repository):
    """The tables are no part of any rule's code: they refuse, and write nothing."""
    for path in (repository / "workflow/rules").glob("*.smk"):
        assert "assemblies.tsv" not in path.read_text(encoding="utf-8"), path
