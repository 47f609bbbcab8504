"""Calling the peaks of one profile with MACS2 or MACS3, as its assay asks."""

import gzip
import logging
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterable

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.peaks.macs_arguments import Call, FragmentLength, plan_call
from epigroup.reads.alignments import has_reads, is_paired, mapped_reads, write_cut_sites

logger = logging.getLogger(__name__)


def call_peaks(
    bam: str,
    out: str,
    *,
    profile_id: str,
    assay: str,
    peak_mode: str,
    genome_size: int,
    sizes: dict[str, int],
    qvalue: float,
    broad_qvalue: float,
    fragment: FragmentLength,
    options: str = "",
    control: str | None = None,
    macs: str = "macs2",
) -> int:
    """Call the peaks of one profile from its filtered, indexed alignments; return how many.

    `out` is narrowPeak (10 columns, gzip, whose checksum tells a damaged file), also for broad peaks, whose
    summit column is -1. Peaks that reach
    over the end of a chromosome of `sizes`, because reads were extended, end there. Peaks that MACS splits
    at their summits are rows of one interval; such rows are one peak in the number returned.

    Raises InputError when treatment or control has no reads, when they differ in layout, when MACS fails or
    finds no peak.
    """
    paired = checked_layout(bam, control, profile_id)
    call = plan_call(
        assay,
        peak_mode,
        paired=paired,
        control=control is not None,
        genome_size=genome_size,
        qvalue=qvalue,
        broad_qvalue=broad_qvalue,
        fragment=fragment,
        options=options,
    )
    logger.info(
        "%s: %s reads, %s, %s peaks, called on %s",
        profile_id,
        mapped_reads(bam),
        assay,
        peak_mode,
        call.reads_as,
    )
    say(call, profile_id)
    with tempfile.TemporaryDirectory(prefix="macs.") as folder:
        lines = called_lines(bam, folder, call, profile_id, assay, sizes, control=control, macs=macs)
    if not lines:
        raise InputError(
            f"{bam}: MACS found no peak in profile {profile_id} at q-value {qvalue:g}; look at the "
            "number of its reads, raise peaks.qvalue, or take the profile out of the sheet"
        )
    with whole(out) as partial:
        partial.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
    count = count_peaks(lines)
    split = f", {len(lines) - count} rows more for further summits" if len(lines) > count else ""
    logger.info("%s: %d peaks%s", profile_id, count, split)
    return count


def checked_layout(bam: str, control: str | None, profile_id: str) -> bool:
    """Whether treatment and control are paired. Raises InputError when either has no reads, or they differ."""
    for path, what in ((bam, f"profile {profile_id}"), (control, f"the control of profile {profile_id}")):
        if path is not None and not has_reads(path):
            raise InputError(
                f"{path}: {what} has no read left after filtering; see its counts under quality/alignments, "
                "and check that the reads are of this genome, or lower reads.mapq"
            )
    paired = is_paired(bam)
    if control is not None and is_paired(control) != paired:
        layouts = ("single-end", "paired")
        raise InputError(
            f"{control}: is {layouts[not paired]}, but profile {profile_id} is {layouts[paired]}; use a "
            "control of the same layout, or give the paired one's first mates alone, as single-end"
        )
    return paired


def say(call: Call, profile_id: str) -> None:
    """Put the reasons of a call and its warnings into the log."""
    for reason in call.reasons:
        logger.info("%s", reason)
    for warning in call.warnings:
        logger.warning("%s: %s", profile_id, warning)


def called_lines(
    bam: str,
    folder: str,
    call: Call,
    name: str,
    assay: str,
    sizes: dict[str, int],
    *,
    control: str | None = None,
    macs: str = "macs2",
    more: tuple[str, ...] = (),
) -> list[str]:
    """Rows of narrowPeak that MACS gives for a BAM file, which may be none; its own files stay in `folder`.

    `more`: further arguments, such as those that ask for pileups.
    """
    treatment = bam
    if call.reads_as == "cut sites":
        treatment = f"{folder}/{name}.cuts.bed.gz"
        logger.info("%d cut sites written", write_cut_sites(bam, treatment, tn5=assay == "ATAC"))
    command = [
        macs,
        "callpeak",
        "-t",
        treatment,
        *(("-c", control) if control else ()),
        *call.arguments,
        *more,
    ]
    run_macs([*command, "-n", name, "--outdir", folder, "--tempdir", folder], name, bam)
    suffix = "broadPeak" if "--broad" in call.arguments else "narrowPeak"
    with open(f"{folder}/{name}_peaks.{suffix}", encoding="utf-8") as handle:
        return list(to_narrow_peaks(handle, sizes))


def count_peaks(lines: Iterable[str]) -> int:
    """Peaks of narrowPeak rows: rows of the same interval, which differ in their summit, are one."""
    return len({tuple(line.split("\t", 3)[:3]) for line in lines})


def run_macs(command: list[str], profile_id: str, bam: str) -> None:
    """Run MACS with its messages in the log. Raises InputError when it is missing or fails."""
    if shutil.which(command[0]) is None:
        raise InputError(
            f"{command[0]} is not on PATH; install it (conda: bioconda::{command[0]}; Debian has macs2 in macs)"
        )
    logger.info("%s", shlex.join(command))
    last = "no message"
    # One thread: MACS's numpy would start one a core.
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=one_thread
    ) as macs:
        for line in macs.stdout:
            last = line.strip() or last
            logger.info("%s | %s", command[0], line.rstrip())
    if macs.returncode:
        raise InputError(
            f"{bam}: MACS failed for profile {profile_id} (exit status {macs.returncode}): {last}; are these "
            "alignments, or those of its control, whole?"
        )


def to_narrow_peaks(lines: Iterable[str], sizes: dict[str, int]) -> Iterable[str]:
    """narrowPeak lines from MACS's narrowPeak or broadPeak lines, ended at the chromosome's end.

    broadPeak has no summit column: it becomes -1, as the format says.
    """
    for line in lines:
        fields = line.rstrip("\n").split("\t")
        start, end, size = int(fields[1]), int(fields[2]), sizes[fields[0]]
        summit = int(fields[9]) if len(fields) == 10 else -1
        if end > size:
            logger.info(
                "%s:%d-%d reaches over the end of the chromosome and ends at %d", fields[0], start, end, size
            )
            end = size
            summit = min(summit, end - start - 1)
        if start < end:
            yield "\t".join([fields[0], str(start), str(end), *fields[3:9], str(summit)]) + "\n"
