"""Checks of BAM files, and the cut sites that accessibility peaks are called from."""

import gzip
import itertools
import logging
import os

import pysam

from epigroup.errors import InputError
from epigroup.files import whole

logger = logging.getLogger(__name__)
LOOKED_AT = 1000
TN5_FORWARD, TN5_REVERSE = 4, 5


def read_sizes(path: str | os.PathLike) -> dict[str, int]:
    """Chromosome lengths (bp) of a two-column table, in file order."""
    with open(path) as handle:
        return {name: int(size) for name, size in (line.split("\t")[:2] for line in handle)}


def check_alignments(bam: str | os.PathLike, sizes: dict[str, int], assembly: str) -> dict[str, int]:
    """Contigs (name to length, bp) of a BAM file given by the user, all of `sizes` among them.

    Raises InputError when the file is no whole BAM, or when a chromosome of `sizes` is missing from its
    header or has another length there: reads that were aligned to another genome.
    """
    try:
        with pysam.AlignmentFile(os.fspath(bam), "rb", check_sq=False) as handle:
            if not handle.is_bam:
                raise InputError(f"{bam}: is not BAM; convert it with: samtools view -b")
            contigs = dict(zip(handle.references, handle.lengths))
        pysam.quickcheck(os.fspath(bam))
    except (OSError, ValueError, pysam.SamtoolsError) as error:
        raise InputError(
            f"{bam}: is not a whole BAM file ({str(error).strip()}); copy or make it again"
        ) from None
    for name, size in sizes.items():
        if name not in contigs:
            some = ", ".join(itertools.islice(contigs, 5)) + (", ..." if len(contigs) > 5 else "")
            raise InputError(
                f"{bam}: its header has no contig {name!r} (it has {some or 'none'}); the reads must be "
                f"aligned to {assembly}"
            )
        if contigs[name] != size:
            raise InputError(
                f"{bam}: contig {name} is {contigs[name]:,} bp in its header and {size:,} bp in {assembly}: "
                "the reads were aligned to another assembly; align them again"
            )
    return contigs


def write_contigs(out: str | os.PathLike, contigs: dict[str, int]) -> None:
    """Write contigs and lengths (bp) as a two-column table."""
    with whole(out) as partial:
        partial.write_text("".join(f"{name}\t{size}\n" for name, size in contigs.items()))


def mapped_reads(bam: str | os.PathLike) -> int:
    """Reads of an indexed BAM file that are mapped."""
    with pysam.AlignmentFile(os.fspath(bam), "rb") as handle:
        return handle.mapped


def is_paired(bam: str | os.PathLike) -> bool:
    """Whether the reads come in pairs, as the first reads tell.

    Raises InputError when both kinds are among them: replicates of both layouts in one profile.
    """
    with pysam.AlignmentFile(os.fspath(bam), "rb") as handle:
        found = {read.is_paired for read in itertools.islice(handle, LOOKED_AT)}
    if len(found) > 1:
        raise InputError(f"{bam}: holds single-end and paired reads; give them as two profiles")
    return found == {True}


def write_cut_sites(bam: str | os.PathLike, out: str | os.PathLike, *, tn5: bool) -> int:
    """Write the 5' end of every read as a 1-bp BED interval with its strand (gzip); return how many.

    With `tn5` the ends move to the middle of the transposase's 9-bp stagger: +4 on the forward strand, -5 on
    the reverse (Buenrostro et al. 2013).
    """
    forward, reverse = (TN5_FORWARD, TN5_REVERSE) if tn5 else (0, 0)
    count = 0
    with pysam.AlignmentFile(os.fspath(bam), "rb") as handle, gzip.open(out, "wt", compresslevel=1) as bed:
        sizes = dict(zip(handle.references, handle.lengths))
        for read in handle:
            if read.is_reverse:
                site, strand = max(read.reference_end - 1 - reverse, 0), "-"
            else:
                site, strand = min(read.reference_start + forward, sizes[read.reference_name] - 1), "+"
            bed.write(f"{read.reference_name}\t{site}\t{site + 1}\t.\t0\t{strand}\n")
            count += 1
    return count
