"""Peaks that replicates support, and how well the replicates agree (ENCODE's overlap rule, Landt et al. 2012).

Lax peaks are called on each replicate, on the pooled reads, and on halves of either ("pseudoreplicates"). A pooled peak
is supported by a set of peaks when one of them covers half of it, or it covers half of one of them.

Nt: pooled peaks that two replicates support, the pair that supports most. Np: pooled peaks that both halves of the
pooled reads support. Ni: peaks of replicate i that both its halves support. Rescue ratio: the larger of Nt and Np over
the smaller. Self-consistency ratio: the largest Ni over the least. By IDR all of them are numbers of peaks whose
irreproducible discovery rate over the two sets is at most MOST_IDR.
"""

import bisect
import gzip
import itertools
import json
import logging
import math
import os
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pysam

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.text_files import read_json
from epigroup.peaks.call_request import CallRequest
from epigroup.peaks.macs import called_lines, checked_layout, count_peaks, say
from epigroup.peaks.macs_arguments import Call, plan_call
from epigroup.peaks.scratch import HALVES, room_to_call
from epigroup.reads.alignments import open_alignments

log = logging.getLogger(__name__)
HALF = 0.5
MOST_PEAKS, MOST_IDR = 300_000, 0.05
RATIOS = ("supported_peaks", "rescue_ratio", "self_consistency_ratio")


@dataclass(frozen=True)
class Agreement:
    """lines: rows of narrowPeak that two replicates support; nt, np, n: see above, in peaks."""

    lines: list[str]
    nt: int
    np: int
    n: tuple[int, ...]

    @property
    def ratios(self) -> dict[str, float]:
        return dict(zip(RATIOS, (self.nt, _ratio([self.nt, self.np]), _ratio(self.n)), strict=True))


def _ratio(counts: Sequence[int]) -> float:
    return max(counts) / min(counts) if min(counts) else math.inf


def is_supported(lines: Sequence[str], others: Sequence[str]) -> list[bool]:
    """Which rows (narrowPeak or BED) overlap one of `others` by half of either."""
    by_chrom: dict[str, list[tuple[int, int]]] = {}
    for chrom, start, end in sorted(set(map(_place, others))):
        by_chrom.setdefault(chrom, []).append((start, end))
    # Peaks of one call are apart, but those of other programs may overlap: the furthest end so far is in order.
    reach = {
        chrom: list(itertools.accumulate((end for _, end in places), max))
        for chrom, places in by_chrom.items()
    }
    found = []
    for chrom, start, end in map(_place, lines):
        places = by_chrom.get(chrom, [])
        supported = False
        for low, high in itertools.islice(places, bisect.bisect_right(reach.get(chrom, []), start), None):
            if low >= end:
                break
            overlap = min(high, end) - max(low, start)
            if overlap >= HALF * (end - start) or overlap >= HALF * (high - low):
                supported = True
                break
        found.append(supported)
    return found


def both(first: Sequence[bool], second: Sequence[bool]) -> list[bool]:
    """Where both are true."""
    return [one and other for one, other in zip(first, second, strict=True)]


def _place(line: str) -> tuple[str, int, int]:
    chrom, start, end = line.split("\t", 3)[:3]
    return chrom, int(start), int(end)


def write_halves(bam: str | os.PathLike, folder: str, name: str) -> tuple[str, str]:
    """Two BAM files, each with about half of the fragments, by a checksum of name and place; mates stay together.

    Names alone would not do: some files give one name to all reads.
    """
    paths = (f"{folder}/{name}.half1.bam", f"{folder}/{name}.half2.bam")
    with ExitStack() as stack:
        handle = stack.enter_context(open_alignments(bam))
        halves = [
            stack.enter_context(pysam.AlignmentFile(path, "wb", header=handle.header)) for path in paths
        ]
        for read in handle:
            place = read.reference_start
            if read.is_paired:
                place = min(place, read.next_reference_start)
            key = f"{read.query_name} {read.reference_id} {place} {abs(read.template_length)}"
            # Not the last bit, which names that count up would alternate in.
            halves[zlib.crc32(key.encode()) >> 16 & 1].write(read)
    return paths


@dataclass(frozen=True)
class LaxCalls:
    """Lax peaks of a profile's reads and of parts of them, called alike, and which peaks two sets of them support.

    request: of the pooled reads; call: how all are called. folder: where the files of MACS and idr go. idr: the
    program, or None for the overlap rule.
    """

    request: CallRequest
    call: Call
    folder: str
    idr: str | None

    def lax_peaks(self, bam: str, name: str) -> list[str]:
        """Rows of narrowPeak of a BAM file, its MOST_PEAKS best."""
        part = replace(self.request, treatment=bam, profile_id=name)
        rows = called_lines(part, self.call, self.folder)
        if len(rows) > MOST_PEAKS:
            rows = sorted(rows, key=lambda row: -float(row.split("\t")[7]))[:MOST_PEAKS]
        log.info("%s: %d lax peaks", name, count_peaks(rows))
        return rows

    def supported(self, rows: list[str], first: list[str], second: list[str], of: str) -> list[str]:
        """Those of `rows` that both sets of peaks support; `of` says in words what is compared."""
        if self.idr is not None:
            return reproducible(rows, first, second, self.folder, of, idr=self.idr)
        return list(itertools.compress(rows, both(is_supported(rows, first), is_supported(rows, second))))

    def in_halves(self, bam: str, name: str, rows: list[str]) -> int:
        """How many of these peaks both halves of a BAM file support."""
        first, second = (
            self._half(half, f"{name}.half{number}")
            for number, half in enumerate(write_halves(bam, self.folder, name), start=1)
        )
        return count_peaks(self.supported(rows, first, second, f"the halves of {name}"))

    def _half(self, bam: str, name: str) -> list[str]:
        rows = self.lax_peaks(bam, name)
        os.unlink(bam)
        return rows

    def agreement(self, replicates: Sequence[str]) -> Agreement:
        """How well the replicates' BAM files agree with each other and within themselves."""
        pooled, profile_id = self.request.treatment, self.request.profile_id
        names = [f"{profile_id}.rep{i}" for i, _ in enumerate(replicates, start=1)]
        everything = self.lax_peaks(pooled, profile_id)
        each = [self.lax_peaks(bam, name) for bam, name in zip(replicates, names, strict=True)]
        lines = max(
            (
                self.supported(
                    everything, each[i], each[j], f"replicates {i + 1} and {j + 1} of {profile_id}"
                )
                for i, j in itertools.combinations(range(len(each)), 2)
            ),
            key=len,
        )
        return Agreement(
            lines,
            count_peaks(lines),
            self.in_halves(pooled, profile_id, everything),
            tuple(map(self.in_halves, replicates, names, each)),
        )


def compare_replicates(
    request: CallRequest,
    replicates: Sequence[str],
    out: str,
    ratios: str,
    *,
    lax_pvalue: float,
    by: str,
    idr: str = "idr",
) -> Agreement:
    """Write the peaks that replicates support (narrowPeak, gzip) and their ratios (JSON).

    request: of the pooled reads; replicates: a BAM file of each. by: "overlap", or "idr" for narrow peaks whose
    irreproducible discovery rate is at most 0.05; `idr`: that program.
    Raises InputError as `call_peaks` does, and when no peak is supported.
    """
    profile_id = request.profile_id
    call = plan_call(request, paired=checked_layout(request), pvalue=lax_pvalue)
    say(call, profile_id)
    log.info("%s", room_to_call(request, HALVES))
    by_idr = by == "idr" and request.peak_mode == "narrow"
    if by == "idr" and not by_idr:
        log.warning("%s: IDR is for narrow peaks; these are broad, the overlap rule is used", profile_id)
    with tempfile.TemporaryDirectory(prefix="replicates.") as folder:
        found = LaxCalls(request, call, folder, idr if by_idr else None).agreement(replicates)
    if not found.lines:
        raise InputError(
            f"{request.treatment}: no peak of profile {profile_id} is supported by two of its {len(replicates)} "
            "replicates; they do not agree: look at their reads, or say peaks.replicates: pooled"
        )
    log.info("%s: Nt %d, Np %d, N %s, %s", profile_id, found.nt, found.np, found.n, found.ratios)
    with whole(out) as partial:
        partial.write_bytes(gzip.compress("".join(found.lines).encode(), mtime=0))
    write_ratios(ratios, found)
    return found


def reproducible(
    rows: list[str], first: list[str], second: list[str], folder: str, of: str, *, idr: str = "idr"
) -> list[str]:
    """Those of `rows` whose irreproducible discovery rate over two sets of peaks is at most MOST_IDR, by the program
    `idr`; `of` says in words what is compared. Raises InputError when it is not installed or fails.
    """
    if shutil.which(idr) is None:
        raise InputError(
            f"{idr} is not on PATH; install it (conda: bioconda::idr), or say peaks.replicates: overlap"
        )
    paths = []
    for name, here in (("pooled", rows), ("first", first), ("second", second)):
        paths.append(f"{folder}/{name}.narrowPeak")
        with open(paths[-1], "w", encoding="utf-8") as handle:
            handle.writelines(here)
    result = f"{folder}/idr.txt"
    command = [idr, "--samples", *paths[1:], "--peak-list", paths[0], "--input-file-type", "narrowPeak"]
    command += ["--rank", "p.value", "--soft-idr-threshold", str(MOST_IDR), "--use-best-multisummit-IDR"]
    run = subprocess.run([*command, "--output-file", result], capture_output=True, text=True, check=False)
    for line in (run.stdout + run.stderr).splitlines():
        log.info("idr | %s", line)
    if run.returncode:
        raise InputError(
            f"idr failed for {of} (exit status {run.returncode}): "
            f"{(run.stderr.strip().splitlines() or ['no message'])[-1]}; it wants 20 peaks or more that both sets "
            "have: look at their numbers above in the log, or say peaks.replicates: overlap"
        )
    kept: dict[str, None] = {}
    with open(result, encoding="utf-8") as handle:
        for line in handle:
            cells = line.rstrip("\n").split("\t")
            if float(cells[11]) >= -math.log10(MOST_IDR):
                kept["\t".join(cells[:10]) + "\n"] = None
    return list(kept)


def write_ratios(out: str | os.PathLike, found: Agreement) -> None:
    """Counts and ratios as JSON; an infinite ratio as a number beyond any threshold."""
    ratios = {key: 1e9 if math.isinf(value) else value for key, value in found.ratios.items()}
    with whole(out) as partial:
        partial.write_text(
            json.dumps(ratios | {"np": found.np, "n": list(found.n)}, indent=1) + "\n", encoding="utf-8"
        )


def read_ratios(path: str | os.PathLike) -> dict[str, float]:
    """supported_peaks, rescue_ratio and self_consistency_ratio. Raises InputError for a damaged file."""
    held = read_json(path)
    return {key: float(held[key]) for key in RATIOS}
