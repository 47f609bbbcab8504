"""Alignments that the user gives: are they whole, of this genome, and can their mates be found?

All records are looked at once, before any work: what later steps drop can then be counted against what was given.
"""

import itertools
import json
import logging
import os
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import numpy as np
import pysam

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.text_files import first_line
from epigroup.reads.alignments import closed_quietly
from epigroup.reads.scratch import room_to_mark_given

PAIRED, PROPER, FIRST, SECOND = pysam.FPAIRED, pysam.FPROPER_PAIR, pysam.FREAD1, pysam.FREAD2
UNMAPPED, MATE_UNMAPPED = pysam.FUNMAP, pysam.FMUNMAP
SECONDARY, SUPPLEMENTARY = pysam.FSECONDARY, pysam.FSUPPLEMENTARY
# Reads without their mate, of all paired ones: a third where half of the fragments lack one. Such a file was cut, not
# filtered.
MISSING_MATES = 1 / 3
UNGRADED = 255  # mapping quality "not available"
NAMES, FLAGS, PLACES, QUALITIES = 1, 2, 4 + 8, 16  # CRAM fields that are read; sequences need the reference
REWRITERS = ("samtools", "picard", "gatk", "sambamba", "biobambam", "bedtools", "deeptools", "markduplicates")
LOOKED_AT = 1000
RENAMED = (
    'samtools view -h {} | awk \'BEGIN {{FS = OFS = "\\t"}} !/^@/ {{sub(/[.\\/_][12]$/, "", $1)}} 1\' '
    "| samtools view -b -o RENAMED.bam"
)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class GivenAlignments:
    """What a given file holds. format: BAM or CRAM; layout: single or paired; records: all lines of it; primary: reads;
    missing_mates: primary reads flagged as paired whose mate is not in the file."""

    format: str
    layout: str
    sorted_by: str
    aligner: str
    records: int
    secondary: int
    supplementary: int
    primary: int
    mapped: int
    missing_mates: int


@dataclass(frozen=True)
class _Records:
    """Counts by flag and by mapping quality (of primary mapped reads), and hashes of the names of first and second
    mates (int64, sorted)."""

    flags: dict[int, int]
    qualities: dict[int, int]
    first: np.ndarray
    second: np.ndarray

    def count(self, *, of: int = 0, without: int = 0) -> int:
        """Records with all flags of `of` and none of `without`."""
        return sum(number for flag, number in self.flags.items() if flag & of == of and not flag & without)


def check_alignments(
    path: str | os.PathLike, sizes: dict[str, int], assembly: str, *, mapq: int, fasta: str | os.PathLike
) -> tuple[dict[str, int], GivenAlignments]:
    """(contigs of a BAM or CRAM file, name to length in bp; what it holds), all of `sizes` among the contigs.

    mapq: the least mapping quality of a read that is kept; fasta: the sequence that a CRAM file is read with.
    Raises InputError when the file is neither or not whole, when a chromosome of `sizes` is missing from its header or
    has another length there, when nothing in it is aligned or could pass the filter, when single-end and paired reads
    are mixed, and when mates cannot be told: names that repeat, mates that are not there; and as `room_to_mark_given`.
    """
    logger.info("%s", room_to_mark_given(path))
    with _opened(path) as handle:
        contigs = dict(zip(handle.references, handle.lengths))
        header = handle.header.to_dict()
        form = "CRAM" if handle.is_cram else "BAM"
        check_contigs(path, contigs, sizes, assembly)
        records = _records(handle)
    if form == "CRAM":
        _check_reference(path, fasta)
    kept = SECONDARY + SUPPLEMENTARY
    primary = records.count(without=kept)
    mapped = records.count(without=kept + UNMAPPED)
    paired = records.count(of=PAIRED, without=kept)
    if not primary:
        raise InputError(
            f"{path}: holds no read, only its header or further alignments of reads; make it again"
        )
    if not mapped:
        raise InputError(
            f"{path}: its reads are not aligned (all {primary:,} have flag 4): give them as FASTQ, made for example "
            "with: samtools fastq"
        )
    if paired:
        _check_layout(path, primary, paired, records)
    missing = _missing_mates(path, records) if paired else 0
    _check_qualities(path, records.qualities, mapq, mapped)
    found = GivenAlignments(
        format=form,
        layout="paired" if paired else "single",
        sorted_by=header.get("HD", {}).get("SO", "unknown"),
        aligner=_aligner(header),
        records=sum(records.flags.values()),
        secondary=records.count(of=SECONDARY, without=SUPPLEMENTARY),
        supplementary=records.count(of=SUPPLEMENTARY),
        primary=primary,
        mapped=mapped,
        missing_mates=missing,
    )
    logger.info("%s: %s", path, ", ".join(f"{key} {value}" for key, value in asdict(found).items()))
    return contigs, found


def header_contigs(path: str | os.PathLike) -> dict[str, int]:
    """Contig -> length in bp of the header of a BAM or CRAM file. Raises InputError when it is neither, cut or without
    contigs."""
    with _opened(path) as handle:
        return dict(zip(handle.references, handle.lengths))


def first_layout(path: str | os.PathLike) -> str | None:
    """ "single-end" or "paired", as the first LOOKED_AT reads say; None where they differ. Raises InputError as
    `header_contigs` does."""
    with _opened(path) as handle:
        found = {read.is_paired for read in itertools.islice(handle.fetch(until_eof=True), LOOKED_AT)}
    return ("paired" if found.pop() else "single-end") if len(found) == 1 else None


@contextmanager
def _opened(path: str | os.PathLike) -> Iterator[pysam.AlignmentFile]:
    """Raises InputError, there or while the block reads, for what is no whole BAM or CRAM file with contigs."""
    try:
        if not os.path.getsize(path):
            raise InputError(f"{path}: is empty; copy or make it again")
        fields = f"required_fields={NAMES + FLAGS + PLACES + QUALITIES:#x}"
        opened = pysam.AlignmentFile(os.fspath(path), "r", check_sq=False, format_options=[fields])
        with closed_quietly(opened) as handle:
            if not (handle.is_bam or handle.is_cram):
                raise InputError(f"{path}: is not BAM; convert it with: samtools view -b")
            if not handle.references:
                raise InputError(
                    f"{path}: its reads are not aligned (its header names no contig): give them as FASTQ, made for "
                    "example with: samtools fastq"
                )
            pysam.quickcheck(os.fspath(path))
            yield handle
    except (OSError, ValueError, pysam.SamtoolsError) as error:
        raise InputError(
            f"{path}: is not a whole BAM or CRAM file ({first_line(error)}); copy or make it again"
        ) from None


def check_contigs(
    path: str | os.PathLike, contigs: dict[str, int], sizes: dict[str, int], assembly: str
) -> None:
    """Raise InputError when a chromosome of `sizes` is not among the `contigs` of a file with its length."""
    for name, size in sizes.items():
        if name not in contigs:
            some = ", ".join(itertools.islice(contigs, 5)) + (", ..." if len(contigs) > 5 else "")
            raise InputError(
                f"{path}: its header has no contig {name!r} (it has {some or 'none'}); the reads must be "
                f"aligned to {assembly}"
            )
        if contigs[name] != size:
            raise InputError(
                f"{path}: contig {name} is {contigs[name]:,} bp in its header and {size:,} bp in {assembly}: "
                "the reads were aligned to another assembly; align them again"
            )


def _records(handle: pysam.AlignmentFile) -> _Records:
    flags, qualities = [0] * (1 << 16), [0] * 256
    names = {FIRST: array("q"), SECOND: array("q")}
    first, second = names[FIRST].append, names[SECOND].append
    left_out = SECONDARY + SUPPLEMENTARY
    for read in handle.fetch(until_eof=True):
        flag = read.flag
        flags[flag] += 1
        if flag & left_out:
            continue
        if not flag & UNMAPPED:
            qualities[read.mapping_quality] += 1
        if flag & PAIRED:
            (second if flag & SECOND else first)(hash(read.query_name))
    held = [np.frombuffer(names[mate], np.int64) if names[mate] else np.empty(0, np.int64) for mate in names]
    for hashes in held:
        hashes.sort()
    return _Records(
        {flag: number for flag, number in enumerate(flags) if number},
        {quality: number for quality, number in enumerate(qualities) if number},
        *held,
    )


def _check_layout(path: str | os.PathLike, primary: int, paired: int, records: _Records) -> None:
    """Raise InputError for a file of both layouts, and for pairs that do not tell their mates or are never proper."""
    kept = SECONDARY + SUPPLEMENTARY
    # What says which mate it is, but not that it is paired, has lost the other.
    single = records.count(without=kept + PAIRED + FIRST + SECOND)
    if single:
        raise InputError(
            f"{path}: holds {single:,} single-end and {paired:,} paired reads; part them (samtools view -b -f 1, and "
            "-F 1) and give them as two profiles"
        )
    both = records.count(of=PAIRED + FIRST + SECOND, without=kept)
    neither = records.count(of=PAIRED, without=kept + FIRST + SECOND)
    if both or neither:
        raise InputError(
            f"{path}: {both + neither:,} of {primary:,} reads are flagged as paired, but not as the first or the "
            "second of their pair (flags 64 and 128); align them again"
        )
    for one, alone, other in ((FIRST, "first", "second"), (SECOND, "second", "first")):
        if records.count(of=PAIRED + one, without=kept) == paired:
            raise InputError(
                f"{path}: reads are flagged as paired, but no mate of the same name is there: all {paired:,} are "
                f"{alone} mates and none is a {other} one; give the file with both, or make the reads single-end with: "
                "samtools view -b --remove-flags 235"
            )
    in_pairs = records.count(of=PAIRED, without=kept + UNMAPPED + MATE_UNMAPPED)
    if in_pairs and not records.count(of=PAIRED + PROPER, without=kept + UNMAPPED + MATE_UNMAPPED):
        raise InputError(
            f"{path}: none of {in_pairs:,} aligned reads with an aligned mate is marked as a proper pair (flag 2), and "
            "only those are kept; its aligner or a later program does not set the flag: align the reads again, made "
            "FASTQ for example with: samtools collate -O -u | samtools fastq"
        )


def _missing_mates(path: str | os.PathLike, records: _Records) -> int:
    """Reads whose mate is not in the file. Raises InputError when names repeat, when names of mates differ, and
    when too many mates are missing."""
    repeated = np.concatenate(
        [mates[1:][mates[1:] == mates[:-1]] for mates in (records.first, records.second)]
    )
    if len(repeated):
        _check_repeated(path, set(repeated[:LOOKED_AT].tolist()), len(repeated))
    every = len(records.first) + len(records.second)
    if np.array_equal(records.first, records.second):
        return 0
    alone = np.setxor1d(records.first, records.second)
    told = f"{len(alone):,} of {every:,} reads are flagged as paired, but no mate of the same name is there"
    name = _named_apart(path, set(alone[:LOOKED_AT].tolist()))
    if name:
        raise InputError(
            f"{path}: {told}: names end in the number of the mate, such as {name!r}; take it away with: "
            + RENAMED.format(os.path.basename(path))
        )
    if len(alone) > MISSING_MATES * every:
        raise InputError(
            f"{path}: {told}; the file was cut, or filtered read by read: give the one from before"
        )
    logger.warning("%s: %s; they are dropped", path, told)
    return len(alone)


def _check_repeated(path: str | os.PathLike, hashes: set[int], number: int) -> None:
    """Raise InputError if names, not only their hashes, are the same."""
    seen = set()
    for read in _primary_pairs(path):
        if hash(read.query_name) in hashes:
            key = read.query_name, read.flag & SECOND
            if key in seen:
                raise InputError(
                    f"{path}: names of reads repeat, so that mates cannot be told from strangers: {number:,} reads "
                    f"have the name of another one that is the same mate, such as {read.query_name!r}. If lanes or "
                    "runs were merged, give each as a file of its own, a row a replicate; if names were shortened, "
                    "use the file from before, or align again"
                )
            seen.add(key)


def _named_apart(path: str | os.PathLike, hashes: set[int]) -> str:
    """One of the names with these hashes, if each ends in the number of its mate; otherwise nothing."""
    name = ""
    alone = (read for read in _primary_pairs(path) if hash(read.query_name) in hashes)
    for read in itertools.islice(alone, LOOKED_AT):
        name, mate = read.query_name or "", "2" if read.flag & SECOND else "1"
        if not name.endswith((f"/{mate}", f".{mate}", f"_{mate}")):
            return ""
    return name


def _primary_pairs(path: str | os.PathLike) -> Iterator[pysam.AlignedSegment]:
    with _opened(path) as handle:
        for read in handle.fetch(until_eof=True):
            if read.flag & PAIRED and not read.flag & (SECONDARY + SUPPLEMENTARY):
                yield read


def _check_qualities(path: str | os.PathLike, qualities: dict[int, int], mapq: int, mapped: int) -> None:
    """Raise InputError when no read could pass; warn when all qualities are one."""
    best = max(qualities)
    if best < mapq:
        raise InputError(
            f"{path}: the best mapping quality of its {mapped:,} aligned reads is {best}, and reads.mapq is {mapq}: "
            "none would be left. Lower reads.mapq to what its aligner gives"
        )
    if set(qualities) == {UNGRADED}:
        logger.warning(
            "%s: mapping qualities are all 255, not available, so reads.mapq drops no read that aligns to many places",
            path,
        )


def _check_reference(path: str | os.PathLike, fasta: str | os.PathLike) -> None:
    """Raise InputError when the first reads of a CRAM file cannot be made of the bases of `fasta`."""
    try:
        opened = pysam.AlignmentFile(os.fspath(path), "rc", reference_filename=os.fspath(fasta))
        with closed_quietly(opened) as handle:
            next(handle.fetch(until_eof=True), None)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: is CRAM that was not made with the sequence of genome.fasta ({first_line(error)}); convert it "
            "where its own is: samtools view -b -T ITS.fa"
        ) from None


def _aligner(header: dict) -> str:
    """The first program of the header that is none of those that only rewrite alignments; empty without one."""
    for program in header.get("PG", []):
        name = str(program.get("PN") or program.get("ID", ""))
        if not name.lower().startswith(REWRITERS):
            return f"{name} {program.get('VN', '')}".strip()
    return ""


def write_given(
    contigs_out: str | os.PathLike,
    facts_out: str | os.PathLike,
    contigs: dict[str, int],
    facts: GivenAlignments,
) -> None:
    """Write contigs and lengths (bp) as a two-column table, and what a file holds as JSON."""
    with whole(facts_out) as partial:
        partial.write_text(json.dumps(asdict(facts), indent=1) + "\n", encoding="utf-8")
    with whole(contigs_out) as partial:
        partial.write_text("".join(f"{name}\t{size}\n" for name, size in contigs.items()), encoding="utf-8")
