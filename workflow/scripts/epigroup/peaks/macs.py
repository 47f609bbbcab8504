"""Calling the peaks of one profile with MACS2 or MACS3, as its assay asks."""

import gzip
import logging
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.peaks.call_request import CallRequest
from epigroup.peaks.macs_arguments import Call, plan_call
from epigroup.peaks.scratch import CALLING, room_to_call
from epigroup.reads.alignments import has_reads, is_paired, mapped_reads, write_cut_sites

logger = logging.getLogger(__name__)


def call_peaks(request: CallRequest, out: str) -> int:
    """Call the peaks of one profile from its filtered, indexed alignments; return how many.

    `out` is narrowPeak (10 columns, gzip, whose checksum tells a damaged file), also for broad peaks, whose
    summit column is -1. Peaks that reach over the end of a chromosome, because reads were extended, end there.
    Peaks that MACS splits at their summits are rows of one interval; such rows are one peak in the number returned.

    Raises InputError when treatment or control has no reads, when they differ in layout, when the temporary folder has
    no room, when MACS fails or finds no peak.
    """
    call = plan_call(request, paired=checked_layout(request))
    profile_id = request.profile_id
    logger.info(
        "%s: %s reads, %s, %s peaks, called on %s",
        profile_id,
        mapped_reads(request.treatment),
        request.assay,
        request.peak_mode,
        call.reads_as,
    )
    say(call, profile_id)
    logger.info("%s", room_to_call(request, CALLING))
    with tempfile.TemporaryDirectory(prefix="macs.") as folder:
        lines = called_lines(request, call, folder)
    if not lines:
        raise InputError(
            f"{request.treatment}: MACS found no peak in profile {profile_id} at q-value {request.qvalue:g}; look "
            "at the number of its reads, raise peaks.qvalue, or take the profile out of the sheet"
        )
    with whole(out) as partial:
        partial.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
    count = count_peaks(lines)
    split = f", {len(lines) - count} rows more for further summits" if len(lines) > count else ""
    logger.info("%s: %d peaks%s", profile_id, count, split)
    return count


def checked_layout(request: CallRequest) -> bool:
    """Whether treatment and control are paired. Raises InputError when either has no reads, or they differ."""
    profile_id, control = request.profile_id, request.control
    for path, what in (
        (request.treatment, f"profile {profile_id}"),
        (control, f"the control of profile {profile_id}"),
    ):
        if path is not None and not has_reads(path):
            raise InputError(
                f"{path}: {what} has no read left after filtering; see its counts under quality/alignments, "
                "and check that the reads are of this genome, or lower reads.mapq"
            )
    paired = is_paired(request.treatment)
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


def called_lines(request: CallRequest, call: Call, folder: str, more: tuple[str, ...] = ()) -> list[str]:
    """Rows of narrowPeak that MACS gives, which may be none; its own files stay in `folder`, named by profile_id.

    `more`: further arguments, such as those that ask for pileups.
    """
    name, treatment = request.profile_id, request.treatment
    if call.reads_as == "cut sites":
        treatment = f"{folder}/{name}.cuts.bed.gz"
        written = write_cut_sites(request.treatment, treatment, tn5=request.assay == "ATAC")
        logger.info("%d cut sites written", written)
    control = ("-c", request.control) if request.control else ()
    command = [request.macs, "callpeak", "-t", treatment, *control, *call.arguments, *more]
    run_macs([*command, "-n", name, "--outdir", folder, "--tempdir", folder], name, request.treatment)
    suffix = "broadPeak" if "--broad" in call.arguments else "narrowPeak"
    with open(f"{folder}/{name}_peaks.{suffix}", encoding="utf-8") as handle:
        return list(to_narrow_peaks(handle, request.sizes))


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
        assert macs.stdout is not None, "it is a pipe"
        for line in macs.stdout:
            last = line.strip() or last
            logger.info("%s | %s", command[0], line.rstrip())
    if macs.returncode:
        raise InputError(
            f"{bam}: MACS failed for profile {profile_id} (exit status {macs.returncode}): {last}; are these "
            "alignments, or those of its control, whole?"
        )


def to_narrow_peaks(lines: Iterable[str], sizes: Mapping[str, int]) -> Iterable[str]:
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
