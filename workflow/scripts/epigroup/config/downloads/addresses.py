"""Files that a sheet gives by their address: where each comes to lie, and what is wrong with an address."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote, urlsplit

from epigroup.config.downloads.accessions import FOLDER, Download, row_words

Rows = list[tuple[int, dict[str, str]]]
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
ADDRESS = re.compile(r"(?:https?|ftp)://[A-Za-z0-9.-]+(?::[0-9]{1,5})?/[A-Za-z0-9._~:/?@%=&+,!*-]+")
# By their names reads are told packed from plain, and alignments from reads.
READS, ALIGNMENTS = (".fastq.gz", ".fq.gz", ".fastq", ".fq"), (".bam", ".cram")
ENDINGS = {"fastq_1": READS, "fastq_2": READS, "bam": ALIGNMENTS, "control": (*READS, *ALIGNMENTS)}
STORES = {
    "s3": ("https://BUCKET.s3.amazonaws.com/KEY", "aws s3 cp"),
    "gs": ("https://storage.googleapis.com/BUCKET/KEY", "gcloud storage cp"),
}


def file_name(address: str) -> str:
    """The name that the file of an address gets: that at the end of its path, after eight digits of the address, by
    which files of one name in two places are two."""
    last = unquote(urlsplit(address).path).rsplit("/", 1)[-1]
    return (
        f"{hashlib.sha256(address.encode()).hexdigest()[:8]}_{re.sub(r'[^A-Za-z0-9._+-]+', '_', last)[-120:]}"
    )


def fault_of_address(column: str, address: str) -> str | None:
    """What is wrong with an address in a column of the sheet, if anything is."""
    scheme = SCHEME.match(address)
    kind = scheme[1].lower() if scheme else ""
    if kind in STORES:
        public, copy = STORES[kind]
        return (
            f"{address!r} is not fetched: give the address of a public file as {public}, or copy the file here before "
            f"({copy})"
        )
    if kind == "file":
        return f"{address!r} is on this machine; give its path"
    if kind not in ("http", "https", "ftp"):
        return f"{address!r} is not fetched: give an address of https://, http:// or ftp://, or copy the file here"
    if not ADDRESS.fullmatch(address):
        told = re.sub(r"//.*@", "//…@", address)  # a password stands in no log
        return (
            f"{told!r} must be an address of a server and a file, with letters, digits and . _ ~ : / ? @ % = & + , "
            "! * - only, and without user, password and #"
        )
    path, query = urlsplit(address).path, urlsplit(address).query
    if path.endswith("/") and query:
        return (
            f"{address!r}: its path, which ends before the ?, must end in the name of the file; GEO gives the same "
            "file by an address of ftp://ftp.ncbi.nlm.nih.gov/geo/ (the link ftp beside it on the page of the sample)"
        )
    if path.endswith("/"):
        return f"{address!r} is a folder; give the address of the file"
    if not path.endswith(ENDINGS.get(column, "")):
        return f"{address!r}: its path must end in {', '.join(ENDINGS[column])}, by which it is told what the file is"
    return None


def with_addresses(rows: Rows, columns: Sequence[str]) -> tuple[Rows, dict[str, Download], dict[str, str]]:
    """(rows with the places of fetched files instead of their addresses in these columns; the files by their names;
    what is wrong, by "line N, column C"). A cell may name several, parted by `;`."""
    changed: Rows = []
    found: dict[str, Download] = {}
    faults: dict[str, str] = {}
    for line, row in rows:
        new = dict(row)
        for column in columns:
            parts = row.get(column, "").split(";")
            addresses = [part for part in parts if SCHEME.match(part)]
            wrong = [fault for part in addresses if (fault := fault_of_address(column, part))]
            if wrong:
                faults[f"line {line}, column {column}"] = wrong[0]
            elif addresses:
                names = {part: file_name(part) for part in addresses}
                who = row_words({"profile_id": "", **row}, column)
                for part, name in names.items():
                    found.setdefault(name, Download(name, "", part, None, who))
                new[column] = ";".join(f"{FOLDER}/{names[part]}" if part in names else part for part in parts)
        changed.append((line, new))
    return changed, found, faults


def as_written(faults: Sequence[str], fetched: Mapping[str, Download]) -> list[str]:
    """Faults that name addresses as the sheet does, and not where their files will lie."""
    return [
        re.sub(rf"{FOLDER}/([A-Za-z0-9._+-]+)", lambda found: _address(found, fetched), one) for one in faults
    ]


def _address(found: re.Match[str], fetched: Mapping[str, Download]) -> str:
    return fetched[found[1]].place if found[1] in fetched else found[0]
