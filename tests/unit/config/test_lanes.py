"""Lanes in a sheet: files in a cell or rows of one replicate, joined in their order, never replicates of their own."""

import re

import pytest

from epigroup.config.lanes import with_lanes
from epigroup.config.sheet import read_sheet
from epigroup.core.errors import InputError
from sheet_examples import ATAC, COLUMNS, FACTOR, GIVEN, INPUT, MARK, write_sheet

FIRST = ATAC | {"replicate": "1"}
SECOND = FIRST | {"fastq_1": "b_1.fq.gz", "fastq_2": "b_2.fq.gz"}
BOTH = {"fastq_1": "a_1.fq.gz;b_1.fq.gz", "fastq_2": "a_2.fq.gz;b_2.fq.gz"}


@pytest.fixture
def read(tmp_path):
    def run(*rows, columns=COLUMNS, exist=lambda path: True):
        return read_sheet(write_sheet(tmp_path / "samples.tsv", rows, columns), results="out", exist=exist)

    return run


def test_a_cell_of_lanes_rows_of_lanes_and_both_mean_the_same(read):
    third = {"fastq_1": "c_1.fq.gz", "fastq_2": "c_2.fq.gz"}
    whole = {column: f"{BOTH[column]};{third[column]}" for column in third}
    sheets = [
        read(ATAC | whole),
        read(FIRST, SECOND, FIRST | third),
        read(FIRST | BOTH, MARK, FIRST | third),
    ]
    assert sheets[0].profiles["atac"] == sheets[1].profiles["atac"] == sheets[2].profiles["atac"]
    [one] = sheets[0].profiles["atac"].replicates
    assert one.reads == [[f"{lane}_{mate}.fq.gz" for lane in "abc"] for mate in "12"]
    assert sheets[2].tasks == ["atac", "mark"]


def test_lanes_keep_the_order_of_the_sheet(read):
    [one] = read(SECOND, FIRST).profiles["atac"].replicates
    assert one.reads == [["b_1.fq.gz", "a_1.fq.gz"], ["b_2.fq.gz", "a_2.fq.gz"]]


def test_rows_of_other_numbers_stay_replicates(read):
    other = FIRST | {"replicate": "2", "fastq_1": "c_1.fq.gz", "fastq_2": "c_2.fq.gz"}
    replicates = read(FIRST, other, SECOND).profiles["atac"].replicates
    assert [(one.number, len(one.reads[0])) for one in replicates] == [(1, 2), (2, 1)]


def test_controls_may_be_in_lanes(read):
    lanes = INPUT | {"replicate": "1"}
    sheet = read(FACTOR, lanes, lanes | {"fastq_1": "j.fq.gz"})
    assert sheet.profiles["bg"].replicates[0].reads == [["i.fq.gz", "j.fq.gz"]]
    assert sheet.profiles["ctcf"].control == "bg"


def test_results_stand_for_their_folder_in_every_lane(read):
    [one] = (
        read(FACTOR | {"control": "", "fastq_1": "<results>/a.fq;<results>/b.fq"}).profiles["ctcf"].replicates
    )
    assert one.reads == [["out/a.fq", "out/b.fq"]]


def test_runs_of_one_replicate_are_fetched_and_joined(read):
    row = {"profile_id": "atac", "modality": "CA", "assay": "ATAC", "replicate": "3", "layout": "paired"}
    columns = [*COLUMNS, "accession", "layout"]
    sheet = read(
        *(row | {"accession": run} for run in ("SRR000002", "SRR000001")),
        columns=columns,
        exist=lambda path: False,
    )
    [one] = sheet.profiles["atac"].replicates
    assert one.reads == [
        [f"out/downloads/SRR00000{run}_{mate}.fastq.gz" for run in (2, 1)] for mate in (1, 2)
    ]
    assert len(sheet.downloads) == 4


def test_checksums_are_those_of_the_files_in_their_order(read):
    sums = [f"md5:{digit * 32}" for digit in "1234"]
    sheet = read(ATAC | BOTH | {"checksum": ";".join(sums)}, columns=[*COLUMNS, "checksum"])
    files = ["a_1.fq.gz", "b_1.fq.gz", "a_2.fq.gz", "b_2.fq.gz"]
    assert {path: known for path, (known, _) in sheet.checksums.items()} == dict(
        zip(files, sums, strict=True)
    )
    with pytest.raises(InputError, match=r"line 2, column checksum: 2 given for 4 file\(s\)"):
        read(ATAC | BOTH | {"checksum": ";".join(sums[:2])}, columns=[*COLUMNS, "checksum"])


FAULTS = {
    "no number": (
        [ATAC, SECOND],
        "line 2, column replicate",
        "is empty, and profile 'atac' has further rows (line 3); give all of them their replicate, one number for the "
        "lanes of one replicate, another number for each other replicate",
    ),
    "no number beside lanes": (
        [
            FIRST | {"replicate": "2"},
            SECOND | {"replicate": "2"},
            ATAC | {"fastq_1": "x.fq", "fastq_2": "y.fq"},
        ],
        "line 4, column replicate",
        "is empty, and profile 'atac' has further rows (line 2, 3)",
    ),
    "no number before a replicate": (
        [ATAC | {"fastq_1": "x.fq", "fastq_2": "y.fq"}, FIRST | {"replicate": "2"}],
        "line 2, column replicate",
        "is empty, and profile 'atac' has further rows (line 3)",
    ),
    "alignments without a number beside others": (
        [MARK | {"replicate": "2"}, MARK | {"bam": "n.bam"}],
        "line 3, column replicate",
        "a number each, or another profile_id where it is another profile; lanes that are aligned already",
    ),
    "cell types differ": (
        [FIRST, SECOND | {"cell_type": "lung"}],
        "line 3, column cell_type",
        "'lung' differs",
    ),
    "controls differ": (
        [
            FACTOR | {"replicate": "1"},
            FACTOR | {"replicate": "1", "fastq_1": "d.fq", "control": "other"},
            INPUT,
        ],
        "line 3, column control",
        "'other' differs from 'bg' on line 2; lanes of one replicate (ctcf, replicate 1) must agree",
    ),
    "layouts differ": ([FIRST, SECOND | {"fastq_2": ""}], "line 3, column fastq_2", "single-end in one lane"),
    "a lane in two rows": ([FIRST, FIRST], "line 3, column fastq_1", "'a_1.fq.gz' stands on line 2 already"),
    "a lane by another path": (
        [FIRST, SECOND | {"fastq_1": "./a_1.fq.gz"}],
        "line 3, column fastq_1",
        "line 2 already",
    ),
    "a lane twice in a cell": (
        [ATAC | BOTH | {"fastq_1": "a_1.fq.gz;a_1.fq.gz"}],
        "line 2, column fastq_1",
        "are one file; its reads would count twice",
    ),
    "a lane that is its mate": (
        [ATAC | BOTH | {"fastq_2": "a_2.fq.gz;b_1.fq.gz"}],
        "line 2, column fastq_2",
        "'b_1.fq.gz' is the same file as fastq_1",
    ),
    "a lane of another profile": (
        [FIRST, SECOND, FACTOR | {"control": "", "fastq_1": "x.fq;b_2.fq.gz"}],
        "line 4, column fastq_1",
        "'b_2.fq.gz' stands on line 3 already",
    ),
    "a lane of the profile before": (
        [FACTOR | {"control": "", "fastq_1": "b_2.fq.gz"}, FIRST, SECOND],
        "line 4, column fastq_2",
        "'b_2.fq.gz' stands on line 2 already",
    ),
    "a lane as a control": (
        [FIRST, SECOND, MARK | {"control": "b_1.fq.gz"}],
        "line 4, column control",
        "'b_1.fq.gz' is a file of profile 'atac' on line 3",
    ),
    "fewer second mates": (
        [ATAC | BOTH | {"fastq_2": "a_2.fq.gz"}],
        "line 2, column fastq_2",
        "names 1 file(s) where",
    ),
    "an end without a lane": (
        [ATAC | {"fastq_1": "a_1.fq.gz;"}],
        "line 2, column fastq_1",
        "parted by a semicolon",
    ),
    "two BAM files": (
        [MARK | {"replicate": "1"}, MARK | {"replicate": "1", "bam": "n.bam"}],
        "line 3, column replicate",
        "joined before, with samtools merge",
    ),
    "BAM files in a cell": (
        [MARK | {"bam": "m.bam;n.bam"}],
        "line 2, column bam",
        "'m.bam;n.bam' must be a path",
    ),
    "two peak files": (
        [GIVEN | {"replicate": "1"}, GIVEN | {"replicate": "1", "peaks": "h.bed"}],
        "line 3, column replicate",
        "a profile has one peak file",
    ),
    "reads and alignments": (
        [FIRST, FIRST | {"fastq_1": "", "fastq_2": "", "bam": "x.bam"}],
        "line 3, column replicate",
        "has replicate 1 on line 2 already",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faults_of_lanes_name_line_column_and_value(read, case):
    rows, where, what = FAULTS[case]
    with pytest.raises(InputError) as error:
        read(*rows)
    assert re.search(f"{re.escape(where)}:? .*{re.escape(what)}", str(error.value)), error.value
    told = re.findall(r"line \d+, column \w+", str(error.value))
    assert len(told) == len(set(told))


def test_a_lane_that_is_not_there_is_named(read):
    with pytest.raises(InputError, match=r"line 2, column fastq_2: there is no file 'b_2\.fq\.gz'"):
        read(ATAC | BOTH, exist=lambda path: path != "b_2.fq.gz")


def test_rows_without_lanes_are_left_as_they_are():
    rows = [(2, FIRST), (3, MARK), (4, FIRST | {"replicate": "2", "fastq_1": "x", "fastq_2": "y"})]
    assert with_lanes(rows, "out") == (rows, [], {})
