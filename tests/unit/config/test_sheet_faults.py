"""Each fault of a sample sheet is named by line, column and value, and all come at once."""

import re

import pytest
import yaml

from checkouts import WORKFLOW
from epigroup.config.sheet import read_sheet
from epigroup.core.errors import InputError
from sheet_examples import ATAC, COLUMNS, FACTOR, GIVEN, INPUT, MARK, write_sheet

SECOND = {"replicate": "2"}
FAULTS = {
    "a hyphen that does not break": (
        [ATAC | {"cell_type": "SK\u2011N\u2011SH"}],
        "line 2, column cell_type",
        "NON-BREAKING HYPHEN (U+2011), which looks like a hyphen",
    ),
    "a space of no width": (
        [ATAC | {"cell_group": "blood\u200b"}],
        "line 2, column cell_group",
        "(U+200B), which is not seen",
    ),
    "a byte-order mark within": (
        [ATAC, MARK | {"cell_group": "\ufeffblood"}],
        "line 3, column cell_group",
        "(U+FEFF), which is not seen",
    ),
    "a thin space": (
        [ATAC | {"cell_type": "SK\u2009N"}],
        "line 2, column cell_type",
        "(U+2009), which is not seen",
    ),
    "a gene that became a date": (
        [MARK | {"target": "4-Oct"}],
        "line 2, column target",
        "is a date that a spreadsheet made of a name",
    ),
    "a gene that became another date": ([MARK | {"target": "Mar-01"}], "line 2, column target", "is a date"),
    "unknown modality": ([ATAC | {"modality": "XX"}], "line 2, column modality", "'XX'"),
    "modality of another assay": ([ATAC | {"modality": "TFB"}], "line 2, column modality", "'TFB'"),
    "no modality": ([MARK | {"modality": ""}], "line 2, column modality", "empty"),
    "unknown assay": ([ATAC | {"assay": "atac"}], "line 2, column assay", "did you mean ATAC"),
    "no target": ([MARK | {"target": ""}], "line 2, column target", "empty"),
    "no cell group": ([MARK | {"cell_group": ""}], "line 2, column cell_group", "empty"),
    "no id": ([MARK | {"profile_id": ""}], "line 2, column profile_id", "empty"),
    "space in id": ([MARK | {"profile_id": "my mark"}], "line 2, column profile_id", "'my mark'"),
    "id like a replicate's file": (
        [MARK | {"profile_id": "m.rep2"}],
        "line 2, column profile_id",
        "'m.rep2'",
    ),
    "id of a folder": ([MARK | {"profile_id": "../m"}], "line 2, column profile_id", "'../m'"),
    "space at the end": ([MARK | {"cell_type": "liver "}], "line 2, column cell_type", "'liver '"),
    "duplicate": ([ATAC, ATAC | {"fastq_1": "x", "fastq_2": "y"}], "line 2, column replicate", "'atac'"),
    "replicate zero": ([ATAC | {"replicate": "0"}], "line 2, column replicate", "'0'"),
    "rows disagree": (
        [MARK, MARK | SECOND | {"bam": "n.bam", "cell_type": "lung"}],
        "line 3, column cell_type",
        "'lung'",
    ),
    "replicates of two kinds": (
        [ATAC, ATAC | SECOND | {"fastq_1": "", "fastq_2": "", "bam": "b.bam"}],
        "line 3, column bam",
        "'atac'",
    ),
    "replicates of two layouts": (
        [ATAC, ATAC | SECOND | {"fastq_1": "b.fq.gz", "fastq_2": ""}],
        "line 3, column fastq_2",
        "single-end",
    ),
    "two peak files": ([GIVEN, GIVEN | SECOND | {"peaks": "h.bed"}], "line 3, column peaks", "one peak file"),
    "one file twice": ([MARK, MARK | {"profile_id": "again"}], "line 3, column bam", "'m.bam'"),
    "unknown control": ([FACTOR | {"control": "bgg"}, INPUT], "line 2, column control", "did you mean bg"),
    "own control": ([FACTOR | {"control": "ctcf"}], "line 2, column control", "itself"),
    "control that is a task": ([FACTOR | {"control": "mark"}, MARK], "line 2, column control", "'mark'"),
    "control of ATAC": ([ATAC | {"control": "bg"}, INPUT], "line 2, column control", "'bg'"),
    "control of given peaks": ([GIVEN | {"control": "bg"}, INPUT], "line 2, column control", "'bg'"),
    "control of another layout": ([FACTOR, INPUT | {"fastq_2": "i2"}], "line 2, column control", "paired"),
    "control of a control": ([FACTOR, INPUT | {"control": "bg"}], "line 3, column control", "'bg'"),
    "input with modality": ([FACTOR, INPUT | {"modality": "HM"}], "line 3, column modality", "'HM'"),
    "input as peaks": (
        [MARK, {"profile_id": "bg", "assay": "input", "peaks": "p"}],
        "line 3, column peaks",
        "'p'",
    ),
    "no file": ([MARK | {"bam": ""}], "line 2, column fastq_1, bam, peaks", "none is given"),
    "two ways": ([MARK | {"peaks": "p.bed"}], "line 2, column bam, peaks", "exactly one"),
    "mates alone": ([ATAC | {"fastq_1": ""}], "line 2, column fastq_2", "without fastq_1"),
    "a mate of itself": ([ATAC | {"fastq_2": "a_1.fq.gz"}], "line 2, column fastq_2", "same file"),
    "another assembly": ([MARK | {"assembly": "hg19"}], "line 2, column assembly", "'hg19'"),
    "no assembly": ([MARK | {"assembly": ""}], "line 2, column assembly", "empty"),
    "unknown peak mode": ([MARK | {"peak_mode": "wide"}], "line 2, column peak_mode", "'wide'"),
    "only inputs": ([INPUT], "no task", "input"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faults_name_line_column_and_value(read, tmp_path, case):
    rows, where, what = FAULTS[case]
    with pytest.raises(InputError) as error:
        read(*rows)
    message = str(error.value)
    assert message.startswith(f"{tmp_path}/samples.tsv: ")
    assert where in message and what in message


@pytest.mark.parametrize("odd", list(" $;`'\"\\|&<>(){}*?!,\u00a0é") + ["-"])
def test_paths_that_could_reach_a_shell_are_refused(read, odd):
    path = odd + "m.bam" if odd == "-" else f"m{odd}x.bam"
    with pytest.raises(InputError, match="line 2, column bam"):
        read(MARK | {"bam": path})


def test_all_faults_come_at_once(read):
    with pytest.raises(InputError) as error:
        read(MARK | {"modality": "XX"}, ATAC | {"assay": "YY"}, GIVEN | {"peak_mode": "ZZ"})
    assert re.findall(r"'(XX|YY|ZZ)'", str(error.value)) == ["XX", "YY", "ZZ"]


def test_missing_file_is_named(read):
    with pytest.raises(InputError, match=r"line 3, column fastq_2: there is no file 'a_2\.fq\.gz'"):
        read(MARK, ATAC, exist=lambda path: path != "a_2.fq.gz")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace(b"\n", b"\r"), "line 1: has a carriage return"),
        (
            lambda text: text.replace(b"modality", b"modalty"),
            "unknown column 'modalty'; did you mean modality",
        ),
        (lambda text: text.replace(b"\tassembly", b"\tassay"), "column assay stands twice"),
        (lambda text: text.replace(b"cell_group\t", b"peak_mode\t"), "column cell_group is missing"),
        (lambda text: text.replace(b"\nmark", b"\n\nmark"), "line 3: is blank"),
        (
            lambda text: text.replace(b"\nmark\t", b"\nmark\t\t"),
            "line 3: has 15 columns where the header has 14, parted by tabs",
        ),
        (lambda text: text.replace(b"liver", b"li\xffver"), "line 2: byte 0xff is not UTF-8"),
        (lambda text: text.split(b"\n")[0], "has a header and no rows"),
        (lambda text: b"", "is empty"),
    ],
)
def test_faults_of_the_text(read, tmp_path, change, message):
    text = write_sheet(tmp_path / "plain.tsv", [ATAC, MARK]).read_bytes()
    with pytest.raises(InputError, match=re.escape(message)):
        read(text=change(text))


def test_missing_sheet(tmp_path):
    with pytest.raises(InputError, match="no such sample sheet"):
        read_sheet(tmp_path / "none.tsv")


def test_the_sentence_on_texts_names_exactly_the_characters_that_are_refused():
    """Tissues are called Peyer's patch: an apostrophe stays, and is quoted wherever a shell sees it."""
    schema = yaml.safe_load((WORKFLOW / "schemas/samples.schema.yaml").read_text())
    text = schema["properties"]["cell_type"]
    refused = {chr(code) for code in range(32, 127) if not re.search(text["pattern"], f"a{chr(code)}b")}
    assert set(text["x-must"].split("any of ")[1].split()) == refused
    assert "'" not in refused and re.search(text["pattern"], "Peyer's patch")


def test_summits_of_a_mark_that_is_broad_by_default_name_sheet_and_line(read, tmp_path):
    row, columns = MARK | {"macs2": "--call-summits"}, [*COLUMNS, "macs2"]
    with pytest.raises(InputError) as error:
        read(GIVEN, row, columns=columns)
    says = "line 3, column macs2: '--call-summits': --call-summits does not go with broad peaks, which H3K27me3 has"
    assert str(error.value).startswith(f"{tmp_path}/samples.tsv: {says}")
    for narrow in ({"peak_mode": "narrow"}, {"target": "H3K4me3"}):
        assert read(GIVEN, row | narrow, columns=columns).profiles["mark"].peak_mode == "narrow"
    assert read(row, columns=columns, peak_mode_default="narrow").tasks == ["mark"]
