#!/usr/bin/env python3
"""Turn the `metadata.tsv` of an ENCODE batch download, or a folder of files, into a sample sheet.

    python config/make_sheet.py metadata.tsv --files peaks --assembly GRCh38 --called hg38 > config/mine.tsv
    python config/make_sheet.py FOLDER --called hg38 > config/mine.tsv

Of a folder, names alone are read: which files are mates and lanes, assay, target, modality, replicate, cell type and
control are guessed from them. Each guess is listed on stderr, row by row, with the columns that are to be completed.
Look at all of them. What follows is of ENCODE downloads.

--files peaks takes one peak file of each experiment, the first kind there is in the order of PEAKS; --files reads takes
the FASTQ files and the control experiments that they name, a row a file or pair of mates; those of one biological
replicate, its lanes, have one number in the column replicate, and the workflow joins them. Files are expected in
--folder under the portal's names (ENCFF....bed.gz, ENCFF....fastq.gz), as `xargs -L 1 curl -O -J -L < files.txt` leaves
them; with --fetch the sheet names accessions and checksums (md5sum) instead, for the workflow to fetch. --groups
is a table of cell types and their cell groups, by default that of Shiri & Sun 2022, section II.B; edit it for your own.
What has no place in the sheet is listed on stderr; of a download nothing is guessed.
"""

import argparse
import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from epigroup.begin.file_names import guessed_rows  # noqa: E402

# assay of the portal: modality and assay of the sheet
ASSAYS = {
    "ATAC-seq": ("CA", "ATAC"),
    "DNase-seq": ("CA", "DNase"),
    "Histone ChIP-seq": ("HM", "ChIP"),
    "Mint-ChIP-seq": ("HM", "ChIP"),
    "TF ChIP-seq": ("TFB", "ChIP"),
    "Control ChIP-seq": ("", "input"),
}
PEAKS = (
    "IDR thresholded peaks",
    "conservative IDR thresholded peaks",
    "optimal IDR thresholded peaks",
    "replicated peaks",
    "pseudoreplicated peaks",
    "stable peaks",
    "peaks",
)
NEEDED = (
    "File accession",
    "File format",
    "Output type",
    "Experiment accession",
    "Assay",
    "Biosample term name",
)
COLUMNS = ("profile_id", "modality", "assay", "target", "cell_type", "cell_group", "replicate")
COLUMNS += ("fastq_1", "fastq_2", "bam", "peaks", "accession", "format", "checksum", "control", "assembly")
OPTIONAL = ("fastq_1", "fastq_2", "bam", "peaks", "accession", "format", "checksum")


def read_rows(path: Path, needed: Iterable[str]) -> list[dict[str, str]]:
    """Rows of a tab-separated table. Ends the program when a column of `needed` is not there."""
    with path.open(newline="", encoding="utf-8-sig") as handle:
        reader = csv.DictReader(handle, delimiter="\t")
        lacking = [name for name in needed if name not in (reader.fieldnames or [])]
        if lacking:
            sys.exit(f"{path}: no column {', '.join(lacking)}; is it the metadata.tsv of a batch download?")
        return list(reader)


def experiments(rows: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    """Files by experiment, in the order of first appearance."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        found[row["Experiment accession"]].append(row)
    return dict(found)


def common(name: str, row: dict[str, str], groups: dict[str, str], assembly: str) -> dict[str, str]:
    """The columns that all rows of an experiment share. Raises ValueError for what cannot be mapped."""
    if row["Assay"] not in ASSAYS:
        raise ValueError(f"assay {row['Assay']!r} is none of {', '.join(ASSAYS)}")
    modality, assay = ASSAYS[row["Assay"]]
    cell = row["Biosample term name"]
    if cell not in groups and assay != "input":
        raise ValueError(f"cell type {cell!r} has no cell group in the table of groups")
    target = re.sub(r"-(human|mouse)$", "", row.get("Experiment target", "")) if assay == "ChIP" else ""
    words = [target or assay, cell, name]
    return {
        "profile_id": re.sub(r"[^A-Za-z0-9._+-]+", "_", "_".join(words)),
        "modality": modality,
        "assay": assay,
        "target": target,
        "cell_type": cell,
        "cell_group": "" if assay == "input" else groups[cell],
        "assembly": assembly,
    }


def peak_row(files: list[dict[str, str]], assembly: str, folder: str) -> dict[str, str]:
    """The peak file of an experiment. Raises ValueError when it has none of this assembly."""
    kept = [
        one
        for one in files
        if "bed" in one["File format"].lower().split()
        and "bigbed" not in one["File format"].lower()
        and one.get("File assembly", assembly) == assembly
        and one["Output type"] in PEAKS
    ]
    if not kept:
        raise ValueError(f"no peaks of {assembly} as bed")
    best = min(kept, key=lambda one: (PEAKS.index(one["Output type"]), one["File accession"]))
    return {"peaks": f"{folder}/{best['File accession']}.bed.gz"}


def read_files(files: list[dict[str, str]], folder: str) -> list[dict[str, str]]:
    """A row a file or pair of mates, by biological replicate.

    Raises ValueError for an experiment without FASTQ files, one whose files are both single and paired, and a mate that
    is missing.
    """
    reads = {one["File accession"]: one for one in files if one["File format"] == "fastq"}
    if not reads:
        raise ValueError("no FASTQ file")
    paired = [accession for accession, one in reads.items() if one.get("Paired end")]
    if paired and len(paired) < len(reads):
        single = next(accession for accession in reads if accession not in paired)
        raise ValueError(
            f"both paired files ({paired[0]}) and single-end ones ({single}); a profile is either: take one kind out"
        )
    runs: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for accession, one in reads.items():
        if one.get("Paired end") == "2":
            continue
        mates = (accession,)
        if one.get("Paired end") == "1":
            mate = re.sub(r"^/files/|/$", "", one.get("Paired with", ""))
            if mate not in reads:
                raise ValueError(
                    f"{accession} is one of a pair, and its mate {mate or '(not named)'} is not there"
                )
            mates = (accession, mate)
        number = one.get("Biological replicate(s)") or "1"
        if not number.isdecimal():
            raise ValueError(f"{accession} is of biological replicate {number!r}, which is no single number")
        runs[int(number)].append(mates)
    made = []
    for number, members in sorted(runs.items()):
        by = {reads[accession].get("Controlled by", "") for mates in members for accession in mates}
        for mates in sorted(members):
            row = {"replicate": str(number), "fastq_2": "", "by": " ".join(sorted(by - {""}))}
            row |= {f"fastq_{mate}": f"{folder}/{one}.fastq.gz" for mate, one in enumerate(mates, start=1)}
            made.append(row)
    return made


def sheet_rows(
    rows: list[dict[str, str]],
    groups: dict[str, str],
    *,
    files: str,
    assembly: str,
    called: str,
    folder: str,
) -> tuple[list[dict[str, str]], list[str]]:
    """(rows of the sheet, what has no place in it). `called`: the assembly's name there."""
    made, listed = [], []
    home = {row["File accession"]: row["Experiment accession"] for row in rows}
    names: dict[str, str] = {}
    for name, members in experiments(rows).items():
        try:
            shared = common(name, members[0], groups, called)
            if files == "peaks":
                if shared["assay"] == "input":
                    continue
                here = [peak_row(members, assembly, folder)]
            else:
                here = read_files(members, folder)
        except ValueError as error:
            listed.append(f"{name}: {error}")
            continue
        names[name] = shared["profile_id"]
        made += [shared | one | {"experiment": name} for one in here]
    layouts = {row["profile_id"]: bool(row.get("fastq_2")) for row in made}
    used = set()
    for row in made:
        controls = {home.get(one) for one in re.findall(r"ENCFF\w+", row.get("by", ""))} - {None}
        known = sorted(names[one] for one in controls if one in names)
        if len(known) > 1:
            listed.append(
                f"{row['experiment']}: has several controls, {', '.join(known)}; the first is named"
            )
        elif row.get("by") and not known:
            listed.append(
                f"{row['experiment']}: its control ({row['by']}) is not in the metadata; none is named"
            )
        row["control"] = known[0] if known and row["assay"] == "ChIP" else ""
        if row["control"] and layouts[row["control"]] != layouts[row["profile_id"]]:
            kinds = {False: "single-end", True: "paired"}
            listed.append(
                f"{row['experiment']}: is {kinds[layouts[row['profile_id']]]}, its control {row['control']} "
                f"{kinds[layouts[row['control']]]}; none is named"
            )
            row["control"] = ""
    firsts = {}
    for row in made:
        first = firsts.setdefault(row["profile_id"], row["control"])
        if row["control"] != first:
            listed.append(
                f"{row['experiment']}: replicate {row['replicate']} has the control {row['control'] or 'none'}, "
                f"the first replicate {first or 'none'}; that of the first is named for all"
            )
        row["control"] = first
        used.add(first)
    return [row for row in made if row["assay"] != "input" or row["profile_id"] in used], list(
        dict.fromkeys(listed)
    )


def by_accession(row: dict[str, str], sums: dict[str, str]) -> dict[str, str]:
    """The row with the accessions of its files in place of the files, and their checksums where all are known."""
    paths = [row[column] for column in ("fastq_1", "fastq_2", "peaks") if row.get(column)]
    names = [Path(path).name.split(".")[0] for path in paths]
    known = [f"md5:{sums[name]}" for name in names if sums.get(name)]
    kept = {column: value for column, value in row.items() if column not in ("fastq_1", "fastq_2", "peaks")}
    return kept | {
        "accession": ";".join(names),
        "format": "peaks" if "peaks" in row else "fastq",
        "checksum": ";".join(known) if len(known) == len(names) else "",
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("metadata", type=Path, help="metadata.tsv, or a folder of files")
    parser.add_argument("--files", choices=("peaks", "reads"), default="peaks")
    parser.add_argument(
        "--assembly", default="GRCh38", help="the portal's name: files of others are left out"
    )
    parser.add_argument(
        "--called", help="the assembly's name in the sheet and config, as hg38; default: --assembly"
    )
    parser.add_argument("--folder", default="resources/encode")
    parser.add_argument("--fetch", action="store_true", help="name accessions, which the workflow fetches")
    parser.add_argument("--groups", type=Path, default=Path(__file__).with_name("encode_cell_groups.tsv"))
    words = parser.parse_args()
    groups = {
        row["cell_type"]: row["cell_group"] for row in read_rows(words.groups, ("cell_type", "cell_group"))
    }
    if words.metadata.is_dir():
        if not words.called:
            sys.exit("--called is missing: say the assembly of the files, as --called hg38")
        write(words.metadata, *guessed_rows(files_below(words.metadata), groups, words.called))
        return
    rows = read_rows(words.metadata, NEEDED)
    made, listed = sheet_rows(
        rows,
        groups,
        files=words.files,
        assembly=words.assembly,
        called=words.called or words.assembly,
        folder=words.folder,
    )
    if words.fetch:
        sums = {row["File accession"]: row.get("md5sum", "") for row in rows}
        made = [by_accession(row, sums) for row in made]
    write(words.metadata, made, listed)


def files_below(folder: Path) -> list[str]:
    """Paths of all files below a folder, as it was typed."""
    return [
        str(path) for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")
    ]


def write(source: Path, made: list[dict[str, str]], listed: Iterable[str]) -> None:
    """The sheet on stdout, without columns that no row fills in but those that a sheet must have; what is to be said on
    stderr. Ends the program when there is no row."""
    for text in listed:
        sys.stderr.write(f"{text}\n")
    if not made:
        sys.exit(f"{source}: nothing in it has a place in the sheet")
    columns = [name for name in COLUMNS if name not in OPTIONAL or any(row.get(name) for row in made)]
    writer = csv.DictWriter(
        sys.stdout, columns, delimiter="\t", lineterminator="\n", extrasaction="ignore", restval=""
    )
    writer.writeheader()
    writer.writerows(made)


if __name__ == "__main__":
    main()
