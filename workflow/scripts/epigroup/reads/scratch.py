"""What sorting alignments and marking duplicates put into the temporary folder at most."""

import os

from epigroup.core.scratch import room_for

# For the code digest: what is said, or refused, makes no other result.
CHANGES_NO_RESULT = ("room_to_mark", "room_to_mark_given", "MARKING", "MARKING_GIVEN")
# Bytes a byte of the files, as if sorting held nothing in memory (benchmarks/RESULTS.md, Scratch): what is sorted, of
# gzipped FASTQ; of given alignments that and what brings mates together.
MARKING = 1.8
MARKING_GIVEN = {".bam": 2.0, ".cram": 6.0}


def room_to_mark(*paths: str | os.PathLike) -> str:
    """Room to sort the alignments of the FASTQ files of a replicate. As `room_for`."""
    return room_for(MARKING * sum(map(os.path.getsize, paths)), f"sorting the reads of {paths[0]}")


def marking_given(path: str | os.PathLike) -> float:
    """Bytes that marking a given BAM or CRAM file takes at most."""
    return MARKING_GIVEN.get(
        os.path.splitext(path)[1].lower(), max(MARKING_GIVEN.values())
    ) * os.path.getsize(path)


def room_to_mark_given(path: str | os.PathLike) -> str:
    """Room to bring mates together and to sort, of a given BAM or CRAM file. As `room_for`."""
    return room_for(marking_given(path), f"sorting the reads of {path}")
