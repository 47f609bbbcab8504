"""docs/reference/config.md and sheet.md hold every key and column of the schemas, and say of them what is so."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
import yaml

from checkouts import REPOSITORY
from epigroup.config.sheet import read_sheet
from epigroup.core.errors import InputError
from sheet_examples import ATAC, COLUMNS, FACTOR, INPUT

REFERENCE = REPOSITORY / "docs" / "reference"
SCHEMAS = REPOSITORY / "workflow" / "schemas"
SCHEMA = yaml.safe_load((SCHEMAS / "config.schema.yaml").read_text())
SHEET = yaml.safe_load((SCHEMAS / "samples.schema.yaml").read_text())
CONFIGS = sorted((REPOSITORY / "config").glob("*.yaml"))
SIGNS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
KINDS = {
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "array": "list of",
    "object": "section",
}

OVERRIDES = ("strategies.NAME.training", "adopt.training")


def keys(schema: dict, prefix: str = "") -> Iterator[tuple[str, dict, bool]]:
    """(dotted key, its schema, whether it is required) of all keys; NAME stands for a name that the user gives."""
    for key, one in schema.get("properties", {}).items():
        yield f"{prefix}{key}", one, key in schema.get("required", ())
        if f"{prefix}{key}" not in OVERRIDES:  # their keys are those of `training`
            yield from keys(one, f"{prefix}{key}.")
        named = one.get("additionalProperties")
        if isinstance(named, dict):
            yield from keys(named, f"{prefix}{key}.NAME.")


def is_section(one: dict) -> bool:
    named = one.get("additionalProperties")
    return "properties" in one or (isinstance(named, dict) and "properties" in named)


EVERY = list(keys(SCHEMA))
SECTIONS = [
    (key, one, required)
    for key, one, required in EVERY
    if is_section(one) and "strategies.NAME" not in key and key not in OVERRIDES
]
LEAVES = [one for one in EVERY if one not in SECTIONS]
# Of what lists hold: the keys of an item.
LISTED = [key for name in ("folds", "spans") for key in keys(SCHEMA["$defs"][name]["items"])]


def rows(page: str) -> dict[str, list[str]]:
    """First cell, without its marks: the other cells of each row of a page's tables."""
    found = {}
    for line in (REFERENCE / page).read_text().splitlines():
        if line.startswith("| `"):
            first, *others = re.split(r"(?<!\\)\|", line.strip("|"))
            name = first.strip().strip("`")
            assert name not in found, f"{page}: two rows of {name}"
            found[name] = [cell.strip() for cell in others]
    return found


def made(repository, *options):
    command = [sys.executable, str(repository / "docs" / "reference" / "config.py"), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path):
    """The pages, their script and the schemas, which a test may edit."""
    shutil.copytree(SCHEMAS, tmp_path / "workflow" / "schemas")
    shutil.copytree(REFERENCE, tmp_path / "docs" / "reference")
    return tmp_path


def test_the_pages_are_of_the_present_schemas():
    run = made(REPOSITORY, "--check")
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("schema", "was", "page"),
    [
        ("config", "Folder of all results.", "config.md"),
        ("samples", "The protein or histone mark.", "sheet.md"),
    ],
)
def test_the_check_names_the_page_of_a_meaning_that_was_changed(copy, schema, was, page):
    path = copy / "workflow" / "schemas" / f"{schema}.schema.yaml"
    text = path.read_text()
    assert text.count(was) == 1
    path.write_text(text.replace(was, "One | or the other."))
    run = made(copy, "--check")
    assert run.returncode == 1
    assert run.stderr.startswith(f"{copy}/docs/reference/{page}: ") and run.stderr.count("\n") == 1
    assert made(copy).returncode == 0 and made(copy, "--check").returncode == 0
    assert r" | One \| or the other. |" in (copy / "docs" / "reference" / page).read_text()


def test_every_key_has_a_row_and_every_row_a_key():
    assert list(rows("config.md")) and set(rows("config.md")) == {key for key, *_ in LEAVES + LISTED}


@pytest.mark.parametrize(
    ("key", "one", "required"), LEAVES + LISTED, ids=[key for key, *_ in LEAVES + LISTED]
)
def test_a_row_says_type_default_and_meaning(key, one, required):
    kind, default, meaning = rows("config.md")[key][:3]
    assert len(rows("config.md")[key]) == 3, f"{key}: a row of more cells than columns"
    assert meaning == " ".join(one["description"].split())
    if required:
        assert default == "required"
    elif one.get("default") is None:
        assert default == "none"
    else:
        shown = one["default"] if isinstance(one["default"], str) else json.dumps(one["default"])
        assert default == f"`{shown}`"
    types = one.get("type", [])
    for name in [types] if isinstance(types, str) else types:
        pair = one.get("maxItems") == one.get("minItems") == 2
        word = "two" if name == "array" and pair else KINDS.get(name)
        assert word is None or kind.startswith(word) or f", {word}" in kind
    for limit, sign in SIGNS.items():
        assert (f"{sign} {one[limit]}" in kind) if limit in one else True
    for value in one.get("enum", one.get("items", {}).get("enum", [])):
        assert value is None or f"`{value}`" in kind
    if types in ("string", ["string", "null"]):
        begins = one.get("pattern", "")[:13]
        kinds = {"^(<results>/)": "path", "^((<results>/": "path or address"}
        assert kind == kinds.get(begins, "text")


def test_sections_stand_in_the_order_of_the_schema_with_the_guide_that_has_the_rest():
    page = (REFERENCE / "config.md").read_text()
    headings = re.findall(r"^#{2,3} `(.+)`$", page, re.MULTILINE)
    assert headings == [key for key, *_ in SECTIONS]
    for key, one, _ in SECTIONS:
        text = page[page.index(f" `{key}`\n") :]
        text = text[: text.index("| key |")]
        assert " ".join(one["description"].split()) in text
        anchor = key.replace(".", "").replace("figureswatts", "figures")
        assert re.search(rf"More: \[.+?\]\(\.\./guide/\w+\.md#{anchor}\)\.$", one["description"]), key
    top = page[page.index("## Top level") : page.index("## `genome`")]
    assert [key for key, *_ in LEAVES if "." not in key] == re.findall(r"^\| `(\w+)`", top, re.MULTILINE)


def test_every_description_is_of_its_key_alone():
    said: dict[str, str] = {}
    columns = [(f"column {name}", one, False) for name, one in SHEET["properties"].items()]
    for key, one, _ in [*EVERY, *LISTED, *columns]:
        text = " ".join(one["description"].split())
        assert text.endswith(".") and len(text) > 5, key
        other = said.setdefault(text, key)
        assert other == key, f"{key} and {other} are described alike"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_the_example_configs_use_documented_keys_alone(path):
    known = set(rows("config.md")) | {key for key, *_ in SECTIONS}
    assert len(CONFIGS) >= 5

    def used(value, schema, prefix):
        for key, sub in value.items():
            named = "properties" not in schema
            inner = schema["additionalProperties"] if named else schema["properties"][key]
            at = f"{prefix}NAME" if named else f"{prefix}{key}"
            if not named:
                yield at
            if isinstance(sub, dict) and (is_section(inner) or "properties" in inner):
                yield from used(sub, inner, "training." if at in OVERRIDES else f"{at}.")

    found = set(used(yaml.safe_load(path.read_text()), SCHEMA, ""))
    assert found and found <= known


def test_the_sheet_has_a_row_a_column_in_their_order():
    assert list(rows("sheet.md")) == [*SHEET["properties"], "x_..."]
    for column, one in SHEET["properties"].items():
        values, needed, meaning = rows("sheet.md")[column]
        assert meaning == " ".join(one["description"].split()) and values
        assert all(f"`{value}`" in values for value in one.get("enum", []))
        assert ("default" in one) == (needed == f"no (`{one.get('default')}`)")


@pytest.mark.parametrize("column", SHEET["properties"])
def test_a_sheet_needs_the_columns_that_the_page_says(read, column):
    fully = {"cell_type": "liver", "cell_group": "organ", "assembly": "hg38"}
    needed = rows("sheet.md")[column][1]

    def refused(*sheet):
        lines = [[row.get(name, "") for name in COLUMNS] for row in sheet]
        text = "\n".join("\t".join(line) for line in [COLUMNS, *lines]) + "\n"
        try:
            read(text=text.encode())
        except InputError as error:
            return str(error)
        return ""

    def without(row):
        return {key: value for key, value in (fully | row).items() if key != column}

    task, chip, control = ATAC, FACTOR, INPUT
    assert refused(fully | task, fully | chip, fully | control) == ""
    by_task = refused(without(task), fully | chip, fully | control)
    by_chip = refused(fully | task, without(chip), fully | control)
    by_control = refused(fully | task, fully | chip, without(control))
    expected = {
        "always": (True, True, True),
        "but for inputs": (True, True, False),
        "for ChIP and CUTRUN": (False, True, False),
        "one way in": (column == "fastq_1",) * 3,  # the rows here come as FASTQ
    }
    told = tuple(bool(text) for text in (by_task, by_chip, by_control))
    assert told == expected.get(needed, (False,) * 3), (by_task, by_chip, by_control)


def test_files_named_by_accession_and_signals_need_what_the_page_says(read):
    said = {column: rows("sheet.md")[column][1] for column in ("layout", "format", "signal")}
    assert said == {
        "layout": "with a run",
        "format": "with `ENCFF...`",
        "signal": "with `dataset.targets: signal`",
    }
    of_run = {"profile_id": "a", "modality": "CA", "assay": "ATAC", "accession": "SRR1016916"}
    of_encode = of_run | {"accession": "ENCFF001ABC"}
    columns = ["profile_id", "modality", "assay", "cell_type", "cell_group", "accession"]
    columns += ["layout", "format", "signal", "assembly"]
    run, encode = of_run | {"layout": "single"}, of_encode | {"format": "fastq"}
    assert read(run, columns=columns).tasks and read(encode, columns=columns).tasks
    for row, signals, column in (
        (of_run, False, "layout"),
        (of_encode, False, "format"),
        (run, True, "signal"),
    ):
        with pytest.raises(InputError, match=f"column {column}: "):
            read(row, columns=columns, signals=signals)
    assert read(run | {"signal": "a.bw"}, columns=columns, signals=True).tasks


def test_pages_that_messages_name_are_there():
    named = {
        page
        for path in (REPOSITORY / "workflow").rglob("*.py")
        for page in re.findall(r"\bdocs/[\w./-]*\.md\b", path.read_text(encoding="utf-8"))
    }
    assert "docs/guide/evaluation.md" in named
    assert [page for page in sorted(named) if not (REPOSITORY / page).is_file()] == []


def shown_sheet(path, begin, end):
    """The sheet that the guide shows between two of its phrases."""
    page = (REPOSITORY / "docs" / "guide" / "sheet.md").read_text()
    table = page[page.index(begin) : page.index(end)]
    lines = [line.strip("|") for line in table.splitlines() if line.startswith("|") and "---" not in line]
    cells = ["\t".join(cell.strip() for cell in line.split("|")) for line in lines]
    path.write_text("\n".join(cells) + "\n")
    return read_sheet(path, assembly="hg38", exist=lambda _: True)


def test_the_rows_shown_are_a_valid_sheet(tmp_path):
    peaks = shown_sheet(tmp_path / "peaks.tsv", "Peaks alone", "One row of each kind")
    assert [peaks.profiles[name].kind for name in peaks.tasks] == ["peaks"] * 3
    sheet = shown_sheet(tmp_path / "samples.tsv", "One row of each kind", "From above")
    assert len(sheet.tasks) == 6
    assert sheet.profiles["ctcf_sknsh"].control == "input_sknsh"
