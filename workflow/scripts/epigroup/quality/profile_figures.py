"""Figures of the quality of one profile: of each replicate, and of its pooled reads and peaks."""

import math
import os
import tempfile
from collections.abc import Iterable, Mapping

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.text_files import REMEDY, read_json, read_text
from epigroup.formats.peak_files import read_peaks
from epigroup.genome.transcripts import read_starts
from epigroup.quality.cross_correlation import read_ends
from epigroup.quality.flagstat import read_flagstat
from epigroup.quality.insert_sizes import insert_figures
from epigroup.quality.strand_facts import StrandFacts
from epigroup.quality.tss_enrichment import tss_enrichment
from epigroup.reads.alignments import count_with_samtools, mapped_reads, open_alignments


def mitochondrial_share(idxstats: str | os.PathLike, mitochondrion: str) -> float:
    """Share of the mapped reads that lie on the mitochondrion, by samtools idxstats; NaN without mapped reads."""
    rows = [line.split("\t") for line in read_text(idxstats).splitlines()]
    mapped = {row[0]: int(row[2]) for row in rows}
    total = sum(mapped.values())
    return mapped.get(mitochondrion, 0) / total if total else math.nan


def replicate_figures(
    flagstat: str, idxstats: str, complexity: str, *, records: int | None, mitochondrion: str | None
) -> dict[str, float]:
    """Figures of one replicate. `records`: reads of its FASTQ files, both mates; None for alignments."""
    counts = read_flagstat(flagstat)
    held = read_json(complexity)
    figures = {"reads": float(counts["primary"] if records is None else records)}
    figures["mapped_share"] = counts["mapped"] / counts["primary"] if counts["primary"] else math.nan
    figures["duplicate_share"] = counts["duplicates"] / counts["mapped"] if counts["mapped"] else math.nan
    if mitochondrion is not None:
        figures["mitochondrial_share"] = mitochondrial_share(idxstats, mitochondrion)
    return figures | {
        key: math.nan if held[key] is None else float(held[key]) for key in ("nrf", "pbc1", "pbc2")
    }


def reads_in_peaks(bam: str | os.PathLike, peaks: Iterable[tuple[str, int, int]]) -> float:
    """FRiP: share of a BAM file's reads that overlap a peak (contig, start, end) by a base or more."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".bed") as bed:
        bed.writelines(f"{chrom}\t{start}\t{end}\n" for chrom, start, end in peaks)
        bed.flush()
        inside = count_with_samtools("-L", bed.name, os.fspath(bam))
    return inside / mapped_reads(bam)


def peak_figures(bam: str, peaks: str, sizes: Mapping[str, int]) -> dict[str, float]:
    """FRiP, number of peaks and their median width (bp); rows of one interval are one peak."""
    table = read_peaks(peaks, sizes, point_flank=0, min_overlap=1)
    places = sorted(set(zip(table.chrom, table.start.tolist(), table.end.tolist(), strict=True)))
    widths = [end - start for _, start, end in places]
    return {
        "frip": reads_in_peaks(bam, places),
        "peaks": float(len(places)),
        "peak_width_median": float(np.median(widths)),
    }


def pooled_figures(
    facts: StrandFacts,
    bam: str,
    peaks: str | None,
    sizes: Mapping[str, int],
    *,
    assay: str,
    gtf: str | None,
    contig_names: str = "as_given",
) -> dict[str, float]:
    """Figures of a profile's pooled reads after filtering; contig_names: as for `transcripts.read_starts`."""
    with open_alignments(bam) as handle:
        if not set(handle.references) & set(sizes):
            raise InputError(f"{bam}: names no chromosome of this genome; {REMEDY}")
    figures = {"usable_fragments": float(facts.reads), "read_length": float(facts.read_length)}
    figures |= {"nsc": facts.nsc, "rsc": facts.rsc}
    figures["fragment_length"] = math.nan if facts.fragment is None else float(facts.fragment)
    if facts.inserts.sum():
        inserts = insert_figures(facts.inserts)
        figures |= inserts if assay == "ATAC" else {"insert_median": inserts["insert_median"]}
    if peaks is not None:
        figures |= peak_figures(bam, peaks, sizes)
    if gtf is not None and assay in ("ATAC", "DNase"):
        ends = read_ends(bam, both_mates=True)
        figures["tss_enrichment"] = tss_enrichment(
            ends, read_starts(gtf, dict(sizes), contig_names=contig_names), dict(sizes)
        )
    return figures
