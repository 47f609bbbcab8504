"""A profile's peaks in the one form from which bins are labelled, and as sorted, indexed text for people."""

import json
import logging
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import pysam
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.logs import Progress
from epigroup.core.text_files import sealed
from epigroup.formats.peak_files import PeakTable, read_peaks, sort_places
from epigroup.genome.index_limits import LONGEST_INDEXED
from epigroup.peaks.likeness import likeness_check
from epigroup.peaks.refine import merged_peaks, significant_peaks

log = logging.getLogger(__name__)
T = TypeVar("T")

# Keeps a chromosome called like a key of the file's header apart from it.
_KEY = "chrom."


def for_each_profile(
    write: Callable[..., T], paths: Sequence[str | os.PathLike], outs: Sequence[str | os.PathLike],
    sizes: Mapping[str, int], chosen: Mapping[str, int], *, threads: int = 1, unlikely: Sequence[str] | None = None,
    **form,
) -> list[T]:  # fmt: skip
    """What `standardise_peaks` or `index_peaks`, with the keywords `form`, gives for the peak files of many
    profiles, `threads` at a time. `unlikely`: that of `chosen_peaks`, one for each file.

    Raises InputError after the last of them, with what is wrong in each that is wrong.
    """
    progress = Progress(log, "peaks", len(paths), "profiles")

    given, wrong = [], []
    with ThreadPoolExecutor(threads) as pool:
        jobs = [
            pool.submit(write, path, out, sizes, chosen, unlikely=like, **form)
            for path, out, like in zip(paths, outs, unlikely or ["take"] * len(paths), strict=True)
        ]
        for job in jobs:
            if isinstance(job.exception(), InputError):
                wrong.append(str(job.exception()))
            else:
                given.append(job.result())
            progress.advance()
    if len(wrong) > 1:
        raise InputError(f"{len(wrong)} of {len(paths)} peak files are wrong:\n" + "\n".join(wrong))
    if wrong:
        raise InputError(wrong[0])
    return given


def standardise_peaks(
    path: str | os.PathLike,
    out: str | os.PathLike,
    sizes: Mapping[str, int],
    chosen: Mapping[str, int],
    **form,
) -> int:
    """Read any peak file and write where its peaks on the `chosen` chromosomes lie, sorted, for
    `fetch_standard`; return the checksum by which an index knows the file.

    `form`, and what is raised: as `chosen_peaks`.
    """
    peaks = chosen_peaks(path, sizes, chosen, **form)
    code, start, end = sort_places(peaks.code, peaks.start, peaks.end)
    same = (code[1:] == code[:-1]) & (start[1:] == start[:-1]) & (end[1:] == end[:-1])
    if same.any():
        # A peak split at its summits is rows of one interval, and one peak.
        log.info(
            "%s: %d rows repeat the interval of another one and count as one peak with it", path, same.sum()
        )
        kept = np.concatenate([[True], ~same])
        code, start, end = code[kept], start[kept], end[kept]
    places = np.stack([start, end]).astype(np.int32)
    number = {name: i for i, name in enumerate(peaks.names)}
    parts = {}
    for name in chosen:
        here = slice(*np.searchsorted(code, [number[name], number[name] + 1]))
        parts[_KEY + name] = np.ascontiguousarray(places[:, here])
    checks = json.dumps({key: zlib.crc32(part.data) for key, part in parts.items()})
    with whole(out) as partial:
        save_file(parts, partial, {"crc32": checks})
    log.info("%s: %d peaks written", out, len(code))
    return zlib.crc32(checks.encode())


def write_index(out: str | os.PathLike, standard: Sequence[str | os.PathLike], checks: Sequence[int]) -> None:
    """The checksum of the standard peaks of every profile in one small file (JSON, by file name).

    Jobs that need the peaks of all profiles depend on it alone: its bytes are the same when the same peaks are
    made again, so that Snakemake, which compares small files by content, repeats nothing that depends on it.
    """
    with whole(out) as partial:
        named = {Path(path).name: check for path, check in zip(standard, checks, strict=True)}
        partial.write_text(json.dumps(sealed(named), indent=0) + "\n", encoding="utf-8")


def fetch_standard(
    standard: str | os.PathLike, chrom: str, expected: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends (int32, bp, sorted by start) of a profile's peaks on one chromosome.

    Raises InputError when the file is missing, damaged, cut, was made without that chromosome, or is not that of
    the checksum `expected`.
    """
    try:
        with safe_open(standard, "np") as store:
            checks = store.metadata()["crc32"]
            if expected is not None and zlib.crc32(checks.encode()) != expected:
                raise InputError(
                    f"{standard}: the file is damaged or not the one of its index; make it again"
                )
            check = json.loads(checks).get(_KEY + chrom)
            if check is None:
                raise InputError(f"{standard}: made without chromosome {chrom}; make it again")
            places = store.get_tensor(_KEY + chrom)
    except FileNotFoundError:
        raise InputError(f"{standard}: the file is missing; make it again") from None
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise InputError(f"{standard}: the file is damaged or cut ({error}); make it again") from error
    if places.dtype != np.int32 or zlib.crc32(places) != check:
        raise InputError(f"{standard}: the file is damaged or cut ({chrom}: checksum); make it again")
    return places[0], places[1]


def index_peaks(
    path: str | os.PathLike,
    out: str | os.PathLike,
    sizes: Mapping[str, int],
    chosen: Mapping[str, int],
    **form,
) -> None:
    """Write the same peaks as narrowPeak for people and other tools: sorted, bgzipped, with `.tbi`.

    Raises InputError as `standardise_peaks` does, and for an end beyond 512 Mb, which no tabix index can
    hold.
    """
    peaks = chosen_peaks(path, sizes, chosen, **form)
    if peaks.end.max() > LONGEST_INDEXED:
        row = peaks.end.argmax()
        raise InputError(
            f"{path}: a peak of contig {peaks.names[peaks.code[row]]} ends at {peaks.end[row]:,}, but a tabix index "
            f"holds {LONGEST_INDEXED:,} bp of a contig at most; give a FASTA, and peaks, of the chromosome in parts"
        )
    text = _text(peaks, np.lexsort((peaks.end, peaks.start, peaks.code)))
    with whole(f"{out}.tbi") as index, whole(out) as partial:
        # Level 4 takes half as long as 6, for 4 % more bytes.
        # The stub knows neither the levels of a mode nor that an index may be left out.
        with pysam.BGZFile(str(partial), "wb4") as handle:  # type: ignore[call-arg]
            handle.write(text)
        pysam.tabix_index(
            str(partial), force=True, seq_col=0, start_col=1, end_col=2, zerobased=True, index=str(index),
            keep_original=True,
        )  # fmt: skip
    log.info("%s: %d peaks written", out, len(peaks))


def chosen_peaks(
    path: str | os.PathLike, sizes: Mapping[str, int], chosen: Mapping[str, int],
    *, unlikely: str = "take", max_qvalue: float | None = None, merge_gap: int | None = None, **reading,
) -> PeakTable:  # fmt: skip
    """The peaks of a file of any form on the `chosen` chromosomes.

    sizes: length in bp of every contig of the FASTA; peaks on those not chosen are counted in the log. reading:
    keywords of `read_peaks`. unlikely: "refuse" or "take" what does not lie as peaks do (see `likeness`).
    max_qvalue, merge_gap (bp): see `significant_peaks` and `merged_peaks`; None leaves
    peaks as they are. Raises InputError as these do, and when no peak is left.
    """
    look = likeness_check(path, chosen, unlikely)
    peaks = _on_chromosomes(path, read_peaks(path, sizes, look=look, **reading), chosen)
    if max_qvalue is not None:
        peaks = significant_peaks(path, peaks, max_qvalue)
    return peaks if merge_gap is None else merged_peaks(path, peaks, merge_gap)


def _on_chromosomes(path: str | os.PathLike, peaks: PeakTable, chosen: Mapping[str, int]) -> PeakTable:
    used = np.array([name in chosen for name in peaks.names])[peaks.code]
    if used.all():
        return peaks
    outside = sorted(set(peaks.chrom[~used]))
    shown = ", ".join(outside[:10]) + (", ..." if len(outside) > 10 else "")
    log.info(
        "%s: %d of %d peaks dropped, on contigs that genome.chromosomes leaves out (%s)",
        path, (~used).sum(), len(peaks), shown,
    )  # fmt: skip
    if not used.any():
        raise InputError(f"{path}: none of the {len(peaks)} peaks lies on a chromosome of genome.chromosomes")
    return peaks.take(np.flatnonzero(used))


def _text(peaks: PeakTable, order: np.ndarray) -> bytes:
    if peaks.row_at is not None:
        first, stop = peaks.row_at[:, order]
        if (first[1:] == stop[:-1]).all():
            return peaks.text[first[0] : stop[-1]]
        return b"".join([peaks.text[a:b] for a, b in zip(first.tolist(), stop.tolist())])
    names = [n.encode() for n in peaks.names]
    offset = np.where(peaks.summit >= 0, peaks.summit - peaks.start, -1)
    columns = (peaks.code[order], peaks.start[order], peaks.end[order], order, offset[order])
    return b"".join(
        b"%s\t%d\t%d\t%s\t%d\n" % (names[code], start, end, peaks.rest[row], summit)
        for code, start, end, row, summit in zip(*map(np.ndarray.tolist, columns))
    )
