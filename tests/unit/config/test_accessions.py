"""Rows with accessions: which files they stand for and where those lie, and what is wrong with a row."""

from functools import partial

import pytest

from checkouts import REPOSITORY
from epigroup.config.downloads.accessions import run_folder
from epigroup.config.settings import complete_config
from epigroup.config.sheet import read_sheet
from epigroup.core.errors import InputError
from epigroup.plan.disk import ALIGNED, plan_disk
from epigroup.run.facts import Run

COLUMNS = ["profile_id", "modality", "assay", "target", "cell_type", "cell_group", "replicate", "fastq_1", "fastq_2",
           "bam", "peaks", "accession", "format", "layout", "checksum", "control", "macs2", "assembly"]  # fmt: skip
ATAC = {
    "profile_id": "atac",
    "modality": "CA",
    "assay": "ATAC",
    "accession": "SRR1016916",
    "layout": "paired",
}
CTCF = {"profile_id": "ctcf", "modality": "TFB", "assay": "ChIP", "target": "CTCF"}
FILE = CTCF | {"accession": "ENCFF001ABC", "format": "fastq"}
PAIR = CTCF | {"accession": "ENCFF001ABC;ENCFF002ABC", "format": "fastq"}
PEAKS = CTCF | {"accession": "ENCFF001ABC", "format": "peaks"}
A, B, C = "md5:" + "0a" * 16, "md5:" + "0b" * 16, "sha256:" + "0c" * 32


@pytest.fixture
def read(read):
    """No file of the sheet is there."""
    return partial(read, columns=COLUMNS, results="out", exist=lambda _: False)


@pytest.mark.parametrize(
    ("run", "folder"),
    [  # the archive's own examples of six and seven digits, and its rule for eight and nine
        ("ERR000916", "ERR000/ERR000916"),
        ("SRR1016916", "SRR101/006/SRR1016916"),
        ("DRR10169167", "DRR101/067/DRR10169167"),
        ("SRR101691678", "SRR101/678/SRR101691678"),
    ],
)
def test_folders_of_runs(run, folder):
    assert run_folder(run) == folder


@pytest.mark.parametrize(
    ("row", "kind", "paired", "files"),
    [
        (ATAC, "fastq", True, {
            "SRR1016916_1.fastq.gz": ("ena", "SRR101/006/SRR1016916/SRR1016916_1.fastq.gz"),
            "SRR1016916_2.fastq.gz": ("ena", "SRR101/006/SRR1016916/SRR1016916_2.fastq.gz"),
        }),
        (ATAC | {"layout": "single", "format": "fastq"}, "fastq", False, {
            "SRR1016916.fastq.gz": ("ena", "SRR101/006/SRR1016916/SRR1016916.fastq.gz"),
        }),
        (FILE, "fastq", False, {"ENCFF001ABC.fastq.gz": ("encode", "ENCFF001ABC/@@download/ENCFF001ABC.fastq.gz")}),
        (PAIR, "fastq", True, {
            "ENCFF001ABC.fastq.gz": ("encode", "ENCFF001ABC/@@download/ENCFF001ABC.fastq.gz"),
            "ENCFF002ABC.fastq.gz": ("encode", "ENCFF002ABC/@@download/ENCFF002ABC.fastq.gz"),
        }),
        (FILE | {"format": "bam"}, "bam", None, {
            "ENCFF001ABC.bam": ("encode", "ENCFF001ABC/@@download/ENCFF001ABC.bam"),
        }),
        (PEAKS, "peaks", None, {"ENCFF001ABC.bed.gz": ("encode", "ENCFF001ABC/@@download/ENCFF001ABC.bed.gz")}),
    ],
)  # fmt: skip
def test_what_a_row_without_files_stands_for(read, row, kind, paired, files):
    sheet = read(row)
    profile = sheet.profiles[row["profile_id"]]
    assert (profile.kind, profile.paired) == (kind, paired)
    assert {name: (one.archive, one.place) for name, one in sheet.downloads.items()} == files
    one = profile.replicates[0]
    wanted = [f"out/downloads/{name}" for name in files]
    assert [path for path in (one.fastq_1, one.fastq_2, one.bam, one.peaks) if path] == wanted
    assert {one.row for one in sheet.downloads.values()} == {
        f"profile {row['profile_id']}, replicate 1, column accession {row['accession']}"
    }


def test_nothing_is_fetched_for_a_row_that_has_its_file(read):
    rows = [
        ATAC | {"fastq_1": "a_1.fq.gz", "fastq_2": "a_2.fq.gz", "checksum": f"{A};{B}"},
        PEAKS | {"peaks": "p.bed"},
        FILE | {"profile_id": "b", "format": "bam", "bam": "b.bam", "accession": "ENCFF003ABC"},
        FILE | {"profile_id": "noted", "format": "", "peaks": "n.bed", "accession": "ENCFF004ABC"},
    ]
    sheet = read(*rows, exist=lambda path: not path.startswith("out/downloads"))
    assert sheet.downloads == {}
    words = "profile atac, replicate 1, column checksum"
    assert sheet.checksums == {"a_1.fq.gz": (A, words), "a_2.fq.gz": (B, words)}
    assert sheet.profiles["atac"].replicates[0].fastq_1 == "a_1.fq.gz"
    with pytest.raises(InputError, match=r"line 2, column fastq_1: there is no file 'a_1\.fq\.gz'"):
        read(*rows)


def test_checksums_belong_to_the_mates_in_order(read):
    assert [one.checksum for one in read(PAIR | {"checksum": f"{A};{C}"}).downloads.values()] == [A, C]
    assert [one.checksum for one in read(ATAC | {"checksum": f"{A};{B}"}).downloads.values()] == [A, B]
    assert [one.checksum for one in read(PEAKS | {"checksum": C}).downloads.values()] == [C]
    assert [one.checksum for one in read(PAIR).downloads.values()] == [None, None]
    assert read(PEAKS | {"checksum": C}).checksums == {}
    own = CTCF | {"peaks": "<results>/p.bed", "checksum": C, "replicate": "2"}
    assert read(own, exist=lambda _: True).checksums == {
        "out/p.bed": (C, "profile ctcf, replicate 2, column checksum")
    }


def test_replicates_may_come_either_way(read):
    own = ATAC | {
        "replicate": "1",
        "accession": "",
        "layout": "",
        "fastq_1": "a_1.fq.gz",
        "fastq_2": "a_2.fq.gz",
    }
    sheet = read(own, ATAC | {"replicate": "2"}, exist=lambda path: path.startswith("a_"))
    assert [one.fastq_2 for one in sheet.profiles["atac"].replicates] == [
        "a_2.fq.gz", "out/downloads/SRR1016916_2.fastq.gz",
    ]  # fmt: skip


INPUT = {"profile_id": "bg", "assay": "input"}
FAULTS = {
    "no accession of these": ([ATAC | {"accession": "GSM12345"}], "line 2, column accession", "'GSM12345'"),
    "experiment": ([FILE | {"accession": "ENCSR000ABC"}], "line 2, column accession", "'ENCSR000ABC'"),
    "two runs": ([ATAC | {"accession": "SRR000001;SRR000002"}], "line 2, column accession", "SRR000002"),
    "space": ([ATAC | {"accession": "SRR000001 "}], "line 2, column accession", "space"),
    "small letters": ([ATAC | {"accession": "srr000001"}], "line 2, column accession", "'srr000001'"),
    "no layout": ([ATAC | {"layout": ""}], "line 2, column layout", "give single or paired"),
    "unknown layout": ([ATAC | {"layout": "PAIRED"}], "line 2, column layout", "did you mean paired"),
    "no format": ([FILE | {"format": ""}], "line 2, column format", "give fastq, bam or peaks"),
    "unknown format": ([FILE | {"format": "bigBed"}], "line 2, column format", "'bigBed'"),
    "run as BAM": ([ATAC | {"format": "bam"}], "line 2, column format", "'bam' of a run"),
    "pair of BAM": ([PAIR | {"format": "bam"}], "line 2, column accession", "two files"),
    "own mate": ([PAIR | {"accession": "ENCFF001ABC;ENCFF001ABC"}], "line 2, column accession", "own mate"),
    "layout of one file": ([FILE | {"layout": "paired"}], "line 2, column layout", "are single"),
    "layout of two files": ([PAIR | {"layout": "single"}], "line 2, column layout", "are paired"),
    "layout of peaks": ([PEAKS | {"layout": "single"}], "line 2, column layout", "have none"),
    "layout of own files": ([ATAC | {"fastq_1": "a.fq.gz"}], "line 2, column layout", "are single"),
    "format of own files": ([PEAKS | {"bam": "b.bam"}], "line 2, column format", "column of bam"),
    "one checksum of two": ([ATAC | {"checksum": A}], "line 2, column checksum", "1 given for 2"),
    "two checksums of one": ([FILE | {"checksum": f"{A};{B}"}], "line 2, column checksum", "2 given for 1"),
    "checksum without its kind": ([FILE | {"checksum": "0a" * 16}], "line 2, column checksum", "must be md5:"),
    "short checksum": ([FILE | {"checksum": "md5:0a"}], "line 2, column checksum", "'md5:0a'"),
    "checksum of sha1": ([FILE | {"checksum": "sha1:" + "0a" * 20}], "line 2, column checksum", "'sha1:"),
    "checksum without a file": ([CTCF | {"checksum": A}], "line 2, column checksum", "without an accession"),
    "two checksums of an own file": (
        [CTCF | {"peaks": "p.bed", "checksum": f"{A};{B}"}], "line 2, column checksum", "2 given for 1",
    ),
    "one checksum of two own files": (
        [ATAC | {"fastq_1": "1.fq", "fastq_2": "2.fq", "checksum": A}], "line 2, column checksum", "1 given for 2",
    ),
    "no file and no accession": ([CTCF], "line 2, column fastq_1, bam, peaks", "or an accession"),
    "one file twice": ([FILE, FILE | {"profile_id": "again"}], "line 3, column fastq_1", "ENCFF001ABC"),
    "replicates of two kinds": (
        [FILE, FILE | {"replicate": "2", "format": "bam", "accession": "ENCFF002ABC"}], "line 3, column bam", "'ctcf'",
    ),
    "replicates of two layouts": (
        [ATAC, ATAC | {"replicate": "2", "layout": "single", "accession": "SRR000001"}], "line 3", "single-end",
    ),
    "control of another layout": (
        [FILE | {"control": "bg"}, INPUT | {"accession": "SRR000001", "layout": "paired"}], "column control", "paired",
    ),
    "control as peaks": (
        [FILE, INPUT | {"accession": "ENCFF002ABC", "format": "peaks"}], "line 3, column accession", "needs reads",
    ),
    "control of peaks": (
        [PEAKS | {"control": "bg"}, INPUT | {"accession": "SRR000001", "layout": "single"}],
        "line 2, column control", "would not be used",
    ),
    "options for peaks": ([PEAKS | {"macs2": "--nolambda"}], "line 2, column macs2", "no peaks are called"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_faults_name_line_column_and_value(read, tmp_path, case):
    rows, where, what = FAULTS[case]
    with pytest.raises(InputError) as error:
        read(*rows, exist=lambda path: not path.startswith("out/downloads"))
    message = str(error.value)
    assert message.startswith(f"{tmp_path}/samples.tsv: ")
    assert where in message and what in message


def test_the_rows_that_the_documentation_shows_are_right(tmp_path):
    text = (REPOSITORY / "docs/guide/sheet.md").read_text()
    table = text[text.index("## Accessions") : text.index("Runs come as the FASTQ")]
    lines = [line.strip("|") for line in table.splitlines() if line.startswith("|") and "---" not in line]
    rows = ["\t".join(cell.strip() for cell in line.split("|")) for line in lines]
    (tmp_path / "samples.tsv").write_text("\n".join(rows) + "\n")
    sheet = read_sheet(tmp_path / "samples.tsv", assembly="hg38", exist=lambda _: False)
    assert [sheet.profiles[name].kind for name in sheet.tasks] == ["fastq", "fastq", "bam", "peaks"]
    assert len(sheet.downloads) == 6


def test_the_plan_does_not_guess_sizes_of_what_is_not_there(read, tmp_path):
    config = complete_config(
        {
            "samples": "samples.tsv",
            "genome": {"fasta": "hg38.fa", "assembly": "hg38", "chromosomes": ["chr1", "chr2", "chr3"]},
            "splits": {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}]},
            "groupings": {"all": {"method": "all"}},
            "strategies": {"SMTL": {"grouping": "all"}},
        }
    )
    own = tmp_path / "own.fastq.gz"
    own.write_bytes(b"x" * 1000)
    mine = CTCF | {"fastq_1": str(own)}
    found = plan_disk(Run(config, read(mine, exist=lambda _: True)), [], [])
    disk = {one.what: one.kept for one in found.rows}
    assert disk["alignments"] == ALIGNED * 1000 and "downloads" not in disk
    config["reads"]["fragments"] = 5
    found = plan_disk(Run(config, read(mine, exist=lambda _: True)), [], [])
    # the replicate, and what is drawn of it
    assert {one.what: one.kept for one in found.rows}["alignments"] == 2 * ALIGNED * 1000
    config["reads"]["fragments"] = None
    sheet = read(mine, ATAC, exist=lambda _: True)
    found = plan_disk(Run(config, sheet), [], [])
    disk = {one.what: one for one in found.rows}
    assert disk["alignments"].kept is None and not found.complete
    assert disk["downloads"].kept is None
    assert disk["downloads"].how == "2 files to fetch, known once they are there"
