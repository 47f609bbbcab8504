"""The sample sheet: what it means, and that each fault is named by line, column and value."""

import re

import pytest
import yaml

from checkouts import WORKFLOW
from epigroup.config.sheet import read_sheet
from epigroup.core.errors import InputError

COLUMNS = [
    "profile_id",
    "modality",
    "assay",
    "target",
    "cell_type",
    "cell_group",
    "replicate",
    "fastq_1",
    "fastq_2",
    "bam",
    "peaks",
    "control",
    "peak_mode",
    "assembly",
]
ATAC = {
    "profile_id": "atac",
    "modality": "CA",
    "assay": "ATAC",
    "fastq_1": "a_1.fq.gz",
    "fastq_2": "a_2.fq.gz",
}
MARK = {"profile_id": "mark", "modality": "HM", "assay": "ChIP", "target": "H3K27me3", "bam": "m.bam"}
FACTOR = {
    "profile_id": "ctcf",
    "modality": "TFB",
    "assay": "ChIP",
    "target": "CTCF",
    "fastq_1": "c.fq.gz",
    "control": "bg",
}
INPUT = {"profile_id": "bg", "assay": "input", "fastq_1": "i.fq.gz"}
GIVEN = {"profile_id": "given", "modality": "TFB", "assay": "ChIP", "target": "MAX", "peaks": "g.narrowPeak"}


def write(path, rows, columns=COLUMNS):
    lines = ["\t".join(columns)]
    for row in rows:
        full = {"cell_type": "liver", "cell_group": "organ", "assembly": "hg38"} | row
        lines.append("\t".join(full.get(column, "") for column in columns))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def read(tmp_path):
    def reading(*rows, text=None, **options):
        path = tmp_path / "samples.tsv"
        if text is None:
            write(path, rows)
        else:
            path.write_bytes(text)
        return read_sheet(path, **({"exist": lambda _: True, "assembly": "hg38"} | options))

    return reading


def test_profiles_keep_the_order_of_the_sheet_and_inputs_are_no_tasks(read):
    sheet = read(FACTOR, INPUT, ATAC, MARK, GIVEN)
    assert list(sheet.profiles) == ["ctcf", "bg", "atac", "mark", "given"]
    assert sheet.tasks == ["ctcf", "atac", "mark", "given"]
    assert sheet.inputs == ["bg"]
    assert [sheet.profiles[name].kind for name in sheet.tasks] == ["fastq", "fastq", "bam", "peaks"]
    assert [sheet.profiles[name].paired for name in sheet.tasks] == [False, True, None, None]
    assert sheet.profiles["ctcf"].control == "bg"
    assert sheet.profiles["atac"].control is None
    table = sheet.table()
    assert table["task_id"].tolist() == sheet.tasks
    assert table["target"].tolist() == ["CTCF", "", "H3K27me3", "MAX"]


def test_columns_may_come_in_any_order(tmp_path):
    path = write(tmp_path / "samples.tsv", [ATAC, MARK], columns=COLUMNS[::-1])
    sheet = read_sheet(path, exist=lambda _: True)
    assert sheet.tasks == ["atac", "mark"]
    assert sheet.profiles["mark"].replicates[0].bam == "m.bam"


@pytest.mark.parametrize("target", ["H3K27me3", "H3K36me3", "H3K9me3", "H3K9me2", "H3K79me2", "H4K20me1"])
def test_broad_marks_are_broad_by_default_only(read, target):
    row = MARK | {"target": target}
    assert read(row).profiles["mark"].peak_mode == "broad"
    assert read(row | {"peak_mode": "narrow"}).profiles["mark"].peak_mode == "narrow"
    assert read(row, peak_mode_default="narrow").profiles["mark"].peak_mode == "narrow"
    assert (
        read(row | {"peak_mode": "broad"}, peak_mode_default="narrow").profiles["mark"].peak_mode == "broad"
    )


def test_other_targets_are_narrow(read):
    assert read(MARK | {"target": "H3K4me3"}).profiles["mark"].peak_mode == "narrow"
    assert read(ATAC).profiles["atac"].peak_mode == "narrow"


def test_rows_of_one_profile_are_replicates(read):
    second = ATAC | {"replicate": "2", "fastq_1": "b_1.fq.gz", "fastq_2": "b_2.fq.gz"}
    profile = read(second, ATAC | {"replicate": "1"}).profiles["atac"]
    assert [(one.number, one.fastq_1) for one in profile.replicates] == [(1, "a_1.fq.gz"), (2, "b_1.fq.gz")]
    assert profile.replicate("2").fastq_2 == "b_2.fq.gz"
    with pytest.raises(KeyError):
        profile.replicate(3)


def test_results_in_a_path_is_replaced_and_asked_for(read):
    asked = []
    row = GIVEN | {"peaks": "<results>/simulation/peaks/g.narrowPeak.gz"}
    sheet = read(row, results="out/run", exist=lambda path: asked.append(path) or True)
    assert sheet.profiles["given"].replicates[0].peaks == "out/run/simulation/peaks/g.narrowPeak.gz"
    assert asked == ["out/run/simulation/peaks/g.narrowPeak.gz"]


@pytest.mark.parametrize(
    "name", ["α-synuclein⁺", "Jurkat (Müller)", "OCT4", "H3K4me3", "10-3", "Dec1", "細胞"]
)
def test_letters_of_other_scripts_are_letters(read, name):
    assert read(MARK | {"target": name, "cell_type": name}).profiles["mark"].target == name


def test_trailing_blank_lines_are_ignored(read, tmp_path):
    text = write(tmp_path / "plain.tsv", [ATAC]).read_bytes()
    assert read(text=text + b"\n\t\t\n\n").tasks == ["atac"]


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
    "duplicate": ([ATAC, ATAC | {"fastq_1": "x", "fastq_2": "y"}], "line 3, column replicate", "'atac'"),
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


def test_a_control_may_be_a_file(read):
    """One input a file, whoever names it, as if it had a row; the file of an input stands for that input."""
    paired = FACTOR | {
        "profile_id": "max",
        "fastq_1": "m_1.fq",
        "fastq_2": "m_2.fq",
        "control": "x/b_1.fq;x/b_2.fq",
    }
    second = {"replicate": "2", "fastq_1": "d.fq.gz"}
    sheet = read(
        FACTOR | {"control": "x/bg.bam"},
        FACTOR | second | {"control": "./x/bg.bam"},
        paired,
        MARK | {"control": "y/bg.fastq.gz"},
        GIVEN | {"peaks": "", "bam": "g.bam", "control": "i.fq.gz"},
        INPUT,
    )
    control = {name: sheet.profiles[name].control for name in sheet.tasks}
    assert control["given"] == "bg" and control["max"] == "control_b_1"
    assert re.fullmatch("control_bg_[0-9a-f]{8}", control["ctcf"]) and control["mark"] != control["ctcf"]
    assert sheet.inputs == ["bg", control["ctcf"], "control_b_1", control["mark"]]
    made = sheet.profiles["control_b_1"]
    assert made.paired and (made.replicates[0].fastq_1, made.replicates[0].fastq_2) == (
        "x/b_1.fq",
        "x/b_2.fq",
    )
    assert sheet.profiles[control["ctcf"]].replicates[0].bam == "x/bg.bam"
    assert [sheet.profiles[name].kind for name in sheet.inputs] == ["fastq", "bam", "fastq", "fastq"]
    assert read(FACTOR | {"control": "x/bg.bam"}).profiles["ctcf"].control == "control_bg"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            [FACTOR | {"control": "./c.fq.gz"}],
            "column control: './c.fq.gz' is a file of profile 'ctcf' on line 2",
        ),
        ([FACTOR | {"control": "m.bam"}, MARK], "'m.bam' is a file of profile 'mark' on line 3"),
        ([FACTOR | {"control": "a.fq;./a.fq"}], "the mates are one file"),
        ([FACTOR | {"control": "gone.bam"}], "there is no file 'gone.bam'"),
        ([FACTOR | {"control": "a b.bam"}], "must be a path of letters"),
        ([FACTOR | {"control": "x/bg.sam"}], "no profile of this sheet, nor a file"),
        ([FACTOR | {"control": "a_1.fq;a_2.fq"}], "must both be single-end or both be paired"),
        (
            [FACTOR, INPUT, INPUT | {"replicate": "2", "fastq_1": "j.fq"}, MARK | {"control": "j.fq"}],
            "whose rows are",
        ),
    ],
)
def test_a_control_file_that_cannot_be_one_is_refused(read, rows, says):
    with pytest.raises(InputError, match="column control") as error:
        read(*rows, exist=lambda path: path != "gone.bam")
    assert says in str(error.value)


@pytest.mark.parametrize("how", ["dots", "through a folder", "symbolic link", "hard link", "results"])
def test_a_control_that_is_the_treatment_under_another_name_is_refused(read, tmp_path, monkeypatch, how):
    """Files are compared, not their paths: also mates of one file, and one file as two replicates."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reads").mkdir()
    (tmp_path / "reads/c.fq.gz").write_text("x")
    other = {
        "dots": "./reads/c.fq.gz",
        "through a folder": "reads/../reads//c.fq.gz",
        "results": "<results>/c.fq.gz",
    }
    if how == "symbolic link":
        (tmp_path / "linked.fq.gz").symlink_to("reads/c.fq.gz")
    elif how == "hard link":
        (tmp_path / "linked.fq.gz").hardlink_to("reads/c.fq.gz")
    path, again = "reads/c.fq.gz", other.get(how, "linked.fq.gz")
    for rows, where in (
        (
            [FACTOR | {"fastq_1": path}, INPUT | {"fastq_1": again}],
            "line 3, column fastq_1: .* line 2 already, called",
        ),
        (
            [ATAC | {"fastq_1": path, "fastq_2": again}],
            "line 2, column fastq_2: .*is the same file as fastq_1",
        ),
        ([MARK | {"bam": path}, MARK | {"bam": again, "replicate": "2"}], "line 3, column bam"),
    ):
        with pytest.raises(InputError, match=where):
            read(*rows, results="reads")


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
        (lambda text: b"\xef\xbb\xbf" + text, "line 1: starts with a byte-order mark"),
        (lambda text: text.replace(b"\n", b"\r\n"), "line 1: has Windows line ends"),
        (lambda text: text.replace(b"\t", b","), "separated by tabs"),
        (
            lambda text: text.replace(b"modality", b"modalty"),
            "unknown column 'modalty'; did you mean modality",
        ),
        (lambda text: text.replace(b"\tassembly", b"\tassay"), "column assay stands twice"),
        (lambda text: text.replace(b"cell_group\t", b"peak_mode\t"), "column cell_group is missing"),
        (lambda text: text.replace(b"\nmark", b"\n\nmark"), "line 3: is blank"),
        (
            lambda text: text.replace(b"\nmark\t", b"\nmark\t\t"),
            "line 3: has 15 columns where the header has 14",
        ),
        (lambda text: text.replace(b"liver", b"li\xffver"), "line 2: byte 0xff is not UTF-8"),
        (lambda text: text.split(b"\n")[0], "has a header and no rows"),
        (lambda text: b"", "is empty"),
    ],
)
def test_faults_of_the_text(read, tmp_path, change, message):
    text = write(tmp_path / "plain.tsv", [ATAC, MARK]).read_bytes()
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
