"""Addresses in the sheet's columns of files: which file each stands for, and which are refused with what to do."""

import re
from functools import partial

import pytest

from checkouts import REPOSITORY
from epigroup.config.downloads.addresses import file_name
from epigroup.config.settings import complete_config
from epigroup.config.sheet import read_sheet
from epigroup.core.errors import InputError
from epigroup.run.data import reads
from epigroup.run.facts import Run, open_run
from epigroup.run.report import software
from minimal_config import MINIMAL
from sheet_examples import ATAC, COLUMNS, FACTOR, GIVEN, INPUT, MARK

LAB = "https://lab.example.org/data"
MD5, SHA256 = "md5:" + "0a" * 16, "sha256:" + "0b" * 32


@pytest.fixture
def read(read):
    """Of the sheet's own files only those that do not lie in the folder of downloads are there."""
    there = {
        "exist": lambda path: not path.startswith("out/downloads") and "://" not in path,
        "results": "out",
    }
    return partial(read, **there, columns=[*COLUMNS, "checksum", "signal"])


def place(address):
    return f"out/downloads/{file_name(address)}"


def test_a_file_is_named_by_the_end_of_its_path_and_by_its_whole_address():
    names = [
        file_name(f"{LAB}/a.fq.gz"),
        file_name(f"{LAB}/b/a.fq.gz"),
        file_name(f"{LAB}/a.fq.gz?download=1"),
        file_name("http://other.org/a.fq.gz"),
        file_name(f"{LAB}/my%20peaks%3B.bed.gz"),
    ]
    assert len(set(names)) == 5
    assert [name.partition("_")[2] for name in names] == [*["a.fq.gz"] * 4, "my_peaks_.bed.gz"]
    assert all(re.fullmatch(r"[0-9a-f]{8}_[A-Za-z0-9._+-]+", name) for name in names)


def test_each_column_of_files_may_hold_addresses(read):
    sheet = read(
        ATAC | {"fastq_1": f"{LAB}/a_1.fq.gz", "fastq_2": "a_2.fq.gz"},
        MARK | {"bam": "ftp://ftp.example.org/m.bam", "control": "http://127.0.0.1:80/i.bam"},
        GIVEN | {"peaks": f"{LAB}/g.bed.gz?download=1", "signal": f"{LAB}/g.bw"},
    )
    one = sheet.profiles["atac"].replicates[0]
    assert (one.fastq_1, one.fastq_2) == (place(f"{LAB}/a_1.fq.gz"), "a_2.fq.gz")
    assert sheet.profiles["mark"].replicates[0].bam == place("ftp://ftp.example.org/m.bam")
    control = sheet.profiles[sheet.profiles["mark"].control]
    assert control.is_input and control.replicates[0].bam == place("http://127.0.0.1:80/i.bam")
    assert sheet.profiles["given"].replicates[0].peaks == place(f"{LAB}/g.bed.gz?download=1")
    assert sheet.profiles["given"].signal == place(f"{LAB}/g.bw")
    assert {one.place for one in sheet.downloads.values()} == {
        f"{LAB}/a_1.fq.gz",
        "ftp://ftp.example.org/m.bam",
        "http://127.0.0.1:80/i.bam",
        f"{LAB}/g.bed.gz?download=1",
        f"{LAB}/g.bw",
    }


def test_what_a_job_is_told_of_it(read):
    sheet = read(GIVEN | {"peaks": f"{LAB}/g.bed.gz", "replicate": "1"})
    run = Run(complete_config(MINIMAL), sheet)
    (name,) = sheet.downloads
    assert reads.address(run, name) == f"{LAB}/g.bed.gz"
    assert reads.row(run, name) == "s.tsv, profile given, replicate 1, column peaks"
    assert software(run) == []


def test_checksums_of_files_that_are_fetched_are_compared_where_they_are_fetched(read):
    sheet = read(
        ATAC | {"fastq_1": "a_1.fq.gz", "fastq_2": f"{LAB}/a_2.fq.gz", "checksum": f"{MD5};{SHA256}"},
        GIVEN | {"peaks": f"{LAB}/g.bed.gz", "checksum": MD5},
        MARK | {"bam": f"{LAB}/m.bam"},
    )
    assert sheet.checksums == {"a_1.fq.gz": (MD5, "profile atac, replicate 1, column checksum")}
    found = {one.place: one.checksum for one in sheet.downloads.values()}
    assert found == {f"{LAB}/a_2.fq.gz": SHA256, f"{LAB}/g.bed.gz": MD5, f"{LAB}/m.bam": None}


def test_the_checksum_of_a_signal_that_is_fetched_comes_after_the_others_and_may_be_left_out(read):
    signal = {"signal": f"{LAB}/s.bw"}
    run = {"fastq_1": "", "fastq_2": "", "accession": "SRR000001", "layout": "paired"}
    both = ATAC | signal | {"replicate": "1", "checksum": f"{MD5};{MD5};{SHA256}"}
    second = ATAC | signal | {"replicate": "2", "fastq_1": "b_1.fq.gz", "fastq_2": "b_2.fq.gz"}
    for rows, expected in (
        ([GIVEN | signal | {"checksum": f"{MD5};{SHA256}"}], {f"{LAB}/s.bw": SHA256}),
        ([GIVEN | signal | {"checksum": MD5}], {f"{LAB}/s.bw": None}),
        ([both, second | {"checksum": f"{MD5};{MD5}"}], {f"{LAB}/s.bw": SHA256}),
        ([both, second | {"checksum": f"{MD5};{MD5};{SHA256}"}], {f"{LAB}/s.bw": SHA256}),
        ([second, both], {f"{LAB}/s.bw": SHA256}),
        ([both | run], {"SRR000001_1": MD5, "SRR000001_2": MD5, f"{LAB}/s.bw": SHA256}),
        ([both | run | {"checksum": f"{MD5};{MD5}"}], {"SRR000001_1": MD5, f"{LAB}/s.bw": None}),
    ):
        sheet = read(*rows, columns=[*COLUMNS, "checksum", "signal", "accession", "layout"])
        found = {one.place: one.checksum for one in sheet.downloads.values()}
        for place, checksum in expected.items():
            assert [sum for at, sum in found.items() if place in at] == [checksum], rows
        assert not any("downloads" in path for path in sheet.checksums)
    with pytest.raises(InputError) as error:
        read(both, second | {"checksum": f"{MD5};{MD5};{MD5}"})
    says = (
        f"line 3, column checksum: {MD5} of {LAB}/s.bw differs from {SHA256} on line 2; give the same on both"
    )
    assert says in str(error.value)


@pytest.mark.parametrize("path", ["g.bw", "out/downloads/0123abcd_g.bw"])
def test_the_checksum_of_a_signal_of_ones_own_is_kept_for_the_job_that_reads_it(read, path):
    mine = GIVEN | {"signal": path, "checksum": f"{MD5};{SHA256}"}
    words = f"profile {GIVEN['profile_id']}, replicate 1, column checksum"
    sheet = read(mine, exist=lambda path: True, signals=True)
    assert sheet.checksums == {GIVEN["peaks"]: (MD5, words), path: (SHA256, words)} and sheet.notes == ()
    [note] = read(mine, exist=lambda path: True).notes
    assert "checksums of signals are not compared: they are read where dataset.targets is signal" in note
    assert read(mine | {"checksum": MD5}, exist=lambda path: True).notes == ()
    with pytest.raises(
        InputError, match=r"3 given for 1 file\(s\) and the signal; .* that of the signal last"
    ):
        read(GIVEN | {"signal": f"{LAB}/g.bw", "checksum": f"{MD5};{SHA256};{MD5}"})


def test_lanes_may_be_files_and_addresses(read):
    sums = ";".join(f"md5:{digit * 32}" for digit in "abcd")
    lanes = {"fastq_1": f"{LAB}/a1.fq.gz;b1.fq.gz", "fastq_2": f"a2.fq.gz;{LAB}/b2.fq.gz", "checksum": sums}
    sheet = read(ATAC | lanes)
    assert sheet.profiles["atac"].replicates[0].reads == [
        [place(f"{LAB}/a1.fq.gz"), "b1.fq.gz"],
        ["a2.fq.gz", place(f"{LAB}/b2.fq.gz")],
    ]
    found = {one.place: one.checksum for one in sheet.downloads.values()}
    assert found == {f"{LAB}/a1.fq.gz": f"md5:{'a' * 32}", f"{LAB}/b2.fq.gz": f"md5:{'d' * 32}"}
    own = {path: known for path, (known, _) in sheet.checksums.items()}
    assert own == {"b1.fq.gz": f"md5:{'b' * 32}", "a2.fq.gz": f"md5:{'c' * 32}"}


def test_a_control_that_several_rows_name_is_one_file(read):
    named = {"control": f"{LAB}/i.bam"}
    sheet = read(MARK | named, MARK | named | {"profile_id": "other", "bam": "o.bam"})
    assert list(sheet.downloads) == [file_name(f"{LAB}/i.bam")] and len(sheet.inputs) == 1
    with_row = read(MARK | named, INPUT | {"fastq_1": "", "bam": f"{LAB}/i.bam", "checksum": MD5})
    assert with_row.profiles["mark"].control == "bg"
    assert [one.checksum for one in with_row.downloads.values()] == [MD5]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (MARK | {"bam": "s3://lab/m.bam"}, "line 2, column bam: 's3://lab/m.bam' is not fetched: give the address of a "
         "public file as https://BUCKET.s3.amazonaws.com/KEY, or copy the file here before (aws s3 cp)"),
        (MARK | {"bam": "gs://lab/m.bam"}, "https://storage.googleapis.com/BUCKET/KEY, or copy the file here"),
        (MARK | {"bam": "sftp://lab/m.bam"}, "give an address of https://, http:// or ftp://"),
        (MARK | {"bam": "file:///data/m.bam"}, "'file:///data/m.bam' is on this machine; give its path"),
        (MARK | {"bam": "https://me:secret@lab.org/m.bam"}, "'https://…@lab.org/m.bam' must be an address"),
        (MARK | {"bam": "https://me:my/secret@lab.org/m.bam"}, "'https://…@lab.org/m.bam' must be an address"),
        (MARK | {"bam": f"{LAB}/m.bam#part"}, "without user, password and #"),
        (MARK | {"bam": f"{LAB}/$(id).bam"}, "must be an address of a server and a file"),
        (MARK | {"bam": "https:///m.bam"}, "must be an address of a server and a file"),
        (MARK | {"bam": f"{LAB}/"}, "is a folder; give the address of the file"),
        (GIVEN | {"peaks": "https://www.ncbi.nlm.nih.gov/geo/download/?acc=GSM1&format=file&file=GSM1_x.bed.gz"},
         "file=GSM1_x.bed.gz': its path, which ends before the ?, must end in the name of the file; GEO gives the same "
         "file by an address of ftp://ftp.ncbi.nlm.nih.gov/geo/"),
        (MARK | {"bam": f"{LAB}/files?name=m.bam"}, "its path must end in .bam, .cram"),
        (FACTOR | {"fastq_1": f"{LAB}/content", "control": ""}, f"line 2, column fastq_1: '{LAB}/content': its path "
         "must end in .fastq.gz, .fq.gz, .fastq, .fq, by which it is told what the file is"),
        (MARK | {"control": "s3://lab/i.bam"}, "line 2, column control: 's3://lab/i.bam' is not fetched"),
        (MARK | {"bam": f"{LAB}/m.bam", "checksum": f"{MD5};{MD5}"}, "line 2, column checksum: 2 given for 1"),
        (ATAC | {"fastq_1": f"{LAB}/a.fq", "fastq_2": f"{LAB}/a.fq"}, f"'{LAB}/a.fq' is the same file as fastq_1"),
    ],
)  # fmt: skip
def test_what_is_not_fetched_is_refused_with_what_to_do(read, row, says):
    with pytest.raises(InputError, match=re.escape(says)) as error:
        read(row, GIVEN | {"peak_mode": "wide"})
    assert "line 3, column peak_mode" in str(error.value) and "downloads" not in str(error.value)
    assert "secret" not in str(error.value)


def test_one_address_must_not_make_two_profiles(read):
    with pytest.raises(InputError) as error:
        read(MARK | {"bam": f"{LAB}/m.bam"}, MARK | {"profile_id": "again", "bam": f"{LAB}/m.bam"})
    assert f"line 3, column bam: '{LAB}/m.bam' stands on line 2 already" in str(error.value)


@pytest.fixture
def open_with(tmp_path, monkeypatch):
    """Opens the run of a sheet of one profile and these keys of the section genome."""
    monkeypatch.chdir(tmp_path)
    lines = ["\t".join(["profile_id", *COLUMNS[1:]])]
    full = {"cell_type": "liver", "cell_group": "organ", "assembly": "x"} | GIVEN
    (tmp_path / "s.tsv").write_text(
        "\n".join([*lines, "\t".join(full.get(one, "") for one in COLUMNS)]) + "\n"
    )
    (tmp_path / "g.narrowPeak").touch()

    def opening(**genome):
        return open_run(complete_config(MINIMAL | {"genome": MINIMAL["genome"] | genome}))

    return opening


def test_files_of_the_genome_are_fetched_from_their_addresses(open_with, monkeypatch):
    monkeypatch.setenv("LAB", LAB)
    sums = {"fasta": SHA256, "gtf": MD5}
    run = open_with(fasta="$LAB/g.fa.gz", gtf=f"{LAB}/g.gtf?key=1", checksums=sums)
    assert run.fasta == f"results/downloads/{file_name(f'{LAB}/g.fa.gz')}"
    assert run.gtf == f"results/downloads/{file_name(f'{LAB}/g.gtf?key=1')}" and run.blacklist is None
    fetched = [
        (reads.address(run, name), reads.row(run, name), reads.checksum(run, name), reads.sum_key(run, name))
        for name in run.sheet.downloads
    ]
    assert fetched == [
        (f"{LAB}/g.fa.gz", "genome.fasta", SHA256, "genome.checksums.fasta"),
        (f"{LAB}/g.gtf?key=1", "genome.gtf", MD5, "genome.checksums.gtf"),
    ]


WRONG_GENOMES = {
    "a store": ({"fasta": "s3://bucket/g.fa"}, "genome.fasta: 's3://bucket/g.fa' is not fetched: give the address of"),
    "a folder": ({"fasta": f"{LAB}/genomes/"}, f"genome.fasta: '{LAB}/genomes/' is a folder"),
    "a password": ({"gtf": "https://me:secret@lab.org/g.gtf"}, "genome.gtf: 'https://…@lab.org/g.gtf' must be"),
    "a space": ({"fasta": f"{LAB}/a b.fa"}, "genome.fasta: value .* must be an address .* or a path of letters"),
    "a checksum of a path": (
        {"fasta": f"{LAB}/g.fa", "blacklist": "g.narrowPeak", "checksums": {"blacklist": MD5}},
        f"genome.checksums.blacklist: {MD5} is compared when a file is fetched, and genome.blacklist is 'g.narrowPeak'",
    ),
    "a checksum of nothing": (
        {"fasta": f"{LAB}/g.fa", "checksums": {"gtf": MD5}}, "and genome.gtf is empty: give the address",
    ),
    "no checksum": (
        {"fasta": f"{LAB}/g.fa", "checksums": {"fasta": "0a"}}, "genome.checksums.fasta: value '0a': must be md5:32",
    ),
}  # fmt: skip


@pytest.mark.parametrize("genome, words", WRONG_GENOMES.values(), ids=WRONG_GENOMES)
def test_wrong_addresses_of_the_genome_are_refused_by_their_key(open_with, genome, words):
    with pytest.raises(InputError, match=words):
        open_with(**genome)


def test_all_that_is_wrong_with_the_genomes_files_is_said_at_once(open_with):
    with pytest.raises(InputError) as caught:
        open_with(fasta="ftps://lab.org/g.fa", gtf="away.gtf", checksums={"gtf": MD5})
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [
        "genome.fasta", "genome.checksums.gtf", "genome.gtf",
    ]  # fmt: skip


def test_the_rows_that_the_documentation_shows_are_right(tmp_path):
    text = (REPOSITORY / "docs/guide/sheet.md").read_text()
    table = text[text.index("## Addresses") : text.index("The file is fetched as those of")]
    lines = [line.strip("|") for line in table.splitlines() if line.startswith("|") and "---" not in line]
    rows = ["\t".join(cell.strip() for cell in line.split("|")) for line in lines]
    (tmp_path / "samples.tsv").write_text("\n".join(rows) + "\n")
    sheet = read_sheet(tmp_path / "samples.tsv", assembly="hg38", exist=lambda _: False)
    assert sheet.tasks == ["ctcf_liver", "max_liver"] and len(sheet.downloads) == 3
