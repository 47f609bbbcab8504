"""Make the pages of what a config and a sheet may hold: config.md and sheet.md beside this file, from the schemas."""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parent
SCHEMAS = FOLDER.parents[1] / "workflow" / "schemas"
MADE = "<!-- made by docs/reference/config.py from workflow/schemas/{}: edit the schema, not this page -->"

CONFIG_HEAD = """\
# Every key of the config

{made}

A config is a YAML file that says what a run is made of and how. `config/config.yaml` is the one of the demo; for a run
of your own, copy it and say `snakemake --configfile config/mine.yaml`. Nothing of the demo's file is read then.

- A key with a default may be left out. A default that is written out, another order of keys, or a comment reruns
  nothing.
- A key that is not on this page is refused by its name, and the message names the key that is most like it. So are a
  key that stands twice, a value that does not fit, and a file that is not there. All of that is checked before anything
  runs.
- Numbers may be written in any form: `5`, `5.0` and `"5"` are one setting. Refused are `010` and `1:30`, which YAML
  reads as 8 and 90.
- A path is taken from the folder in which Snakemake runs. One that begins with `<results>/` lies in the folder that the
  key `results` names. `~`, `$NAME` and `${{NAME}}` stand for what they stand for in a shell, but in `results`
  ([paths](../guide/sheet.md#paths)).
- A default of `none` says that nothing is set; its meaning says what happens then.
- `NAME` stands for a name that you give.

"""

SHEET_HEAD = """\
# Every column of the sample sheet

{made}

The sheet is a text file with tabs between its columns, or [as a spreadsheet program saves
it](../guide/sheet.md#from-a-spreadsheet-program), which the key `samples` of the [config](config.md#top-level) names.
Its first line names the columns, in any order; each further line is one replicate of a profile, or one
[lane](../guide/sheet.md#lanes) of a replicate. A cell stays empty where nothing applies. An unknown column, a wrong
value and a missing file are refused by name before anything runs. Examples: [the sample sheet](../guide/sheet.md).

The columns `profile_id`, `modality`, `assay`, `cell_type`, `cell_group` and `assembly` must be there, and at least one
of `fastq_1`, `bam`, `peaks` and `accession`; all others may be left out. Each row gives exactly one of `fastq_1`,
`bam` and `peaks`, or an accession instead. A file may be given by its [address](../guide/sheet.md#addresses). A path
that begins with `<results>/` lies in the folder that the config's key `results` names.

"""

NAMES = {
    "^[a-z][a-z0-9_]*$": "`NAME` is of small letters, digits and `_`, a letter first.",
    "^[A-Za-z][A-Za-z0-9_]*$": "`NAME` is of letters, digits and `_`, a letter first.",
}
PLURALS = {"integer": "integers", "number": "numbers", "text": "texts", "path": "paths", "name": "texts"}
LIMITS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}

# Of the sheet's columns: what a pattern allows, in words, and when a row needs the column; the rest is of the schema.
VALUES = {
    "profile_id": "letters, digits, `. _ + -`",
    "replicate": "integer from 1 to 9999",
    "accession": "`SRR...`, `ERR...`, `DRR...`, `ENCFF...`",
    "checksum": "`md5:...`, `sha256:...`",
    "control": "a `profile_id`, or path",
    "macs2": "options",
}
NEEDED = {
    "modality": "but for inputs",
    "cell_type": "but for inputs",
    "cell_group": "but for inputs",
    "target": "for ChIP and CUTRUN",
    "fastq_1": "one way in",
    "fastq_2": "for pairs",
    "bam": "one way in",
    "peaks": "one way in",
    "accession": "one way in",
    "format": "with `ENCFF...`",
    "layout": "with a run",
    "signal": "with `dataset.targets: signal`",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="only say whether the pages are the present ones"
    )
    check = parser.parse_args().check
    stale = []
    for name, text in pages().items():
        page = FOLDER / name
        if check and (not page.exists() or page.read_text(encoding="utf-8") != text):
            stale.append(f"{page}: is not of the present schema; run make reference")
        if not check:
            page.write_text(text, encoding="utf-8")
    sys.exit("\n".join(stale) if stale else 0)


def pages() -> dict[str, str]:
    """Name of a page beside this file -> its text."""
    read = {
        name: yaml.safe_load((SCHEMAS / f"{name}.schema.yaml").read_text(encoding="utf-8"))
        for name in ("config", "samples")
    }
    return {"config.md": config_page(read["config"]), "sheet.md": sheet_page(read["samples"])}


def config_page(schema: dict) -> str:
    blocks = [
        "## Top level",
        *table("", {key: one for key, one in schema["properties"].items() if not is_section(one)}, schema),
    ]
    for key, one in schema["properties"].items():
        if is_section(one):
            blocks += section(key, one, schema, key in schema["required"], "##")
    shown = [re.sub(r"^#+ `?(.*?)`?$", r"\1", one) for one in blocks if one.startswith("## ")]
    index = "Sections: " + ", ".join(f"[{one.lower()}](#{anchor(one)})" for one in shown) + "."
    head = CONFIG_HEAD.format(made=MADE.format("config.schema.yaml"))
    return head + "\n\n".join([index, *blocks]) + "\n"


def section(key: str, one: dict, schema: dict, required: bool, marks: str) -> Iterator[str]:
    """Blocks of Markdown: heading, what the section is, table of its keys; then the sections within it."""
    yield f"{marks} `{key}`"
    named = one.get("additionalProperties")
    keys, within = (named, f"{key}.NAME.") if isinstance(named, dict) else (one, f"{key}.")
    names = NAMES[one["propertyNames"]["pattern"]] if "propertyNames" in one else ""
    yield one["description"]
    yield f"{when_absent(one, required)} {names}".strip()
    yield from table(within, {k: v for k, v in keys["properties"].items() if not is_section(v, schema)}, keys)
    for k, v in keys["properties"].items():
        if is_section(v, schema):
            yield from section(within + k, v, schema, k in keys.get("required", ()), "###")
    for name in sorted(set(re.findall(r"#/\$defs/(\w+)", json.dumps(one)))):
        spans = schema["$defs"][name]
        yield f"### {name.capitalize()}"
        yield spans["description"]
        yield from table("", spans["items"]["properties"], spans["items"])


def when_absent(one: dict, required: bool) -> str:
    """What a config without the section means."""
    if required:
        return "Every config needs this section."
    if "default" not in one:
        return "Optional: without this section nothing of it is done."
    return "Empty when absent." if "propertyNames" in one else "May be left out: its keys have defaults."


def is_section(one: dict, schema: dict | None = None) -> bool:
    """Whether a key holds keys of its own; those of a strategy's `training` stand under `training` already."""
    named = one.get("additionalProperties")
    if schema and one.get("properties") == schema["properties"]["training"]["properties"]:
        return False
    return "properties" in one or (isinstance(named, dict) and "properties" in named)


def table(within: str, keys: dict[str, dict], holder: dict) -> Iterator[str]:
    """One block: a row a key; none where there are no keys."""
    rows = [
        row(
            f"`{within}{key}`",
            type_words(one),
            default_words(one, key in holder.get("required", ())),
            one["description"],
        )
        for key, one in keys.items()
    ]
    if rows:
        yield "\n".join(["| key | type | default | meaning |", "|---|---|---|---|", *rows])


def row(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", r"\|") for cell in cells) + " |"


def default_words(one: dict, required: bool) -> str:
    if required:
        return "required"
    default = one.get("default")
    if default is None:
        return "none"
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def type_words(one: dict) -> str:
    """The type of a value, with its limits, in words."""
    if "anyOf" in one:
        return " or ".join(type_words(choice) for choice in one["anyOf"])
    if "$ref" in one:
        name = one["$ref"].rsplit("/", 1)[1]
        return f"list of [{name}](#{name})"
    if "const" in one:
        return f"`{one['const']}`"
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"] if value is not None)
    types = one["type"] if isinstance(one["type"], list) else [one["type"]]
    return ", ".join(
        _words_of(kind, one) for kind in sorted(types, key="string integer number".find) if kind != "null"
    )


def _words_of(kind: str, one: dict) -> str:
    if kind == "object":
        named = one.get("additionalProperties")
        return f"section: a name -> {type_words(named)}" if isinstance(named, dict) else "section"
    if kind == "array":
        if one.get("maxItems") == one.get("minItems") == 2:
            return f"two {_plural(type_words(one['items']))}"
        inner = type_words(one["items"])
        return f"list of {inner.replace('two ', 'pairs of ') if inner.startswith('two ') else _plural(inner)}"
    if kind == "string":
        words = re.fullmatch(r"\^\(([a-z|]+)\)\$", one.get("pattern", ""))
        if words:
            return ", ".join(f"`{word}`" for word in words[1].split("|"))
        pattern = one.get("pattern", "")
        if pattern.startswith("^((<results>/)?"):
            return "path or address"
        return "path" if pattern.startswith("^(<results>/)?") else "text"
    limits = [f"{sign} {one[limit]}" for limit, sign in LIMITS.items() if limit in one]
    return f"{kind} {', '.join(limits)}".strip()


def _plural(words: str) -> str:
    first, _, rest = words.partition(" ")
    return f"{PLURALS.get(first, first)} {rest}".strip()


def anchor(heading: str) -> str:
    """The anchor that GitHub and MkDocs give a heading."""
    return re.sub(r"[^\w\s-]", "", heading).strip().lower().replace(" ", "-")


def sheet_page(schema: dict) -> str:
    rows = [
        row(
            f"`{column}`",
            VALUES.get(column) or type_words(one),
            needed_words(column, one, schema),
            one["description"],
        )
        for column, one in [*schema["properties"].items(), *free_columns(schema)]
    ]
    head = ["| column | values | needed | meaning |", "|---|---|---|---|"]
    made = MADE.format("samples.schema.yaml")
    return SHEET_HEAD.format(made=made) + "\n".join([*head, *rows]) + "\n"


def free_columns(schema: dict) -> list[tuple[str, dict]]:
    """Columns of any name with such a beginning."""
    return [
        (f"{pattern.removeprefix('^').partition('[')[0]}...", one)
        for pattern, one in schema["patternProperties"].items()
    ]


def needed_words(column: str, one: dict, schema: dict) -> str:
    if column in schema["required"]:
        return "always"
    if "default" in one:
        return f"no (`{one['default']}`)"
    return NEEDED.get(column, "no")


if __name__ == "__main__":
    main()
