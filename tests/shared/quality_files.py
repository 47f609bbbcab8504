"""What fastp and samtools flagstat say of reads, as files of a results tree."""

import json
from pathlib import Path

from result_files import file_of

FLAGSTAT = """{total} + 0 in total (QC-passed reads + QC-failed reads)
{total} + 0 primary
0 + 0 secondary
0 + 0 supplementary
40 + 0 duplicates
40 + 0 primary duplicates
{mapped} + 0 mapped (95.00% : N/A)
{mapped} + 0 primary mapped (95.00% : N/A)
{total} + 0 paired in sequencing
{mates} + 0 with itself and mate mapped
"""


def write_reads(root: Path) -> dict:
    """Quality files of one profile from FASTQ and one from BAM."""
    trimmed = file_of(root, "fastp", "P000_ATAC", 1)
    aligned = [file_of(root, "flagstat", name, 1) for name in ("P000_ATAC", "P001_DNase")]
    trimmed.write_text(
        json.dumps(
            {"summary": {"before_filtering": {"total_reads": 2100}, "after_filtering": {"total_reads": 2000}}}
        )
    )
    for path in aligned:
        path.write_text(FLAGSTAT.format(total=2000, mapped=1900, mates=1800))
    return {"fastp": [str(trimmed)], "flagstat": [str(path) for path in aligned]}
