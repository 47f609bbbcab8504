"""Alignments that the user gives: are they whole, and of this genome?"""

import itertools
import os

import pysam

from epigroup.errors import InputError
from epigroup.files import whole


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
