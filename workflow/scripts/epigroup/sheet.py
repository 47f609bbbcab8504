"""The sample sheet: which profiles there are, and the files each one enters by.

The columns, their values and patterns stand in `workflow/schemas/samples.schema.yaml`; what one row alone cannot
tell (duplicates, controls, missing files, assemblies) is checked here.
"""

import difflib
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from epigroup.errors import InputError

SCHEMA = Path(__file__).parents[2] / "schemas" / "samples.schema.yaml"
BROAD_TARGETS = frozenset({"h3k27me3", "h3k36me3", "h3k9me3", "h3k9me2", "h3k79me2", "h4k20me1"})
SHARED = ("modality", "assay", "target", "cell_type", "cell_group", "control", "peak_mode", "assembly")
FILES = ("fastq_1", "fastq_2", "bam", "peaks")
ASSAYS_OF = {"CA": ("ATAC", "DNase"), "HM": ("ChIP", "CUTRUN"), "TFB": ("ChIP", "CUTRUN")}
SHOWN = 20


@dataclass(frozen=True)
class Replicate:
    """Files of one row; a path that the row does not give is None."""

    number: int
    fastq_1: str | None = None
    fastq_2: str | None = None
    bam: str | None = None
    peaks: str | None = None


@dataclass(frozen=True)
class Profile:
    """One profile: a task, or an input that serves as control. Absent texts are "", an absent control is None."""

    profile_id: str
    modality: str
    assay: str
    target: str
    cell_type: str
    cell_group: str
    control: str | None
    peak_mode: str
    kind: str
    replicates: tuple[Replicate, ...]

    @property
    def is_input(self) -> bool:
        return self.assay == "input"

    @property
    def paired(self) -> bool | None:
        """Whether reads come in pairs; None when only the alignments can tell (kind "bam") or there are no reads."""
        return self.replicates[0].fastq_2 is not None if self.kind == "fastq" else None

    def replicate(self, number: int | str) -> Replicate:
        """The replicate of that number. Raises KeyError when there is none."""
        for one in self.replicates:
            if one.number == int(number):
                return one
        raise KeyError(f"{self.profile_id} has no replicate {number}")

    def facts(self) -> dict[str, Any]:
        """All of the profile as plain values, for a rule's params."""
        return asdict(self) | {"replicates": [asdict(one) for one in self.replicates]}


@dataclass(frozen=True)
class Sheet:
    """The whole sheet. `profiles` and `tasks` keep the order of first appearance, which is the order of label bits."""

    path: str
    profiles: dict[str, Profile]

    @property
    def tasks(self) -> list[str]:
        return [name for name, one in self.profiles.items() if not one.is_input]

    @property
    def inputs(self) -> list[str]:
        return [name for name, one in self.profiles.items() if one.is_input]

    def table(self):
        """pandas DataFrame, a row a task in order: task_id, modality, assay, target, cell_type, cell_group,
        control, peak_mode, kind, replicates (how many)."""
        import pandas as pd

        columns = ["modality", "assay", "target", "cell_type", "cell_group", "control", "peak_mode", "kind"]
        rows = [
            {"task_id": name}
            | {column: getattr(self.profiles[name], column) or "" for column in columns}
            | {"replicates": len(self.profiles[name].replicates)}
            for name in self.tasks
        ]
        return pd.DataFrame(rows, columns=["task_id", *columns, "replicates"])


@cache
def schema() -> dict:
    """The JSON schema of one row."""
    import yaml

    return yaml.safe_load(SCHEMA.read_text())


def read_sheet(
    path: str | os.PathLike,
    *,
    results: str = "results",
    assembly: str | None = None,
    exist: Callable[[str], bool] = os.path.exists,
    peak_mode_default: str = "by_target",
) -> Sheet:
    """Read and check the sample sheet.

    `<results>` at the start of a path becomes `results`. `exist` is asked for each file, so that the caller can
    answer for those that the workflow will make. `assembly` is that of the configuration (None: not compared). `peak_mode_default` says what
    an empty peak_mode means: "by_target" (broad for the marks in BROAD_TARGETS) or "narrow".

    Raises InputError that names the sheet and, for each fault, the line, the column and the value.
    """
    if peak_mode_default not in ("by_target", "narrow"):
        raise ValueError(f"peak_mode_default is {peak_mode_default!r}, not by_target or narrow")
    rows = _rows(Path(path))
    _refuse(
        path, [fault for line, row in rows for fault in _faults_of_row(line, row, results, assembly, exist)]
    )
    _refuse(path, _faults_between_rows(rows))
    grouped: dict[str, list[dict[str, str]]] = {}
    for _, row in rows:
        grouped.setdefault(row["profile_id"], []).append(row)
    profiles = {
        name: _profile(name, members, results, peak_mode_default) for name, members in grouped.items()
    }
    if all(one.is_input for one in profiles.values()):
        raise InputError(f"{path}: no task: every row has assay input; add the profiles to learn")
    return Sheet(str(path), profiles)


def _refuse(path: str | os.PathLike, faults: list[str]) -> None:
    if faults:
        more = f"\n  and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise InputError("\n  ".join([f"{path}: {faults[0]}", *faults[1:SHOWN]]) + more)


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """(line number in the file, {column: value}) of each row, empty cells left out."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            f"{path}: there is no such sample sheet; the key `samples` of the configuration names it"
        ) from None
    if raw.startswith(b"\xef\xbb\xbf"):
        raise InputError(f"{path}, line 1: starts with a byte-order mark; save it as UTF-8 without one")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}, line {line}: byte {raw[error.start]:#04x} is not UTF-8; save it as UTF-8 text"
        ) from None
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        raise InputError(
            f"{path}, line {line}: has Windows line ends (\\r); remove them with: sed -i 's/\\r$//' {path}"
        )
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise InputError(f"{path}: is empty; its first line must name the columns")
    header = lines[0].split("\t")
    _check_header(path, header)
    rows, faults = [], []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if not line.strip():
            faults.append(f"line {number}: is blank; remove it")
        elif len(cells) != len(header):
            faults.append(
                f"line {number}: has {len(cells)} columns where the header has {len(header)} (tabs between them)"
            )
        else:
            rows.append((number, {column: cell for column, cell in zip(header, cells) if cell != ""}))
    _refuse(path, faults)
    if not rows:
        raise InputError(f"{path}: has a header and no rows")
    return rows


def _check_header(path: Path, header: list[str]) -> None:
    known = list(schema()["properties"])
    if len(header) == 1 and ("," in header[0] or " " in header[0]):
        raise InputError(f"{path}, line 1: columns must be separated by tabs, found {header[0][:60]!r}")
    faults = []
    for column in header:
        if column not in known:
            near = difflib.get_close_matches(column.strip().lower(), known, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known columns: {', '.join(known)}"
            faults.append(f"line 1: unknown column {column!r}{hint}")
        elif header.count(column) > 1 and f"line 1: column {column} stands twice" not in faults:
            faults.append(f"line 1: column {column} stands twice")
    needed = ["profile_id", "modality", "assay", "cell_type", "cell_group", "assembly"]
    faults += [f"line 1: column {column} is missing" for column in needed if column not in header]
    if not {"fastq_1", "bam", "peaks"} & set(header):
        faults.append("line 1: no column for files; give fastq_1 (and fastq_2), bam or peaks")
    _refuse(path, faults)


def _faults_of_row(
    line: int, row: dict[str, str], results: str, assembly: str | None, exist: Callable[[str], bool]
) -> list[str]:
    """What is wrong with one row by itself; each fault names line, column and value."""
    faults = []
    for column, value in row.items():
        rule = schema()["properties"][column]
        if value != value.strip() or "\u00a0" in value:
            faults.append(f"line {line}, column {column}: {value!r} starts or ends with a space; remove it")
        elif "enum" in rule and value not in rule["enum"]:
            near = difflib.get_close_matches(value.lower(), [one.lower() for one in rule["enum"]], n=1)
            hint = "".join(
                f"; did you mean {one}?" for one in rule["enum"] if near and one.lower() == near[0]
            )
            faults.append(
                f"line {line}, column {column}: unknown value {value!r}, not one of {', '.join(rule['enum'])}{hint}"
            )
        elif "pattern" in rule and not re.fullmatch(
            rule["pattern"].removeprefix("^").removesuffix("$"), value
        ):
            faults.append(f"line {line}, column {column}: {value!r} {' '.join(rule['x-must'].split())}")
    faults += [
        f"line {line}, column {column}: is empty" for column in schema()["required"] if column not in row
    ]
    if faults:
        return faults

    def at(column: str, text: str) -> None:
        faults.append(f"line {line}, column {column}: {text}")

    modality, assay = row.get("modality"), row["assay"]
    if assay == "input":
        if modality:
            at("modality", f"{modality!r} given for an input; leave it empty: a control is no task")
        if "control" in row:
            at("control", f"{row['control']!r} given for an input; a control has no control")
        if "peaks" in row:
            at("peaks", f"{row['peaks']!r} given for an input; a control needs reads (fastq_1 or bam)")
    else:
        if not modality:
            at("modality", "is empty; give CA, HM or TFB (only an input has none)")
        elif assay not in ASSAYS_OF[modality]:
            at(
                "modality",
                f"{modality!r} does not go with assay {assay!r}; {modality} is {' or '.join(ASSAYS_OF[modality])}",
            )
        for column in ("cell_type", "cell_group"):
            if column not in row:
                at(column, "is empty")
        if assay in ("ChIP", "CUTRUN") and "target" not in row:
            at("target", f"is empty; assay {assay} needs its protein or mark")
        if "control" in row and (assay in ("ATAC", "DNase") or "peaks" in row):
            why = (
                "peaks are given, none are called"
                if "peaks" in row
                else f"{assay} peaks are called without one"
            )
            at("control", f"{row['control']!r} would not be used ({why}); leave it empty")
    ways = [column for column in ("fastq_1", "bam", "peaks") if column in row]
    if "fastq_2" in row and "fastq_1" not in row:
        at("fastq_2", f"{row['fastq_2']!r} given without fastq_1")
    elif len(ways) != 1:
        found = f"{' and '.join(ways)} are given" if ways else "none is given"
        at(", ".join(ways) or "fastq_1, bam, peaks", f"{found}; give exactly one of fastq_1, bam and peaks")
    if "fastq_2" in row and row.get("fastq_1") == row["fastq_2"]:
        at("fastq_2", f"{row['fastq_2']!r} is the same file as fastq_1")
    for column in FILES:
        if column in row and not exist(_place(row[column], results)):
            at(column, f"there is no file {row[column]!r}")
    if assembly is not None and row["assembly"] != assembly:
        at(
            "assembly",
            f"{row['assembly']!r} is not the genome of the configuration, genome.assembly: {assembly!r}",
        )
    return faults


def _faults_between_rows(rows: list[tuple[int, dict[str, str]]]) -> list[str]:
    """What is wrong between rows that are each right by themselves."""
    faults: list[str] = []
    first: dict[str, tuple[int, dict[str, str]]] = {}
    seen: dict[tuple[str, int], int] = {}
    files: dict[str, int] = {}
    for line, row in rows:
        name, number = row["profile_id"], int(row.get("replicate", 1))
        home, origin = first.setdefault(name, (line, row))
        if (name, number) in seen:
            faults.append(
                f"line {line}, column replicate: profile {name!r} has replicate {number} on line {seen[name, number]} "
                "already; number its replicates or rename the profile"
            )
            continue
        seen[name, number] = line
        for column in SHARED:
            if row.get(column, "") != origin.get(column, ""):
                faults.append(
                    f"line {line}, column {column}: {row.get(column, '')!r} differs from {origin.get(column, '')!r} on "
                    f"line {home}; rows of one profile ({name}) must agree"
                )
        if home != line:
            faults += _faults_of_replicate(line, row, home, origin)
        for column in FILES:
            if column in row:
                if row[column] in files and files[row[column]] != line:
                    faults.append(
                        f"line {line}, column {column}: {row[column]!r} stands on line {files[row[column]]} already; "
                        "one file must not make two profiles or replicates"
                    )
                files.setdefault(row[column], line)
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
                f"{at} is no profile of this sheet" + (f"; did you mean {near[0]}?" if near else "")
            )
        elif control not in inputs:
            faults.append(f"{at} has assay {first[control][1]['assay']!r}; a control must have assay input")
        elif _kind(row) == _kind(first[control][1]) and ("fastq_2" in row) != (
            "fastq_2" in first[control][1]
        ):
            faults.append(f"{at} and the profile must both be single-end or both be paired")
    return faults


def _faults_of_replicate(line: int, row: dict[str, str], home: int, origin: dict[str, str]) -> list[str]:
    name, kind, of = row["profile_id"], _kind(row), _kind(origin)
    if kind != of:
        return [
            f"line {line}, column {kind}: replicates of {name} enter by {of} on line {home}; give all the same way"
        ]
    if kind == "peaks":
        given = f"line {line}, column peaks: {name!r} has a peak file on line {home}"
        return [
            f"{given}; a profile given as peaks has one row: join the peaks yourself or give the replicates' reads"
        ]
    if ("fastq_2" in row) != ("fastq_2" in origin):
        return [
            f"line {line}, column fastq_2: {name!r} is single-end in one replicate and paired in another (line {home})"
        ]
    return []


def _kind(row: dict[str, str]) -> str:
    return "fastq" if "fastq_1" in row else "bam" if "bam" in row else "peaks"


def _place(path: str, results: str) -> str:
    return results + path.removeprefix("<results>") if path.startswith("<results>/") else path


def _profile(name: str, rows: list[dict[str, str]], results: str, peak_mode_default: str) -> Profile:
    row = rows[0]
    broad = peak_mode_default == "by_target" and row.get("target", "").lower() in BROAD_TARGETS

    replicates = [
        Replicate(
            int(one.get("replicate", 1)),
            **{column: _place(one[column], results) for column in FILES if column in one},
        )
        for one in rows
    ]
    return Profile(
        profile_id=name,
        modality=row.get("modality", ""),
        assay=row["assay"],
        target=row.get("target", ""),
        cell_type=row.get("cell_type", ""),
        cell_group=row.get("cell_group", ""),
        control=row.get("control"),
        peak_mode=row.get("peak_mode", "broad" if broad else "narrow"),
        kind=_kind(row),
        replicates=tuple(sorted(replicates, key=lambda one: one.number)),
    )
