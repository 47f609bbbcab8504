"""Single-end and paired reads where peaks are called on both at once: replicates of a profile, and its control."""

import os
from collections.abc import Callable, Mapping

from epigroup.config.sheet import Profile

SINGLE, PAIRED = "single-end", "paired"


def remedy(path: str | os.PathLike | None) -> str:
    """How to give paired reads as single-end: of a BAM or CRAM file, of FASTQ files where there is none."""
    first = "the 5' ends of its first mates, as MACS itself takes them from pairs that it is told to read as single"
    if path is None:
        return f"leave fastq_2 of the paired one empty: it is then single-end ({first})"
    return (
        f"give the first mates of the paired one, as single-end, made with: samtools view -b -f 64 --remove-flags 235 "
        f"-o SINGLE.bam {path}"
    )


def layout_faults(profiles: Mapping[str, Profile], layout_of: Callable[[str], str | None]) -> list[str]:
    """Profiles whose replicates, or whose reads and control's, are not all single-end or all paired, a line each.

    layout_of: SINGLE or PAIRED of an alignment file, None where its first reads do not tell or it is not there. Of
    FASTQ files the sheet tells. MACS takes fragments against fragments or reads against reads.
    """
    layouts = {name: _layouts(profile, layout_of) for name, profile in profiles.items()}
    faults = []
    for name, profile in profiles.items():
        own = layouts[name]
        if len(own) > 1:
            numbers = " and ".join(
                f"replicate {number} is {layout}" for layout, (number, _) in sorted(own.items())
            )
            faults.append(f"profile {name}: {numbers}; {remedy(own[PAIRED][1])}")
            continue
        control = layouts.get(profile.control, {}) if profile.control else {}
        both = own | control
        if len(own) == len(control) == 1 and len(both) > 1:
            faults.append(
                f"profile {name} is {next(iter(own))}, its control {profile.control} is {next(iter(control))}: peaks "
                f"are called on fragments of both or on reads of both; {remedy(both[PAIRED][1])}"
            )
    return faults


def _layouts(profile: Profile, layout_of: Callable[[str], str | None]) -> dict[str, tuple[int, str | None]]:
    """Layout -> number and BAM file of the first replicate of it."""
    found: dict[str, tuple[int, str | None]] = {}
    for one in profile.replicates:
        layout: str | None = None
        if one.fastq_1:
            layout = PAIRED if one.fastq_2 else SINGLE
        elif one.bam:
            layout = layout_of(one.bam)
        if layout:
            found.setdefault(layout, (one.number, one.bam))
    return found
