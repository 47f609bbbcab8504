"""Calling the peaks of one profile with MACS2, as its assay asks."""

import gzip
import logging
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass

from epigroup.alignments import is_paired, mapped_reads, write_cut_sites
from epigroup.errors import InputError
from epigroup.files import whole

logger = logging.getLogger(__name__)
CUT_SHIFT, CUT_WIDTH = -75, 150
ACCESSIBILITY = ("ATAC", "DNase")
# The words by which MACS2 2.2 says that it built no fragment model, or trusts none.
NO_MODEL = ("Since --fix-bimodal is set", "as EXTSIZE/fragment length d")


@dataclass(frozen=True)
class Call:
    """How a profile is called: the form its reads take ("cut sites", "pairs" or "tags"), the MACS2 arguments
    beside files and names, why each was chosen, and what to be wary of."""

    reads_as: str
    arguments: tuple[str, ...]
    reasons: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def plan_call(
    assay: str,
    peak_mode: str,
    *,
    paired: bool,
    control: bool,
    genome_size: int,
    qvalue: float,
    broad_qvalue: float,
    extsize: int,
) -> Call:
    """MACS2 arguments for an assay, with the reason of each. `genome_size` in bp, `extsize` in bp.

    Raises ValueError for an assay that has no peaks (input).
    """
    if assay not in (*ACCESSIBILITY, "ChIP", "CUTRUN"):
        raise ValueError(f"no peaks are called for assay {assay}")
    chosen: list[tuple[tuple[str, ...], str]] = []
    if assay in ACCESSIBILITY:
        reads_as = "cut sites"
        ends = "both mates' 5' ends" if paired else "the reads' 5' ends"
        moved = ", moved +4/-5 to the middle of the transposase's stagger" if assay == "ATAC" else ""
        chosen.append((("-f", "BED"), f"{assay}: the enzyme cut at {ends}{moved}; each end is one event"))
        window = ("--nomodel", "--shift", str(CUT_SHIFT), "--extsize", str(CUT_WIDTH))
        chosen.append((window, f"{CUT_WIDTH} bp centred on each cut; there is no fragment length to model"))
    elif paired:
        reads_as = "pairs"
        chosen.append(
            (("-f", "BAMPE"), f"{assay} in pairs: the fragments are known from both ends, none is modelled")
        )
    else:
        reads_as = "tags"
        chosen.append(
            (("-f", "BAM"), f"{assay} single-end: MACS2 models the fragment length from the two strands")
        )
        chosen.append(
            (("--fix-bimodal", "--extsize", str(extsize)), f"{extsize} bp where it cannot build the model")
        )
    chosen.append((("-g", str(genome_size)), "bases of this genome that are not N"))
    chosen.append((("--keep-dup", "all"), "duplicates were removed from the alignments already"))
    chosen.append((("-q", f"{qvalue:g}"), "false discovery rate, peaks.qvalue"))
    if peak_mode == "broad":
        broad = ("--broad", "--broad-cutoff", f"{broad_qvalue:g}")
        chosen.append((broad, "the row is broad: enriched stretches are linked, peaks.broad_qvalue"))
    warnings = ()
    if not control and assay in ("ChIP", "CUTRUN"):
        warnings = (
            f"no control: the background of {assay} comes from the profile itself, expect false peaks",
        )
    return Call(
        reads_as,
        tuple(argument for arguments, _ in chosen for argument in arguments),
        tuple(f"{' '.join(arguments)}: {reason}" for arguments, reason in chosen),
        warnings,
    )


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
    extsize: int,
    control: str | None = None,
    macs: str = "macs2",
) -> int:
    """Call the peaks of one profile from its filtered, indexed alignments; return how many.

    `out` is narrowPeak (10 columns, gzip, whose checksum tells a damaged file), also for broad peaks, whose
    summit column is -1. Peaks that reach
    over the end of a chromosome of `sizes`, because reads were extended, end there.

    Raises InputError when treatment or control has no reads, when they differ in layout, when MACS2 fails or
    finds no peak.
    """
    for path, what in ((bam, f"profile {profile_id}"), (control, f"the control of profile {profile_id}")):
        if path is not None and not mapped_reads(path):
            raise InputError(
                f"{path}: {what} has no read left after filtering; see its counts under quality/alignments, "
                "and check that the reads are of this genome, or lower reads.mapq"
            )
    paired = is_paired(bam)
    if control is not None and is_paired(control) != paired:
        layouts = ("single-end", "paired")
        raise InputError(
            f"{control}: is {layouts[not paired]}, but profile {profile_id} is {layouts[paired]}; use a "
            "control of the same layout"
        )
    call = plan_call(
        assay,
        peak_mode,
        paired=paired,
        control=control is not None,
        genome_size=genome_size,
        qvalue=qvalue,
        broad_qvalue=broad_qvalue,
        extsize=extsize,
    )
    logger.info(
        "%s: %s reads, %s, %s peaks, called on %s",
        profile_id,
        mapped_reads(bam),
        assay,
        peak_mode,
        call.reads_as,
    )
    for reason in call.reasons:
        logger.info("%s", reason)
    for warning in call.warnings:
        logger.warning("%s: %s", profile_id, warning)
    with tempfile.TemporaryDirectory(prefix="macs2.") as folder:
        treatment = bam
        if call.reads_as == "cut sites":
            treatment = f"{folder}/cuts.bed.gz"
            logger.info("%d cut sites written", write_cut_sites(bam, treatment, tn5=assay == "ATAC"))
        command = [macs, "callpeak", "-t", treatment, *(("-c", control) if control else ()), *call.arguments]
        run_macs([*command, "-n", profile_id, "--outdir", folder, "--tempdir", folder], profile_id, bam)
        suffix = "broadPeak" if peak_mode == "broad" else "narrowPeak"
        with open(f"{folder}/{profile_id}_peaks.{suffix}") as handle:
            lines = list(to_narrow_peaks(handle, sizes))
    if not lines:
        raise InputError(
            f"{bam}: MACS2 found no peak in profile {profile_id} at q-value {qvalue:g}; look at the "
            "number of its reads, raise peaks.qvalue, or take the profile out of the sheet"
        )
    with whole(out) as partial:
        partial.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
    logger.info("%s: %d peaks", profile_id, len(lines))
    return len(lines)


def run_macs(command: list[str], profile_id: str, bam: str) -> None:
    """Run MACS2 with its messages in the log. Raises InputError when it is missing or fails."""
    if shutil.which(command[0]) is None:
        raise InputError(
            f"{command[0]} is not on PATH; install it (Debian: apt-get install macs; conda: bioconda::macs2)"
        )
    logger.info("%s", shlex.join(command))
    last = "no message"
    # One thread: MACS2's numpy would start one a core.
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=one_thread
    ) as macs:
        for line in macs.stdout:
            last = line.strip() or last
            logger.info("macs2 | %s", line.rstrip())
            if any(words in line for words in NO_MODEL):
                logger.warning("%s: no usable fragment model, peaks.extsize is taken instead", profile_id)
    if macs.returncode:
        raise InputError(
            f"{bam}: MACS2 failed for profile {profile_id} (exit status {macs.returncode}): {last}; are these "
            "alignments, or those of its control, whole?"
        )


def to_narrow_peaks(lines: Iterable[str], sizes: dict[str, int]) -> Iterable[str]:
    """narrowPeak lines from MACS2's narrowPeak or broadPeak lines, ended at the chromosome's end.

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
