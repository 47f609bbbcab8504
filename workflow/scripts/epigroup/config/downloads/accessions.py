"""Accessions of public archives: which files a row of the sheet asks for by them, and where those lie.

Files that a row gives by their address itself: `addresses`.

Layouts: the European Nucleotide Archive's folder of FASTQ files (vol1/fastq/DIR1[/DIR2]/RUN), which has the runs of
SRA and DDBJ too; the ENCODE portal's files/ACCESSION/@@download/NAME.
"""

from dataclasses import dataclass

# what a format is called by, and the column of the sheet that its files would stand in
SUFFIXES = {"fastq": ".fastq.gz", "bam": ".bam", "peaks": ".bed.gz"}
COLUMNS = {"fastq": ("fastq_1", "fastq_2"), "bam": ("bam",), "peaks": ("peaks",)}
DETAILS = ("format", "layout", "checksum")
FOLDER = "<results>/downloads"


@dataclass(frozen=True)
class Download:
    """A file to fetch: its name; the archive ("ena" or "encode") and where it lies below that one's address, or "" and
    its own address; "md5:..." or "sha256:..." when known; which row of the sheet asks for it, in words, or which key of
    the config; then the key that its checksum belongs to, too.
    """

    name: str
    archive: str
    place: str
    checksum: str | None
    row: str
    sum_key: str | None = None


def has_files(row: dict[str, str]) -> bool:
    """Whether a row brings files of its own, so that nothing is fetched for it."""
    return any(column in row for columns in COLUMNS.values() for column in columns)


def own_files(row: dict[str, str]) -> list[str]:
    """The row's own files, those of first mates first."""
    found = [row[column] for columns in COLUMNS.values() for column in columns if column in row]
    return [path for cell in found for path in cell.split(";")]


def row_words(row: dict[str, str], column: str) -> str:
    """Which row and column of the sheet it is; the line would change with each row that is put before."""
    return f"profile {row['profile_id']}, replicate {row.get('replicate', 1)}, column {column}"


def own_checksums(row: dict[str, str]) -> dict[str, tuple[str, str]]:
    """{own file: (its checksum, which row and column says so)} of a row that has no fault, with that of its signal,
    which comes after the others, where the row has one for it."""
    if "checksum" not in row:
        return {}
    words, sums = row_words(row, "checksum"), row["checksum"].split(";")[len(downloads_of(row)) :]
    files = [*own_files(row), *([row["signal"]] if "signal" in row else [])]
    return {path: (one, words) for path, one in zip(files, sums, strict=False)}


def downloads_of(row: dict[str, str]) -> list[Download]:
    """The files of a row that has no fault, first mate first; none for a row without accession or with files."""
    if "accession" not in row or has_files(row):
        return []
    names = row["accession"].split(";")
    if is_run(names[0]):
        ends = ("_1", "_2") if row["layout"] == "paired" else ("",)
        folder = run_folder(names[0])
        found = [("ena", f"{folder}/{name}", name) for end in ends for name in [f"{names[0]}{end}.fastq.gz"]]
    else:
        suffix = SUFFIXES[row["format"]]
        found = [("encode", f"{one}/@@download/{one}{suffix}", f"{one}{suffix}") for one in names]
    sums = row["checksum"].split(";") if "checksum" in row else [None] * len(found)
    who = f"{row_words(row, 'accession')} {row['accession']}"
    return [
        Download(name, archive, place, checksum, who)
        for (archive, place, name), checksum in zip(found, sums[: len(found)], strict=True)
    ]


def with_downloads(row: dict[str, str]) -> dict[str, str]:
    """The row with the places of its downloads in the columns of files."""
    columns = COLUMNS[row.get("format", "fastq")]
    return row | {column: f"{FOLDER}/{one.name}" for column, one in zip(columns, downloads_of(row))}


def is_run(accession: str) -> bool:
    """Whether it is a run of SRA, ENA or DDBJ, and not a file of ENCODE."""
    return accession[1:3] == "RR"


def run_folder(run: str) -> str:
    """Folder of a run's FASTQ files: its first six characters; for runs of seven to nine digits a folder of the
    digits from the seventh on, filled up with zeros to three; the run.
    """
    beyond = run[9:]
    return "/".join([run[:6], *([beyond.zfill(3)] if beyond else []), run])


def faults_of_accession(row: dict[str, str]) -> list[tuple[str, str]]:
    """[(column, what is wrong)] of a row whose values fit the schema one by one."""
    if "accession" not in row:
        faults = [
            (column, f"{row[column]!r} given without an accession; leave it empty")
            for column in DETAILS
            if column in row and not (column == "checksum" and has_files(row))
        ]
        return faults or faults_of_checksum(row, len(own_files(row)))
    names, own = row["accession"].split(";"), has_files(row)
    run = is_run(names[0])
    faults = []
    form = row.get("format", "fastq" if run else None)
    given = next((form for form, columns in COLUMNS.items() if set(columns) & set(row)), None)
    if run and form != "fastq":
        faults.append(("format", f"{form!r} of a run; {names[0]} stands for FASTQ files"))
    elif own and form is not None and form != given:
        faults.append(("format", f"{form!r}, but the row's own file is in a column of {given}"))
    elif form is None and not own:
        faults.append(("format", f"is empty; {names[0]} does not say what it is: give fastq, bam or peaks"))
    elif len(names) == 2 and (form or given) != "fastq":
        faults.append(
            ("accession", f"{row['accession']!r} are two files, which only the mates of FASTQ can be")
        )
    if len(set(names)) < len(names):
        faults.append(("accession", f"{names[0]!r} is its own mate"))
    if faults:
        return faults
    layout = row.get("layout")
    if own:
        known = ("paired" if "fastq_2" in row else "single") if given == "fastq" else None
    elif form == "fastq":
        known = layout if run else "paired" if len(names) == 2 else "single"
    else:
        known = None
    if run and layout is None and not own:
        faults.append(("layout", f"is empty; {names[0]} does not say it: give single or paired"))
    elif layout is not None and layout != known:
        files = "are those of reads that are " + known if known else "have none"
        faults.append(("layout", f"{layout!r}, but the row's files {files}"))
    else:
        faults += faults_of_checksum(row, len(own_files(row)) if own else 2 if known == "paired" else 1)
    return faults


def faults_of_checksum(row: dict[str, str], wanted: int) -> list[tuple[str, str]]:
    """What is wrong with the number of checksums of a row's files; one more may be that of its signal."""
    sums = len(row["checksum"].split(";")) if "checksum" in row else wanted
    further = "signal" in row
    if sums == wanted or further and sums == wanted + 1:
        return []
    counted = f"{wanted} file(s)" + (" and the signal" if further else "")
    more = ", that of the signal last" if further else ""
    return [("checksum", f"{sums} given for {counted}; part them by ;, those of fastq_1 first{more}")]
