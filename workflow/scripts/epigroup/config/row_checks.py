"""What can be wrong with one row of a sample sheet by itself."""

import difflib
import re
import unicodedata
from collections.abc import Callable

from epigroup.config.downloads.accessions import faults_of_accession, has_files, with_downloads
from epigroup.config.sheet_checks import FILES, identity, kind_of, paths_in, place_of, rule_of, schema
from epigroup.peaks.macs_options import parse_options

ASSAYS_OF = {"CA": ("ATAC", "DNase"), "HM": ("ChIP", "CUTRUN"), "TFB": ("ChIP", "CUTRUN")}
HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2212"
MONTH = "(?i:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)"
DATE = re.compile(rf"\d{{1,2}}-{MONTH}|{MONTH}-\d{{1,2}}|\d{{4}}-\d{{2}}-\d{{2}}")


def faults_of_row(
    line: int,
    row: dict[str, str],
    results: str,
    assembly: str | None,
    exist: Callable[[str], bool],
    signals: bool = False,
    tracks: bool = False,
) -> list[str]:
    """What is wrong with one row by itself; each fault names line, column and value. `signals`: whether
    each task needs one; `tracks`: whether a row may be a signal alone.
    """
    cells = ((column, fault_of_cell(column, value)) for column, value in row.items())
    faults = [f"line {line}, column {column}: {fault}" for column, fault in cells if fault]
    faults += [
        f"line {line}, column {column}: is empty" for column in schema()["required"] if column not in row
    ]
    faults += [f"line {line}, column {column}: {text}" for column, text in faults_of_accession(row)]
    if faults:
        return faults
    fetched = "accession" in row and not has_files(row)
    row = with_downloads(row)
    told = [
        *_faults_of_kind(row, tracks),
        *faults_of_options(row),
        *([] if _is_track(row, tracks) else faults_of_files(row, results)),
        *(
            (column, f"there is no file {path!r}")
            for column in (*FILES, "signal")
            if not (fetched and column in FILES)
            for path in paths_in(row.get(column, ""))
            if not exist(place_of(path, results))
        ),
    ]
    if signals and row["assay"] != "input" and "signal" not in row:
        told.append(("signal", f"is empty; with dataset.targets signal {row['profile_id']!r} needs a bigWig"))
    if assembly is not None and row["assembly"] != assembly:
        told.append(
            (
                "assembly",
                f"{row['assembly']!r} is not the genome of the configuration, genome.assembly: {assembly!r}",
            )
        )
    return [
        f"line {line}, column {'accession' if fetched and column in FILES else column}: {text}"
        for column, text in told
    ]


def _is_track(row: dict[str, str], tracks: bool) -> bool:
    return tracks and kind_of(row) == "signal" and row["assay"] != "input"


def _faults_of_kind(row: dict[str, str], tracks: bool) -> list[tuple[str, str]]:
    if _is_track(row, tracks):
        return faults_of_track(row)
    return faults_of_control(row) if row["assay"] == "input" else faults_of_task(row)


def faults_of_track(row: dict[str, str]) -> list[tuple[str, str]]:
    """(column, fault) of a row that is a signal alone, a track of an imputation."""
    faults = [("cell_type", "is empty; a track needs its cell type")] if "cell_type" not in row else []
    if row["assay"] in ("ChIP", "CUTRUN") and "target" not in row:
        faults.append(("target", f"is empty; assay {row['assay']} needs its protein or mark"))
    faults += [
        (column, f"{row[column]!r} given for a signal alone, of which nothing is called; leave it empty")
        for column in ("control", "peak_mode", "macs2")
        if column in row
    ]
    return faults


def faults_of_control(row: dict[str, str]) -> list[tuple[str, str]]:
    """(column, fault) of an input, which serves as control: what it has that only a task may have."""
    faults = []
    if row.get("modality"):
        faults.append(
            ("modality", f"{row['modality']!r} given for an input; leave it empty: a control is no task")
        )
    if "control" in row:
        faults.append(("control", f"{row['control']!r} given for an input; a control has no control"))
    if "peaks" in row:
        faults.append(
            ("peaks", f"{row['peaks']!r} given for an input; a control needs reads (fastq_1 or bam)")
        )
    if "signal" in row:
        faults.append(
            ("signal", f"{row['signal']!r} given for an input; leave it empty: a control is no task")
        )
    return faults


def faults_of_task(row: dict[str, str]) -> list[tuple[str, str]]:
    """(column, fault) of a task: columns that it lacks, or that do not go with its assay."""
    faults = []
    modality, assay = row.get("modality"), row["assay"]
    if not modality:
        faults.append(("modality", "is empty; give CA, HM or TFB (only an input has none)"))
    elif assay not in ASSAYS_OF[modality]:
        fitting = " or ".join(ASSAYS_OF[modality])
        faults.append(("modality", f"{modality!r} does not go with assay {assay!r}; {modality} is {fitting}"))
    faults += [(column, "is empty") for column in ("cell_type", "cell_group") if column not in row]
    if assay in ("ChIP", "CUTRUN") and "target" not in row:
        faults.append(("target", f"is empty; assay {assay} needs its protein or mark"))
    if "control" in row and (assay in ("ATAC", "DNase") or "peaks" in row):
        why = (
            "peaks are given, none are called" if "peaks" in row else f"{assay} peaks are called without one"
        )
        faults.append(("control", f"{row['control']!r} would not be used ({why}); leave it empty"))
    return faults


def faults_of_files(row: dict[str, str], results: str) -> list[tuple[str, str]]:
    """(column, fault) of the files by which a row enters: one way exactly, and two mates that are two files."""
    faults = []
    ways = [column for column in ("fastq_1", "bam", "peaks") if column in row]
    if "fastq_2" in row and "fastq_1" not in row:
        faults.append(("fastq_2", f"{row['fastq_2']!r} given without fastq_1"))
    elif len(ways) != 1:
        found = f"{' and '.join(ways)} are given" if ways else "none is given"
        more = "" if ways else ", or an accession"
        if not ways and "signal" in row:
            more += "; a row with a signal alone is a track of the section imputation, which the config lacks"
        faults.append(
            (
                ", ".join(ways) or "fastq_1, bam, peaks",
                f"{found}; give exactly one of fastq_1, bam and peaks{more}",
            )
        )
    return faults + faults_of_lanes(row, results)


def faults_of_lanes(row: dict[str, str], results: str) -> list[tuple[str, str]]:
    """(column, fault) of the files of reads: as many of both mates, and each of them once."""
    files = {column: paths_in(row.get(column, "")) for column in ("fastq_1", "fastq_2")}
    firsts, seconds = map(len, files.values())
    faults = []
    if firsts and seconds and firsts != seconds:
        faults.append(
            (
                "fastq_2",
                f"names {seconds} file(s) where fastq_1 names {firsts}; give both mates of each lane, in one order",
            )
        )
    seen: dict[object, tuple[str, str]] = {}
    for column, paths in files.items():
        for path in paths:
            file = identity(path, results)
            if file in seen:
                other, called = seen[file]
                if other != column:
                    faults.append((column, f"{path!r} is the same file as {other}"))
                else:
                    faults.append(
                        (column, f"{path!r} and {called!r} are one file; its reads would count twice")
                    )
            seen.setdefault(file, (column, path))
    return faults


def faults_of_options(row: dict[str, str]) -> list[tuple[str, str]]:
    """(column, fault) of the options that a row gives to MACS."""
    fault = options_fault(row) if "macs2" in row else None
    return [("macs2", f"{row['macs2']!r}: {fault}")] if fault else []


def fault_of_cell(column: str, value: str) -> str:
    """What is wrong with a cell by itself; empty when nothing is."""
    rule = rule_of(column) or {}
    unseen = unseen_letter(value)
    if unseen:
        return f"{value!r} holds {unseen}; type the cell anew"
    if column == "target" and DATE.fullmatch(value):
        return (
            f"{value!r} is a date that a spreadsheet made of a name (such as OCT4 or MARCH1); write the name, in a "
            "column formatted as text"
        )
    if value != value.strip() or "\u00a0" in value:
        return f"{value!r} starts or ends with a space; remove it"
    if "enum" in rule and value not in rule["enum"]:
        near = difflib.get_close_matches(value.lower(), [one.lower() for one in rule["enum"]], n=1)
        hint = "".join(f"; did you mean {one}?" for one in rule["enum"] if near and one.lower() == near[0])
        return f"unknown value {value!r}, not one of {', '.join(rule['enum'])}{hint}"
    if "pattern" in rule and not re.fullmatch(rule["pattern"].removeprefix("^").removesuffix("$"), value):
        return f"{value!r} {' '.join(rule['x-must'].split())}"
    return ""


def unseen_letter(value: str) -> str:
    """A letter that nobody sees, or that looks like another, and makes two names of one; empty without one."""
    for letter in value:
        if letter in HYPHENS:
            return f"{unicodedata.name(letter)} (U+{ord(letter):04X}), which looks like a hyphen"
        # A space that does not break (U+00A0) has its own sentence.
        if unicodedata.category(letter) in ("Cf", "Zl", "Zp") or (
            letter not in " \u00a0" and unicodedata.category(letter) == "Zs"
        ):
            return f"{unicodedata.name(letter, 'a letter')} (U+{ord(letter):04X}), which is not seen"
    return ""


def options_fault(row: dict[str, str]) -> str | None:
    """What is wrong with the options that a row gives to MACS, if anything is."""
    if row["assay"] == "input" or "peaks" in row:
        return "no peaks are called for this row; leave it empty"
    try:
        options = parse_options(row["macs2"])
    except ValueError as error:
        return str(error)
    if row.get("peak_mode") == "broad" and "--call-summits" in options:
        return "--call-summits does not go with broad peaks"
    return None
