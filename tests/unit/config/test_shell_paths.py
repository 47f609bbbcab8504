"""`~` and variables in paths: what a real shell makes of them, or a refusal that names the variable."""

import copy
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from checkouts import WORKFLOW
from epigroup.config.settings import complete_config
from epigroup.config.shell_paths import KEYS, expanded
from epigroup.core.errors import InputError
from minimal_config import MINIMAL
from sheet_examples import ATAC, FACTOR, GIVEN, INPUT, MARK


@pytest.fixture(autouse=True)
def variables(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("DATA", "/big/data")
    monkeypatch.setenv("RUN_2", "run~2")
    monkeypatch.setenv("NOTHING", "")
    monkeypatch.delenv("UNSET", raising=False)


@pytest.mark.parametrize(
    "written",
    ["~/a.bam", "~", "~root/a.bam", "$DATA/a.bam", "${DATA}/a.bam", "${DATA}x/$RUN_2.bam", "$RUN_2/a", "a/~/b", "a~",
     "x$DATA", "plain/a.bam", "<results>/a.bam"],
)  # fmt: skip
def test_a_path_is_what_a_shell_makes_of_it(written):
    quoted = written.replace("<", r"\<").replace(">", r"\>")
    said = subprocess.run(["bash", "-c", f"printf %s {quoted}"], capture_output=True, text=True, check=True)
    assert expanded(written, {}) == said.stdout


def test_each_of_several_paths_is_taken_by_itself():
    known = {}
    assert expanded("~/a_L1.fq.gz;$DATA/a_L2.fq.gz", known) == "/home/me/a_L1.fq.gz;/big/data/a_L2.fq.gz"
    assert known == {"~": "/home/me", "$DATA": "/big/data"}
    # What stands in an address may be a key, and what is replaced is told to the terminal.
    assert expanded("https://lab.org/m.bam?key=$RUN_2", known).endswith(f"?key={os.environ['RUN_2']}")
    assert known == {"~": "/home/me", "$DATA": "/big/data"}


def test_files_of_the_sheet_are_taken_so_and_it_is_said(read, tmp_path):
    rows = [
        ATAC | {"fastq_1": "~/a_1.fq.gz", "fastq_2": "${DATA}/a_2.fq.gz"},
        MARK | {"bam": "$DATA/m.bam", "control": "$DATA/i.bam"},
        FACTOR,
        INPUT,
        GIVEN | {"peaks": "$DATA/g.bed"},
    ]
    sheet = read(*rows)
    written_out = [
        {column: cell.replace("~", "/home/me").replace("${DATA}", "/big/data").replace("$DATA", "/big/data")
         for column, cell in row.items()}
        for row in rows
    ]  # fmt: skip
    assert sheet.profiles == read(*written_out).profiles
    assert sheet.profiles["mark"].replicates[0].bam == "/big/data/m.bam"
    assert sheet.notes == (f"{tmp_path}/samples.tsv: ~ is /home/me, $DATA is /big/data",)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (MARK | {"bam": "$UNSET/m.bam"}, "line 2, column bam: '$UNSET/m.bam': $UNSET is not set, and a shell would put "
         "nothing in its place; set it where you start the run: export UNSET=FOLDER"),
        (MARK | {"bam": "${NOTHING}/m.bam"}, "column bam: '${NOTHING}/m.bam': $NOTHING is empty"),
        (MARK | {"control": "$UNSET/i.bam"}, "line 2, column control: '$UNSET/i.bam': $UNSET is not set"),
        (MARK | {"bam": "~nobody-is-called-so/m.bam"}, "~nobody-is-called-so is the home of no user here"),
        (MARK | {"bam": "$(pwd)/m.bam"}, "line 2, column bam: '$(pwd)/m.bam' must be a path of letters"),
        (MARK | {"bam": "${DATA:-/x}/m.bam"}, "line 2, column bam: '${DATA:-/x}/m.bam' must be a path of letters"),
    ],
)  # fmt: skip
def test_what_a_shell_would_take_as_nothing_is_refused_by_row_column_and_name(read, row, says):
    with pytest.raises(InputError, match=re.escape(says)) as error:
        read(row, GIVEN | {"peak_mode": "wide"})
    assert "line 3, column peak_mode" in str(error.value) and str(error.value).count("line 2") == 1


def test_a_value_that_no_path_may_hold_is_refused_with_what_it_came_from(read, monkeypatch):
    monkeypatch.setenv("DATA", "/my data")
    with pytest.raises(InputError, match=r"'/my data/m\.bam' must be a path of(.|\n)*\$DATA is /my data"):
        read(MARK | {"bam": "$DATA/m.bam"})


def test_files_of_the_config_are_taken_so_and_the_given_one_stays():
    config = copy.deepcopy(MINIMAL)
    config["genome"] |= {"fasta": "$DATA/hg38.fa", "blacklist": "~/b.bed"}
    config["samples"] = "${DATA}/sheet.tsv"
    config["known_sets"] = {"file": "$DATA/sets.tsv"}
    config["external"] = {"SEI": {"file": "$DATA/sei.tsv"}}
    given = yaml.safe_load(yaml.safe_dump(config))
    full = complete_config(config)
    assert config == given
    assert full["genome"]["fasta"] == "/big/data/hg38.fa" and full["genome"]["blacklist"] == "/home/me/b.bed"
    assert [full["samples"], full["known_sets"]["file"], full["external"]["SEI"]["file"]] == [
        "/big/data/sheet.tsv",
        "/big/data/sets.tsv",
        "/big/data/sei.tsv",
    ]


def test_all_keys_of_the_config_that_cannot_be_are_named_at_once():
    config = copy.deepcopy(MINIMAL)
    config["genome"] |= {"fasta": "$UNSET/hg38.fa"}
    config["groupings"] |= {"mine": {"method": "table", "k": 2, "file": "$UNSET/groups.tsv"}}
    with pytest.raises(InputError) as error:
        complete_config(config, "my.yaml")
    assert [line.partition(": '")[0] for line in str(error.value).splitlines()] == [
        "my.yaml: genome.fasta",
        "my.yaml: groupings.mine.file",
    ]


def paths(schema, pattern, above=""):
    """Keys of the config whose values have the pattern of paths."""
    for key, one in schema.get("properties", {}).items():
        if one.get("pattern") == pattern:
            yield f"{above}{key}"
        yield from paths(one, pattern, f"{above}{key}.")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from paths(schema["additionalProperties"], pattern, f"{above}*.")


def test_every_key_that_is_a_path_is_among_them():
    schema = yaml.safe_load(Path(WORKFLOW / "schemas/config.schema.yaml").read_text())
    # A path alone, and a path or an address.
    forms = (
        schema["properties"]["samples"]["pattern"],
        schema["properties"]["genome"]["properties"]["fasta"]["pattern"],
    )
    found = {key for form in forms for key in paths(schema, form)}
    assert found | {"known_sets.file", "running.container"} == set(KEYS)
