"""What a file holds that was given as peaks or regions and is no BED: told by its first bytes, lines or columns."""

import os
import re
from collections.abc import Container

from epigroup.core.errors import InputError
from epigroup.formats.peak_columns import is_passed_over

HEAD = 1 << 16  # bytes that are looked at
_LOOKED_AT = 100  # rows that must all look alike before their columns tell a format
_BAM = "give peaks called from them, or make alignments of them for the column bam:"
TAGS = f"{_BAM} bedtools bedtobam -i FILE -g chrom.sizes > NEW.bam (six columns, with strands)"
PAIRS = (
    f"where they are pairs of reads, {_BAM} bedtools bedpetobam -i FILE -g chrom.sizes > NEW.bam; else give the first "
    "three columns alone (cut -f1-3)"
)
# One base at either end of a fragment, as mates: peaks are called from where fragments begin and end.
FRAGMENTS = (
    f"{_BAM} gzip -cdf FILE | "
    """awk -v OFS='\\t' '!/^#/ {print $1, $2, $2 + 1, $1, $3 - 1, $3, "f" NR, 60, "+", "-"}' """
    "| bedtools bedpetobam -i - -g chrom.sizes > NEW.bam"
)
CALL_PEAKS = "give peaks called from it"
_ALIGNMENTS = "holds alignments and no {}", "give it in the column bam, or peaks called from it"
_SAM = _ALIGNMENTS[0], "convert it (samtools view -b) and give it in the column bam, or peaks called from it"
_TABLE = "holds a workbook or archive and no {}", "save it as tab-separated text without a header"
_SEQUENCES = "holds sequences and no {}", "give reads in the column fastq_1, or peaks called from them"
_PACKED = "is no {} as it stands", "unpack it, and pack it with gzip or not at all"
_FEATURES = "holds annotated features and no {}", "give peaks as BED or narrowPeak"
_VARIANTS = "holds variants and no {}", "give peaks as BED or narrowPeak"
_SIGNAL = "holds a signal and no {}", "give peaks called from it, or it as bigWig in the column signal"
_PAGE = "is a page or message and no {}", "its download failed: look into it and fetch the file again"
_POINTER = "is no {} itself", "fetch the file that it stands for: git lfs pull"
_COUNTED_FROM_1 = "counts its starts from 1", "give the narrowPeak or broadPeak of the same call"

_BYTES = {
    b"BAM\x01": ("BAM", _ALIGNMENTS),
    b"CRAM": ("CRAM", _ALIGNMENTS),
    b"BCF": ("BCF", _VARIANTS),
    b"PK\x03\x04": ("zip (Excel's xlsx among others)", _TABLE),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook (xls)", _TABLE),
    b"BZh": ("packed with bzip2", _PACKED),
    b"\xfd7zXZ": ("packed with xz", _PACKED),
    b"\x28\xb5\x2f\xfd": ("packed with zstd", _PACKED),
    b">": ("FASTA", _SEQUENCES),
    b"<": ("HTML or XML", _PAGE),
    b"{": ("JSON", _PAGE),
    b"version https://git-lfs": ("a pointer of Git LFS", _POINTER),
}
_LINES = [
    (re.compile(rb"@(HD|SQ|RG|PG|CO)\t"), "SAM", _SAM),
    (re.compile(rb"##gff-version|##gtf-version", re.I), "GFF", _FEATURES),
    (re.compile(rb"##fileformat=VCF|#CHROM\tPOS\t"), "VCF", _VARIANTS),
    (re.compile(rb"track\b.*\btype=[\"']?bedGraph\b", re.I), "bedGraph", _SIGNAL),
    (re.compile(rb"track\b.*\btype=[\"']?wiggle_0\b|(fixed|variable)Step\b", re.I), "wiggle", _SIGNAL),
    (re.compile(rb"chr\tstart\tend\tlength\b"), "the table (xls) that MACS writes beside its peaks", _COUNTED_FROM_1),
]  # fmt: skip
_ENCODINGS = [  # what the file begins with, its name, the name iconv knows it by
    (b"\xff\xfe\0\0", "UTF-32", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32", "UTF-32"),
    (b"\xff\xfe", "UTF-16", "UTF-16"),
    (b"\xfe\xff", "UTF-16", "UTF-16"),
]
_CIGAR = re.compile(rb"\*|([0-9]+[MIDNSHP=X])+")
_BASES = re.compile(rb"[ACGTNacgtn]+")
_ALTERNATIVE = re.compile(rb"[ACGTNacgtn,.*]+|<[^>]+>")
_CELL = re.compile(rb"[ACGTN]{10,}-[0-9]+")


def refuse_foreign(
    path: str | os.PathLike, head: bytes, contigs: Container[str] = (), what: str = "peaks"
) -> None:
    """InputError that names what a file is, and what to do with it, where it is no rows of contig, start and end.

    head: its first `HEAD` bytes, unpacked; contigs: names of the genome's; what: "peaks" or "regions", as which it
    was given.
    """
    _refuse_encodings(path, head)
    for magic, (name, meaning) in _BYTES.items():
        if head.lstrip().startswith(magic):
            raise _foreign(path, name, meaning, what)
    if b"\r" in head.strip() and b"\n" not in head:
        raise InputError(
            f"{path}: its lines end as on an old Mac (CR alone); convert them: "
            f"gzip -cdf {path} | tr '\\r' '\\n' > NEW"
        )
    lines = head.split(b"\n")
    if len(head) >= HEAD:
        lines.pop()  # cut
    if len(lines) > 2 and head.startswith(b"@") and lines[2].startswith(b"+"):
        raise _foreign(path, "FASTQ", _SEQUENCES, what)
    rows: list[list[bytes]] = []
    for line in lines:
        for pattern, name, meaning in _LINES:
            if pattern.match(line):
                raise _foreign(path, name, meaning, what)
        if not is_passed_over(line) and len(rows) < _LOOKED_AT:
            line = line.rstrip(b"\r")
            rows.append(line.split(b"\t") if b"\t" in line else line.split())
    if not rows:
        return
    by_columns = ((_is_gff, "GFF", _FEATURES), (_is_vcf, "VCF", _VARIANTS), (_is_sam, "SAM", _SAM))
    for tells, name, meaning in by_columns:
        if all(map(tells, rows)):
            raise _foreign(path, f"{name} (by its columns)", meaning, what)
    if what == "peaks":
        _refuse_pairs(path, rows, contigs)


def refuse_tracks(path: str | os.PathLike, text: bytes) -> None:
    """InputError for a `track` line of a signal anywhere in a file; UCSC's may hold several tracks."""
    for begin in (b"\ntrack ", b"\ntrack\t"):
        at = text.find(begin)
        while at >= 0:
            stop = text.find(b"\n", at + 1)
            refuse_foreign(path, text[at + 1 : stop if stop >= 0 else None])
            at = text.find(begin, at + 1)


def _foreign(path, name: str, meaning: tuple[str, str], what: str) -> InputError:
    holds, do = meaning
    return InputError(
        f"{path}: is {name}, which {holds.format(what)}; {do if what == 'peaks' else 'give a BED'}"
    )


def _refuse_encodings(path: str | os.PathLike, head: bytes) -> None:
    if head.startswith(b"\xef\xbb\xbf"):
        raise InputError(
            f"{path}: is UTF-8 text that begins with a byte-order mark; take its three bytes off: "
            f"gzip -cdf {path} | tail -c +4 > NEW"
        )
    found = [(name, known) for mark, name, known in _ENCODINGS if head.startswith(mark)]
    even, odd = head[:2000:2], head[1:2000:2]
    if not found and odd:
        if even.count(0) == 0 and odd.count(0) > 0.9 * len(odd):
            found = [("UTF-16 (little-endian, without a byte-order mark)", "UTF-16LE")]
        elif odd.count(0) == 0 and even.count(0) > 0.9 * len(even):
            found = [("UTF-16 (big-endian, without a byte-order mark)", "UTF-16BE")]
    if found:
        name, known = found[0]
        raise InputError(
            f"{path}: is {name} text; convert it: gzip -cdf {path} | iconv -f {known} -t UTF-8 > NEW"
        )


def _is_gff(row: list[bytes]) -> bool:
    return (
        len(row) in (8, 9) and not row[1].isdigit() and row[3].isdigit() and row[4].isdigit()
        and row[6] in (b"+", b"-", b".", b"?") and row[7] in (b"0", b"1", b"2", b".")
    )  # fmt: skip


def _is_vcf(row: list[bytes]) -> bool:
    return (
        len(row) >= 8 and row[1].isdigit() and not row[2].isdigit()
        and bool(_BASES.fullmatch(row[3]) and _ALTERNATIVE.fullmatch(row[4]))
    )  # fmt: skip


def _is_sam(row: list[bytes]) -> bool:
    return (
        len(row) >= 11 and row[1].isdigit() and row[3].isdigit() and row[4].isdigit()
        and bool(_CIGAR.fullmatch(row[5])) and not row[2].isdigit()
    )  # fmt: skip


def _refuse_pairs(path: str | os.PathLike, rows: list[list[bytes]], contigs: Container[str]) -> None:
    """bedpe, and fragments with the barcode of their cell."""

    def pair(row: list[bytes]) -> bool:
        if len(row) < 6 or not (row[1] + row[2]).lstrip(b"-").replace(b"-", b"").isdigit():
            return False
        other = row[3] == row[0] or row[3] == b"." or row[3].decode(errors="replace") in contigs
        return other and all(value.isdigit() or value == b"-1" for value in row[4:6])

    if all(map(pair, rows)):
        raise InputError(
            f"{path}: is bedpe (its columns 4 to 6 are a contig, a start and an end), which holds pairs of places and "
            f"no peaks; {PAIRS}"
        )
    if all(len(row) in (4, 5) and _CELL.fullmatch(row[3]) for row in rows):
        shown = rows[0][3].decode(errors="replace")
        raise InputError(
            f"{path}: holds fragments of single cells (column 4 is a barcode, {shown!r} in the first) and no peaks; "
            f"{FRAGMENTS}"
        )
