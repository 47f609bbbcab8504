"""The sample sheet: which profiles there are, and the files each one enters by.

The columns, their values and patterns stand in `workflow/schemas/samples.schema.yaml`; a row by
itself is checked in `row_checks`, what one row alone cannot tell (duplicates, controls) in `sheet_checks`.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from epigroup.config.control_files import with_controls
from epigroup.config.downloads.accessions import FOLDER, Download, downloads_of, own_checksums, with_downloads
from epigroup.config.downloads.addresses import as_written, with_addresses
from epigroup.config.imputation.tracks import faults_of_tracks
from epigroup.config.lanes import with_lanes
from epigroup.config.row_checks import faults_of_row
from epigroup.config.sheet_checks import (
    FILES,
    FREE,
    Rows,
    faults_between_rows,
    kind_of,
    paths_in,
    place_of,
    refuse,
    sheet_rows,
)
from epigroup.config.shell_paths import expand_rows
from epigroup.core.errors import InputError

# Columns whose cells are files, or may be.
NAMING = (*FILES, "signal", "control")
BROAD_TARGETS = frozenset({"h3k27me3", "h3k36me3", "h3k9me3", "h3k9me2", "h3k79me2", "h4k20me1"})


def given(path: str | None, what: str) -> str:
    """A path of the sheet that cannot be empty: the row's kind, or the config, asks for it. `what`: of what it is.
    Raises ValueError where it is empty all the same."""
    if path is None:
        raise ValueError(f"the sheet gives no {what}")
    return path


@dataclass(frozen=True)
class Replicate:
    """Files of one replicate, those of its lanes parted by `;`; a path that the sheet does not give is None."""

    number: int
    fastq_1: str | None = None
    fastq_2: str | None = None
    bam: str | None = None
    peaks: str | None = None

    @property
    def reads(self) -> list[list[str]]:
        """The FASTQ files of the first mates, and where reads are paired of the second, a file a lane each."""
        return [paths_in(one) for one in (self.fastq_1, self.fastq_2) if one]


@dataclass(frozen=True)
class Profile:
    """One profile: a task, or an input that serves as control. Absent texts are "", no control is None; `own`: (column,
    value) of the user's own columns that have one."""

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
    signal: str | None = None
    donors: tuple[str, ...] = ()
    batches: tuple[str, ...] = ()
    macs2: str | None = None
    own: tuple[tuple[str, str], ...] = ()

    @property
    def is_input(self) -> bool:
        return self.assay == "input"

    @property
    def paired(self) -> bool | None:
        """Whether reads come in pairs; None when only alignments can tell (kind "bam") or none are read."""
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
    """The whole sheet. `profiles` and `tasks` keep the order of first appearance, that of the label bits;
    `downloads`: by name, the files that rows ask for by accession or address; `checksums`: of rows' own files, by path;
    `adopted`: profiles of the sheet `adopt.samples`, which are no tasks; `own`: the user's own columns, sorted;
    `notes`: what a user is told of how the file was read; `tracks`: profiles that are a signal alone, which an
    imputation takes beside those with a signal of their own."""

    path: str
    profiles: dict[str, Profile]
    left_out: frozenset[str] = frozenset()
    downloads: dict[str, Download] = field(default_factory=dict)
    checksums: dict[str, tuple[str, str]] = field(default_factory=dict)
    adopted: frozenset[str] = frozenset()
    own: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tracks: dict[str, Profile] = field(default_factory=dict)

    @property
    def tasks(self) -> list[str]:
        apart = self.left_out | self.adopted
        return [name for name, one in self.profiles.items() if not one.is_input and name not in apart]

    def without(self, names: Iterable[str]) -> "Sheet":
        """The sheet with fewer tasks; their profiles stay. Raises InputError when no task is left."""
        fewer = replace(self, left_out=frozenset(names))
        if not fewer.tasks and fewer.left_out:
            raise InputError(
                f"{self.path}: qc.min_grade leaves no profile to learn: {', '.join(sorted(names))}"
            )
        return fewer

    @property
    def inputs(self) -> list[str]:
        return [name for name, one in self.profiles.items() if one.is_input]

    def table(self):
        """pandas DataFrame, a row a task in order: task_id, modality, assay, target, cell_type, cell_group,
        control, peak_mode, kind, replicates (how many), and the user's own columns, `x_...`."""
        import pandas as pd

        columns = ["modality", "assay", "target", "cell_type", "cell_group", "control", "peak_mode", "kind"]
        rows = [
            {"task_id": name}
            | {column: getattr(self.profiles[name], column) or "" for column in columns}
            | {"replicates": len(self.profiles[name].replicates)}
            | dict.fromkeys(self.own, "")
            | dict(self.profiles[name].own)
            for name in self.tasks
        ]
        return pd.DataFrame(rows, columns=["task_id", *columns, "replicates", *self.own])


def read_sheet(
    path: str | os.PathLike,
    *,
    results: str = "results",
    assembly: str | None = None,
    exist: Callable[[str], bool] = os.path.exists,
    peak_mode_default: str = "by_target",
    signals: bool = False,
    tracks: bool = False,
) -> Sheet:
    """Read and check the sample sheet.

    `<results>` at the start of a path becomes `results`. `exist` is asked for each file, so that the caller
    can answer for those that the workflow will make. `assembly` is that of the configuration (None: not
    compared). `peak_mode_default` says what an empty peak_mode means: "by_target" (broad for the marks in
    BROAD_TARGETS) or "narrow". `signals`: each task needs its signal. `tracks`: a row may be a signal alone, and
    all of them may.

    Raises InputError that names the sheet and, for each fault, the line, the column and the value.
    """
    if peak_mode_default not in ("by_target", "narrow"):
        raise ValueError(f"peak_mode_default is {peak_mode_default!r}, not by_target or narrow")
    rows, form = sheet_rows(Path(path))
    rows, known, lost = expand_rows(rows, NAMING)
    rows, fetched, wrong = with_addresses(rows, NAMING)
    notes = [f"read as a table with {form}"] if form else []
    notes += [", ".join(f"{word} is {meant}" for word, meant in known.items())] if known else []
    there = _or_fetched(exist, fetched, results)
    faults = [f"{at}: {text}" for at, text in (lost | wrong).items()]
    faults += [
        fault
        for line, row in rows
        for fault in faults_of_row(line, row, results, assembly, there, signals, tracks)
        if fault.partition(": ")[0] not in {**lost, **wrong}
    ]
    refuse(path, faults and as_written([*faults, *notes], fetched))
    checksums, of_sums = _checksums(rows, results)
    signal_places = {place_of(row["signal"], results) for _, row in rows if "signal" in row}
    downloads = {one.name: one for _, row in rows for one in downloads_of(row)} | fetched
    for name, one in fetched.items():
        told = checksums.pop(place_of(f"{FOLDER}/{name}", results), None)
        downloads[name] = replace(one, checksum=told[0]) if told else one
    if not signals and signal_places & set(checksums):
        notes.append("checksums of signals are not compared: they are read where dataset.targets is signal")
    rows = [(line, with_downloads(row)) for line, row in rows]
    rows, of_lanes, lines = with_lanes(rows, results)
    rows, faults = with_controls(rows, results, there, lines)
    faults = of_sums + of_lanes + (faults or faults_between_rows(rows, results, lines))
    refuse(path, as_written(faults + _faults_of_summits(rows, peak_mode_default), fetched))
    grouped: dict[str, list[dict[str, str]]] = {}
    for _, row in rows:
        grouped.setdefault(row["profile_id"], []).append(row)
    profiles = {
        name: _profile(name, members, results, peak_mode_default) for name, members in grouped.items()
    }
    alone = {name: one for name, one in profiles.items() if one.kind == "signal"}
    if not alone and all(one.is_input for one in profiles.values()):
        raise InputError(f"{path}: no task: every row has assay input; add the profiles to learn")
    if tracks:
        refuse(path, faults_of_tracks(one for one in profiles.values() if one.signal))
    return Sheet(
        str(path),
        {name: one for name, one in profiles.items() if name not in alone},
        downloads=downloads,
        checksums=checksums,
        own=tuple(sorted({column for one in profiles.values() for column, _ in one.own})),
        notes=tuple(f"{path}: {note}" for note in notes),
        tracks=alone,
    )


def _checksums(rows: Rows, results: str) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """(the checksums of rows' own files and signals, by path; faults). Rows of one profile have one signal, and must
    not say two things of it."""
    found: dict[str, tuple[str, str]] = {}
    lines: dict[str, int] = {}
    faults = []
    for line, row in rows:
        for file, known in own_checksums(row).items():
            earlier, _ = found.setdefault(place_of(file, results), known)
            home = lines.setdefault(file, line)
            if file == row.get("signal") and earlier != known[0]:
                faults.append(
                    f"line {line}, column checksum: {known[0]} of {file} differs from {earlier} on line {home}; give "
                    "the same on both, or on one of them alone"
                )
    return found, faults


def _or_fetched(exist: Callable[[str], bool], fetched: Iterable[str], results: str) -> Callable[[str], bool]:
    """Whether a file is there, or is one of those that are fetched."""
    places = {place_of(f"{FOLDER}/{name}", results) for name in fetched}
    return lambda path: path in places or exist(path)


def _profile(name: str, rows: list[dict[str, str]], results: str, peak_mode_default: str) -> Profile:
    row = rows[0]
    replicates = [
        Replicate(
            int(one.get("replicate", 1)),
            **{
                column: ";".join(place_of(file, results) for file in paths_in(one[column]))
                for column in FILES
                if column in one
            },
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
        peak_mode=_peak_mode(row, peak_mode_default),
        kind=kind_of(row),
        macs2=row.get("macs2"),
        replicates=tuple(sorted(replicates, key=lambda one: one.number)),
        signal=place_of(row["signal"], results) if "signal" in row else None,
        donors=_named(rows, "donor"),
        batches=_named(rows, "batch"),
        own=tuple(sorted((column, value) for column, value in row.items() if column.startswith(FREE))),
    )


def _peak_mode(row: dict[str, str], default: str) -> str:
    """Shape of a row's peaks: its own, or what `peak_mode_default` of `read_sheet` says."""
    broad = default == "by_target" and row.get("target", "").lower() in BROAD_TARGETS
    return row.get("peak_mode", "broad" if broad else "narrow")


def _faults_of_summits(rows: Rows, default: str) -> list[str]:
    """Summits that a row asks for and that broad peaks do not have; a peak_mode of its own is looked at before."""
    return [
        f"line {line}, column macs2: {row['macs2']!r}: --call-summits does not go with broad peaks, which "
        f"{row['target']} has where peak_mode is empty; leave it out, or set peak_mode to narrow"
        for line, row in rows
        if "--call-summits" in row.get("macs2", "") and _peak_mode(row, default) == "broad"
    ]


def _named(rows: list[dict[str, str]], column: str) -> tuple[str, ...]:
    """What the rows of a profile name in a column, each once, sorted."""
    return tuple(sorted({row[column] for row in rows if row.get(column)}))
