"""The figures of a profile's quality: title, meaning, and how a table shows them."""

from dataclasses import dataclass

# Number formats of Python.
WHOLE, SHARE, RATIO = "{:,.0f}", "{:.3f}", "{:.2f}"


@dataclass(frozen=True)
class Measure:
    """title: at the head of a column; meaning: a sentence; form: format of the number; shown: in the table of the
    report (MultiQC's table has the others too, hidden at first)."""

    title: str
    meaning: str
    form: str = RATIO
    shown: bool = True


MEASURES = {
    "reads": Measure("Reads", "Of a replicate: number of reads, both mates.", WHOLE),
    "mapped_share": Measure("Mapped", "Of a replicate: share of the reads that are aligned.", SHARE),
    "duplicate_share": Measure(
        "Duplicates", "Of a replicate: share of the aligned reads that are copies.", SHARE
    ),
    "mitochondrial_share": Measure(
        "Mitochondrial",
        "Of a replicate: share of the aligned reads that lie on `genome.mitochondrion`.",
        SHARE,
    ),
    "nrf": Measure(
        "NRF",
        "Of a replicate, the non-redundant fraction: distinct places of fragments over fragments.",
        SHARE,
    ),
    "pbc1": Measure(
        "PBC1", "Of a replicate, a PCR bottleneck coefficient: places with one fragment over places.", SHARE
    ),
    "pbc2": Measure("PBC2", "Of a replicate, the other one: places with one fragment over places with two."),
    "usable_fragments": Measure("Usable", "Number of fragments after all filters.", WHOLE),
    "read_length": Measure("Read, bp", "Length of a read after all filters, bp.", WHOLE, shown=False),
    "fragment_length": Measure(
        "Fragment, bp",
        "Fragment length by the cross-correlation of the strands: its peak beyond the read length, bp.",
        WHOLE,
    ),
    "nsc": Measure(
        "NSC", "Normalised strand coefficient: correlation at the fragment length over the least correlation."
    ),
    "rsc": Measure(
        "RSC",
        "Relative strand coefficient: correlation at the fragment length over that at the read length, both less "
        "the least.",
    ),
    "insert_median": Measure("Insert, bp", "Of pairs: median insert size, bp.", WHOLE),
    "nucleosome_free_share": Measure(
        "Nucleosome-free", "ATAC in pairs: share of the inserts below 150 bp.", SHARE
    ),
    "mononucleosome_share": Measure(
        "One nucleosome", "ATAC in pairs: share of the inserts from 150 to 300 bp.", SHARE
    ),
    "nucleosome_free_peak": Measure(
        "Nucleosome-free peak",
        "ATAC in pairs: 1 where the histogram of inserts has a peak below 150 bp, else 0.",
        WHOLE,
        shown=False,
    ),
    "mononucleosome_peak": Measure(
        "Peak of one nucleosome",
        "ATAC in pairs: 1 where the histogram of inserts has a peak from 150 to 300 bp, else 0.",
        WHOLE,
        shown=False,
    ),
    "frip": Measure("FRiP", "Share of the reads that lie in peaks.", SHARE),
    "peaks": Measure("Peaks", "Number of peaks.", WHOLE),
    "peak_width_median": Measure("Width, bp", "Median width of the peaks, bp.", WHOLE),
    "tss_enrichment": Measure(
        "TSS enrichment",
        "ATAC and DNase with `genome.gtf`: cuts at starts of transcripts over cuts 2,000 bp away.",
    ),
    "supported_peaks": Measure(
        "Supported peaks",
        "With `peaks.replicates` other than `pooled`: number of pooled peaks that two replicates support.",
        WHOLE,
        shown=False,
    ),
    "rescue_ratio": Measure(
        "Rescue ratio", "With `peaks.replicates` other than `pooled`: the rescue ratio of ENCODE."
    ),
    "self_consistency_ratio": Measure(
        "Self-consistency",
        "With `peaks.replicates` other than `pooled`: the self-consistency ratio of ENCODE.",
    ),
}
