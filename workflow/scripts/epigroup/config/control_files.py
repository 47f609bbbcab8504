"""Controls that a sheet names by their files: each becomes an input, as if it had a row of its own."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from epigroup.config.sheet_checks import FILES, Lines, Rows, identity, paths_in, place_of, schema

READS = re.compile(r"\.(?:fastq|fq)(?:\.gz)?$")
ALIGNMENTS = re.compile(r"\.(?:bam|cram)$")


def control_files(value: str) -> list[str]:
    """The files that a cell of the column control names: a BAM or CRAM file, a FASTQ file, or two mates parted by a
    semicolon; none for the name of a profile."""
    parts = value.split(";")
    if len(parts) == 1 and ALIGNMENTS.search(value):
        return parts
    return parts if len(parts) <= 2 and all(map(READS.search, parts)) else []


def with_controls(
    rows: Rows, results: str, exist: Callable[[str], bool], lines: Lines
) -> tuple[Rows, list[str]]:
    """(rows whose controls are all names of profiles, with an input for each control that is a file; faults).

    A file that is the only one of an input of the sheet stands for that input. Others are named after themselves,
    `control_` and the name without its end, and by a digest of the path too where two have one name.
    """
    profiles = Counter(row["profile_id"] for _, row in rows)
    owners: dict[object, tuple[int, str, bool]] = {}
    own: dict[tuple, str] = {}
    for line, row in rows:
        paths = [path for column in FILES for path in paths_in(row.get(column, ""))]
        here = tuple(identity(path, results) for path in paths)
        for path, file in zip(paths, here, strict=True):
            own_line = lines.get((line, path), line)
            owners.setdefault(file, (own_line, row["profile_id"], row["assay"] == "input"))
        if row["assay"] == "input" and profiles[row["profile_id"]] == 1:
            own[here] = row["profile_id"]
    known = {*profiles, ""}
    faults: list[str] = []
    made: dict[tuple, tuple[int, list[str], dict[str, str]]] = {}
    keys: dict[int, tuple] = {}
    for place, (line, row) in enumerate(rows):
        files = control_files(row["control"]) if row.get("control", "") not in known else []
        at = f"line {line}, column control: {row.get('control')!r}"
        if any(
            not re.fullmatch(schema()["properties"]["bam"]["pattern"].strip("^$"), file) for file in files
        ):
            faults.append(f"{at}: {' '.join(schema()['properties']['bam']['x-must'].split())}")
            continue
        lost = [file for file in files if not exist(place_of(file, results))]
        if lost:
            faults.append(f"{at}: there is no file {lost[0]!r}")
        if not files or lost:
            continue
        key = tuple(identity(file, results) for file in files)
        taken = [owners[one] for one in key if one in owners]
        if len(set(key)) < len(key):
            faults.append(f"{at}: the mates are one file")
        elif taken and key not in own:
            there, name, is_input = taken[0]
            says = (
                f"name {name!r}, whose rows are pooled"
                if is_input
                else "a control must not be a treatment too"
            )
            faults.append(f"{at} is a file of profile {name!r} on line {there}; {says}")
        else:
            keys[place] = key
            made.setdefault(key, (line, files, row))
    new = {key: value for key, value in made.items() if key not in own}
    names = named([files for _, files, _ in new.values()], set(profiles)) if new else []
    inputs: Rows = []
    called = dict(own)
    for (key, (line, files, row)), name in zip(new.items(), names, strict=True):
        called[key] = name
        columns = ("bam",) if ALIGNMENTS.search(files[0]) else ("fastq_1", "fastq_2")
        facts = {"profile_id": name, "assay": "input", "assembly": row["assembly"]}
        inputs.append((line, facts | dict(zip(columns, files, strict=False))))
    changed = [
        (line, row | {"control": called[keys[place]]} if place in keys else row)
        for place, (line, row) in enumerate(rows)
    ]
    return changed + inputs, faults


def named(controls: list[list[str]], taken: set[str]) -> list[str]:
    """A name for each control, by its first file."""
    stems = [
        "control_"
        + re.sub(r"[^A-Za-z0-9._+-]+", "_", ALIGNMENTS.sub("", READS.sub("", Path(files[0]).name)))[:120]
        for files in controls
    ]
    return [
        f"{stem}_{hashlib.sha256(files[0].encode()).hexdigest()[:8]}"
        if stems.count(stem) > 1 or stem in taken or re.search(r"\.rep[0-9]+$", stem)
        else stem
        for stem, files in zip(stems, controls, strict=True)
    ]
