"""Reads of a simulated profile: fragments around the sites that the truth opens, over an even background.

ATAC fragments and DNase reads begin at cuts within the open site; ChIP fragments straddle the element. A
control has the background only, at twice the depth. Each replicate draws its own fragments.
"""

import gzip
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pysam

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.simulation.genome import BASES
from epigroup.simulation.settings import ReadSettings

log = logging.getLogger(__name__)

QUALITY = b"I"
ERROR_RATE = 0.001


@dataclass(frozen=True)
class Fragments:
    """chrom int64 (n,) index into the chromosomes; start, length int64 (n,) bp; reverse bool (n,): read
    1 is the right end on the minus strand."""

    chrom: np.ndarray
    start: np.ndarray
    length: np.ndarray
    reverse: np.ndarray


def read_codes(fasta: str | os.PathLike) -> dict[str, np.ndarray]:
    """Base codes (uint8, A0 C1 G2 T3 other 4) of each sequence of a plain FASTA, in its order."""
    codes = np.full(256, 4, np.uint8)
    codes[BASES[:4]] = np.arange(4)
    with pysam.FastxFile(str(fasta)) as file:
        found = {}
        for entry in file:
            if entry.name is None or entry.sequence is None:
                raise InputError(
                    f"{fasta}: a sequence without a name or a base; delete the file and run again"
                )
            found[entry.name] = codes[np.frombuffer(entry.sequence.encode(), np.uint8)]
        return found


def draw_fragments(
    profile: Mapping[str, Any],
    sites: pd.DataFrame,
    sizes: Mapping[str, int],
    settings: ReadSettings,
    replicate: int,
) -> Fragments:
    """Fragments of one replicate.

    profile: sheet row (profile_id, assay, modality, peak_mode); sites: the profile's true peaks (chrom,
    start, end); sizes: bp of the chromosomes.
    """
    rng = np.random.default_rng([settings.seed, 2, replicate, *profile["profile_id"].encode()])
    chroms, lengths = list(sizes), np.array(list(sizes.values()))
    depth = 2 if profile["assay"] == "input" else 1  # no shallower than what it is held against
    n_background = rng.poisson(depth * settings.background_per_kb * lengths.sum() / 1000)
    strength = rng.gamma(12.0, 1 / 12.0, len(sites))  # sites differ, a tenth of them by half
    counts = rng.poisson(settings.fragments_per_site * strength)
    chrom = np.repeat(
        sites["chrom"].map({name: i for i, name in enumerate(chroms)}).to_numpy(np.int64), counts
    )
    half = np.repeat((sites["end"] - sites["start"]).to_numpy(np.int64) // 2, counts)
    centre = np.repeat(sites["start"].to_numpy(np.int64), counts) + half
    n = len(chrom)
    if profile["assay"] == "ATAC":
        length = rng.integers(60, 161, n)
        middle = centre + rng.normal(0, half / 5).astype(np.int64)
    elif profile["assay"] == "DNase":
        length = rng.integers(60, 161, n)
        middle = centre + rng.normal(0, half / 4).astype(np.int64)
    else:
        length = np.clip(rng.normal(200, 20, n), 100, 260).astype(np.int64)
        spread = half / 2.5
        middle = centre + rng.normal(0, spread).astype(np.int64)
    away = rng.choice(len(lengths), n_background, p=lengths / lengths.sum())
    chrom = np.concatenate([chrom, away])
    length = np.concatenate([length, np.clip(rng.normal(180, 20, n_background), 100, 260).astype(np.int64)])
    start = (
        np.concatenate([middle, (rng.random(n_background) * lengths[away]).astype(np.int64)]) - length // 2
    )
    start = np.clip(start, 0, lengths[chrom] - length)
    order = rng.permutation(len(chrom))
    reverse = rng.random(len(chrom)) < 0.5
    return Fragments(chrom[order], start[order], length[order], reverse[order])


def read_bases(
    fragments: Fragments,
    genome: Sequence[np.ndarray],
    read_length: int,
    reverse: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """uint8 (n, read_length): codes of the read at the left end, or where `reverse` at the right end on the
    minus strand."""
    out = np.empty((len(reverse), read_length), np.uint8)
    start = np.where(reverse, fragments.start + fragments.length - read_length, fragments.start)
    for number, codes in enumerate(genome):
        here = np.flatnonzero(fragments.chrom == number)
        out[here] = codes[start[here, None] + np.arange(read_length)]
    out[reverse] = np.where(out[reverse] < 4, 3 - out[reverse], 4)[:, ::-1]
    wrong = rng.random(out.shape) < ERROR_RATE
    out[wrong] = rng.integers(0, 4, int(wrong.sum()))
    return out


def write_fastq(path: str | os.PathLike, codes: np.ndarray, mate: int | None = None) -> None:
    """Reads as gzipped FASTQ without a date; names are read numbers, the same for both mates."""
    n, length = codes.shape
    name = np.char.add(b"@read", np.char.zfill(np.arange(1, n + 1).astype(bytes), 9))
    name = np.char.add(name, b"/%d\n" % mate if mate else b"\n")
    width = name.dtype.itemsize
    lines = np.empty((n, width + 2 * length + 4), np.uint8)
    lines[:, :width] = name.view(np.uint8).reshape(n, width)
    lines[:, width : width + length] = BASES[codes]
    lines[:, width + length : width + length + 3] = np.frombuffer(b"\n+\n", np.uint8)
    lines[:, width + length + 3 : -1] = ord(QUALITY)
    lines[:, -1] = ord("\n")
    with whole(path) as partial:
        partial.write_bytes(gzip.compress(lines.tobytes(), 3, mtime=0))


def write_bam(
    path: str | os.PathLike,
    index: str | os.PathLike,
    fragments: Fragments,
    genome: Mapping[str, np.ndarray],
    codes: np.ndarray,
    sample: str,
) -> None:
    """Single-end alignments, sorted by coordinate, with index; codes (n, read_length) as sequenced."""
    length = codes.shape[1]
    start = np.where(fragments.reverse, fragments.start + fragments.length - length, fragments.start)
    forward = codes.copy()
    forward[fragments.reverse] = np.where(codes[fragments.reverse] < 4, 3 - codes[fragments.reverse], 4)[
        :, ::-1
    ]  # a BAM holds reads as on the plus strand
    header = pysam.AlignmentHeader.from_dict({
        "HD": {"VN": "1.6", "SO": "coordinate"},
        "SQ": [{"SN": name, "LN": len(sequence)} for name, sequence in genome.items()],
        "RG": [{"ID": sample, "SM": sample}],
        "PG": [{"ID": "epigroup", "PN": "epigroup"}],
    })  # fmt: skip
    quality = pysam.qualitystring_to_array(QUALITY.decode() * length)
    references = list(genome.values())
    letters = BASES[forward]
    with whole(index) as partial_index, whole(path) as partial:
        with pysam.AlignmentFile(str(partial), "wb", header=header) as file:
            for number, i in enumerate(np.lexsort((fragments.reverse, start, fragments.chrom)), 1):
                read = pysam.AlignedSegment(header)
                read.query_name = f"read{number:09d}"
                read.flag = 16 if fragments.reverse[i] else 0
                read.reference_id, read.reference_start = int(fragments.chrom[i]), int(start[i])
                read.mapping_quality = 42
                read.cigartuples = [(0, length)]
                read.query_sequence = letters[i].tobytes().decode()
                read.query_qualities = quality
                reference = references[fragments.chrom[i]][start[i] : start[i] + length]
                read.set_tag("NM", int((reference != forward[i]).sum()))
                read.set_tag("RG", sample)
                file.write(read)
        pysam.index(str(partial), str(partial_index))


def simulate_reads(
    fasta: str | os.PathLike,
    intervals: str | os.PathLike,
    outputs: Sequence[str],
    profile: Mapping[str, Any],
    replicate: int,
    settings: ReadSettings,
) -> None:
    """Write the reads of one replicate of a profile.

    outputs: one FASTQ, two for pairs, or a BAM and its index. profile: as in `draw_fragments`. Raises InputError
    when a task has no site.
    """
    genome = read_codes(fasta)
    sites = pd.read_csv(intervals, sep="\t")
    sites = sites[sites["task_id"] == profile["profile_id"]]
    if profile["assay"] != "input" and sites.empty:
        raise InputError(f"{intervals}: no site of {profile['profile_id']}; raise simulation.open_share")
    sizes = {name: len(codes) for name, codes in genome.items()}
    fragments = draw_fragments(profile, sites, sizes, settings, replicate)
    rng = np.random.default_rng([settings.seed, 4, replicate, *profile["profile_id"].encode()])
    length = settings.read_length
    first = read_bases(fragments, list(genome.values()), length, fragments.reverse, rng)
    if str(outputs[0]).endswith(".bam"):
        write_bam(outputs[0], outputs[1], fragments, genome, first, profile["profile_id"])
    elif len(outputs) == 2:
        second = read_bases(fragments, list(genome.values()), length, ~fragments.reverse, rng)
        write_fastq(outputs[0], first, 1)
        write_fastq(outputs[1], second, 2)
    else:
        write_fastq(outputs[0], first)
    log.info(
        "%s, replicate %d: %d sites, %d fragments", profile["profile_id"], replicate, len(sites), len(first)
    )
