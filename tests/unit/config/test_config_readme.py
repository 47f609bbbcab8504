"""config/README.md explains every key of the config with its default, and every column of the sheet."""

import json
import re
from collections.abc import Iterator

import yaml

from checkouts import REPOSITORY
from epigroup.config.sheet import read_sheet

README = (REPOSITORY / "config" / "README.md").read_text()
SCHEMAS = REPOSITORY / "workflow" / "schemas"


def keys(schema: dict, prefix: str = "") -> Iterator[tuple[str, dict]]:
    """(dotted key, its schema) of all keys that hold a value; NAME stands for a name that the user gives."""
    for key, sub in schema.get("properties", {}).items():
        named = sub.get("additionalProperties")
        if "properties" in sub:
            if prefix != "strategies.NAME.":  # its keys are those of `training`
                yield from keys(sub, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", sub
            if isinstance(named, dict):
                yield from keys(named, f"{prefix}{key}.NAME.")


def documented() -> dict[str, str]:
    """Key: the default that the README states."""
    rows = re.findall(r"^\| `([\w.]+)` \| .*? \| (.*?) \| .+ \|$", README, re.MULTILINE)
    return dict(rows)


def test_every_key_is_explained_with_its_default():
    schema = yaml.safe_load((SCHEMAS / "config.schema.yaml").read_text())
    stated = documented()
    for key, sub in keys(schema):
        assert key in stated, f"config/README.md does not explain {key}"
        default = sub.get("default")
        if isinstance(default, dict):
            continue
        if default is None:
            assert stated[key] in ("none", "required"), f"{key}: README {stated[key]}, schema: no default"
        else:
            shown = default if isinstance(default, str) else json.dumps(default)
            assert stated[key] == f"`{shown}`", f"{key}: README {stated[key]}, schema {shown}"


def test_no_key_is_explained_that_is_not_there():
    schema = yaml.safe_load((SCHEMAS / "config.schema.yaml").read_text())
    known = {key for key, _ in keys(schema)} | {"strategies.NAME.training"}
    columns = set(yaml.safe_load((SCHEMAS / "samples.schema.yaml").read_text())["properties"])
    assert set(documented()) - known - columns == set()


def test_every_column_of_the_sheet_is_explained():
    table = README[README.index("## The sample sheet") : README.index("One row of each kind")]
    for column in yaml.safe_load((SCHEMAS / "samples.schema.yaml").read_text())["properties"]:
        assert f"`{column}`" in table


def test_the_rows_shown_are_a_valid_sheet(tmp_path):
    table = README[README.index("One row of each kind") : README.index("From above")]
    lines = [line.strip("|") for line in table.splitlines() if line.startswith("|") and "---" not in line]
    rows = ["\t".join(cell.strip() for cell in line.split("|")) for line in lines]
    path = tmp_path / "samples.tsv"
    path.write_text("\n".join(rows) + "\n")
    sheet = read_sheet(path, assembly="hg38", exist=lambda _: True)
    assert len(sheet.tasks) == 6
    assert sheet.profiles["ctcf_sknsh"].control == "input_sknsh"
