"""What can be wrong with a sample sheet in its text and between rows; with one row by itself: `row_checks`."""

import difflib
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from epigroup import WORKFLOW
from epigroup.config.saved_tables import SEPARATORS, read_saved
from epigroup.config.schema import read_schema
from epigroup.core.errors import InputError

SCHEMA = WORKFLOW / "schemas" / "samples.schema.yaml"
SHARED = (
    "modality",
    "assay",
    "target",
    "cell_type",
    "cell_group",
    "control",
    "peak_mode",
    "signal",
    "macs2",
    "assembly",
)
FREE = "x_"  # what a column of the user's own begins with
FILES = ("fastq_1", "fastq_2", "bam", "peaks")
Rows = list[tuple[int, dict[str, str]]]  # each with its line in the file
# (line of a row that was joined of lanes, a file of it) -> the line on which that file stands
Lines = Mapping[tuple[int, str], int]
SHOWN = 20
# What several files of one replicate that are no lanes are told.
JOINED = {
    "fastq": "",
    "bam": "; lanes that are aligned already are joined before, with samtools merge",
    "peaks": "; a profile has one peak file",
    "signal": "; a track has one bigWig: join those of replicates before",
}


@cache
def schema() -> dict:
    """The JSON schema of one row."""
    return read_schema(SCHEMA)


def rule_of(column: str) -> dict | None:
    """The schema of a column's cells; None for one that a sheet cannot have."""
    free = ((re.fullmatch(name, column), rule) for name, rule in schema()["patternProperties"].items())
    return schema()["properties"].get(column) or next((rule for fits, rule in free if fits), None)


def refuse(path: str | os.PathLike, faults: list[str]) -> None:
    """Raise InputError with the first SHOWN faults, if there are any."""
    if faults:
        more = f"\n  and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise InputError("\n  ".join([f"{path}: {faults[0]}", *faults[1:SHOWN]]) + more)


def sheet_rows(path: Path) -> tuple[list[tuple[int, dict[str, str]]], str]:
    """(line number in the file, {column: value}) of each row, empty cells left out; and how the file was read, in
    words, "" for UTF-8 text with tabs."""
    try:
        table = read_saved(path, schema()["required"])
    except FileNotFoundError:
        raise InputError(
            f"{path}: there is no such sample sheet; the key `samples` of the configuration names it"
        ) from None
    except OSError as error:
        raise InputError(f"{path}: the sample sheet cannot be read: {error.strerror}") from None
    header = table.header
    check_header(path, header)
    rows, faults = [], []
    for number, cells in table.rows:
        if not cells:
            faults.append(f"line {number}: is blank; remove it")
        elif len(cells) != len(header):
            faults.append(
                f"line {number}: has {len(cells)} columns where the header has {len(header)}, parted by "
                f"{SEPARATORS[table.separator]}"
            )
        else:
            rows.append((number, {column: cell for column, cell in zip(header, cells) if cell != ""}))
    refuse(path, faults)
    if not rows:
        raise InputError(f"{path}: has a header and no rows")
    return rows, table.form


def check_header(path: Path, header: list[str]) -> None:
    """Raise InputError for unknown, doubled and missing columns."""
    known = list(schema()["properties"])
    faults = []
    for place, column in enumerate(header, start=1):
        if not column:
            faults.append(f"line 1: column {place} has no name; name it, or remove its cells")
        elif rule_of(column) is None:
            faults.append(f"line 1: unknown column {column!r}; {_column_hint(column, known)}")
        elif header.count(column) > 1 and f"line 1: column {column} stands twice" not in faults:
            faults.append(f"line 1: column {column} stands twice")
    entered = {"fastq_1", "bam", "peaks", "accession"} & set(header)
    # Tracks of an imputation have neither of these, and no other file than their signal.
    of_tasks = [] if "signal" in header and not entered else ["modality", "cell_group"]
    needed = ["profile_id", "assay", "cell_type", "assembly", *of_tasks]
    faults += [
        f"line 1: column {column} is missing"
        for column in schema()["properties"]
        if column in needed and column not in header
    ]
    if not entered and "signal" not in header:
        faults.append("line 1: no column for files; give fastq_1 (and fastq_2), bam, peaks or accession")
    refuse(path, faults)


def _column_hint(column: str, known: list[str]) -> str:
    """What may have been meant by an unknown column."""
    near = difflib.get_close_matches(column.strip().lower(), known, n=1)
    if column.startswith(FREE):
        return f"the name of a column of your own is {FREE} and letters, digits and _"
    own = FREE + re.sub(r"[^A-Za-z0-9_]+", "_", column).strip("_")
    hint = f"did you mean {near[0]}?" if near else f"known columns: {', '.join(known)}."
    return f"{hint} A column of your own is free under a name that begins with {FREE}, as {own}"


def without_number(rows: Rows) -> dict[str, int]:
    """The profiles of several rows of reads or alignments of which one has no replicate, with the line of that one."""
    members: dict[str, Rows] = {}
    for line, row in rows:
        members.setdefault(row["profile_id"], []).append((line, row))
    return {
        name: next(line for line, row in found if "replicate" not in row)
        for name, found in members.items()
        if len(found) > 1
        and any("replicate" not in row for _, row in found)
        and {kind_of(row) for _, row in found} not in ({"peaks"}, {"signal"})
    }


def faults_between_rows(rows: Rows, results: str, lines: Lines) -> list[str]:
    """What is wrong between rows that are each right by themselves. Files are compared, not the text of their paths.
    Rows without a replicate beside others are told by the lanes (`without_number`)."""
    lacking = without_number(rows)
    faults: list[str] = []
    first: dict[str, tuple[int, dict[str, str]]] = {}
    seen: dict[tuple[str, int], int] = {}
    files: dict[object, tuple[int, int, str]] = {}  # line of the row, line of the file, its path
    signals: dict[object, str] = {}
    for line, row in rows:
        name, number = row["profile_id"], int(row.get("replicate", 1))
        home, origin = first.setdefault(name, (line, row))
        if (name, number) in seen:
            if name in lacking:
                continue
            faults.append(
                f"line {line}, column replicate: profile {name!r} has replicate {number} on line "
                f"{seen[name, number]} already; number its replicates or rename the profile{JOINED[kind_of(row)]}"
            )
            continue
        seen[name, number] = line
        own = dict.fromkeys(column for column in (*origin, *row) if column.startswith(FREE))
        for column in (*SHARED, *own):
            here, there = row.get(column, ""), origin.get(column, "")
            if here != there:
                faults.append(
                    f"line {line}, column {column}: {here!r} differs from {there!r} on line {home}; rows of "
                    f"one profile ({name}) must agree"
                )
        if home != line:
            faults += faults_of_replicate(line, row, home, origin)
        for column in FILES:
            for file in paths_in(row.get(column, "")):
                own_line = lines.get((line, file), line)
                home_of, earlier, path = files.setdefault(identity(file, results), (line, own_line, file))
                if home_of != line:
                    called = "" if path == file else f", called {path!r}"
                    faults.append(
                        f"line {own_line}, column {column}: {file!r} stands on line {earlier} already{called}; one "
                        "file must not make two profiles or replicates, nor be its own control"
                    )
        owner = signals.setdefault(identity(row["signal"], results), name) if "signal" in row else name
        if owner != name:
            faults.append(
                f"line {line}, column signal: {row['signal']!r} is that of {owner!r} already; one file must "
                "not be the signal of two profiles"
            )
    inputs = [name for name, (_, row) in first.items() if row["assay"] == "input"]
    for name, (line, row) in first.items():
        control = row.get("control")
        if control is None:
            continue
        at = f"line {line}, column control: {control!r}"
        if control == name:
            faults.append(f"{at} is the profile itself; name an input")
        elif control not in first:
            near = difflib.get_close_matches(control, inputs, n=1)
            faults.append(
                f"{at} is no profile of this sheet, nor a file (.bam, .cram, .fastq, .fq, .gz)"
                + (f"; did you mean {near[0]}?" if near else "")
            )
        elif control not in inputs:
            faults.append(f"{at} has assay {first[control][1]['assay']!r}; a control must have assay input")
        else:
            other = first[control][1]
            if kind_of(row) == kind_of(other) == "fastq" and ("fastq_2" in row) != ("fastq_2" in other):
                faults.append(
                    f"{at} and the profile must both be single-end or both be paired: leave fastq_2 of the paired one "
                    "empty, which makes it single-end"
                )
    return faults


def faults_of_replicate(line: int, row: dict[str, str], home: int, origin: dict[str, str]) -> list[str]:
    name, kind, of = row["profile_id"], kind_of(row), kind_of(origin)
    if kind != of:
        at = f"line {line}, column {kind}: replicates of {name!r}"
        return [f"{at} enter by {of} on line {home}; give all the same way"]
    if kind == "peaks":
        at = f"line {line}, column peaks: {name!r}"
        return [
            f"{at} has a peak file on line {home}; a profile has one peak file: join them, or give the reads"
        ]
    if ("fastq_2" in row) != ("fastq_2" in origin):
        at = f"line {line}, column fastq_2: {name!r}"
        return [f"{at} is single-end in one replicate and paired in another (line {home})"]
    return []


def kind_of(row: dict[str, str]) -> str:
    """How the row enters: fastq, bam, peaks, or signal where it has nothing else."""
    if "fastq_1" in row or "bam" in row:
        return "fastq" if "fastq_1" in row else "bam"
    return "peaks" if {"peaks", "accession"} & row.keys() or "signal" not in row else "signal"


def paths_in(cell: str) -> list[str]:
    """The files of a cell, which lanes part by semicolons; none of an empty one."""
    return cell.split(";") if cell else []


def identity(path: str, results: str) -> object:
    """The same for all paths of one file: through `.` and `..`, and links of either kind."""
    place = os.path.realpath(place_of(path, results))
    try:
        status = os.stat(place)
    except OSError:
        return place
    return status.st_dev, status.st_ino


def place_of(path: str, results: str) -> str:
    """The path with `<results>` at its start replaced."""
    return results + path.removeprefix("<results>") if path.startswith("<results>/") else path
