"""Grades of quality figures by ENCODE's published thresholds, each with its source."""

from dataclasses import dataclass
from math import isnan

from epigroup.genome.assemblies import known_lengths

GRADES = ("fail", "warn", "pass")
ATAC_PAGE = "ENCODE ATAC-seq data standards, encodeproject.org/atac-seq"
CHIP_PAGE = "ENCODE ChIP-seq data standards, encodeproject.org/chip-seq"
DNASE_PAGE = "ENCODE DNase-seq data standards, encodeproject.org/data-standards/dnase-seq"
LANDT = "Landt et al. 2012, Genome Research 22:1813"
LARGE = 1_000_000_000
# Measures of which less is better.
FALLING = frozenset({"duplicate_share", "mitochondrial_share", "rescue_ratio", "self_consistency_ratio"})


@dataclass(frozen=True)
class Threshold:
    """`better` and more passes, `worse` and more warns, less fails; without `worse` less only warns. Of measures in
    FALLING less is better. Holds for these assays; `modality`, `peak_mode`, `assemblies` narrow it further; `large`:
    for genomes like those it was made for (human, mouse) alone."""

    measure: str
    assays: tuple[str, ...]
    better: float
    worse: float | None
    source: str
    peak_mode: str | None = None
    assemblies: tuple[str, ...] = ()
    large: bool = False

    @property
    def falling(self) -> bool:
        return self.measure in FALLING

    def words(self) -> str:
        more, less = ("at most", "more") if self.falling else ("at least", "less")
        if self.worse is None:
            return f"pass: {more} {self.better:g}; {less}: warn"
        return f"pass: {more} {self.better:g}; warn: {more} {self.worse:g}; {less}: fail"

    def grade(self, value: float) -> str:
        sign = -1 if self.falling else 1
        if sign * value >= sign * self.better:
            return "pass"
        return "warn" if self.worse is None or sign * value >= sign * self.worse else "fail"


OTHERS = ("ChIP", "CUTRUN", "DNase", "input")
ENRICHED = ("ChIP", "CUTRUN")
ATAC = ("ATAC",)
THRESHOLDS = (
    Threshold("mapped_share", ATAC, 0.95, 0.8, ATAC_PAGE),
    Threshold("usable_fragments", ATAC, 25e6, None, ATAC_PAGE, large=True),
    Threshold("usable_fragments", ("DNase",), 20e6, None, DNASE_PAGE, large=True),
    Threshold("usable_fragments", ENRICHED, 20e6, 10e6, CHIP_PAGE, peak_mode="narrow", large=True),
    Threshold("usable_fragments", ENRICHED, 45e6, None, CHIP_PAGE, peak_mode="broad", large=True),
    Threshold("nrf", ATAC, 0.9, 0.7, ATAC_PAGE),
    Threshold("nrf", OTHERS, 0.8, 0.5, CHIP_PAGE),
    Threshold("pbc1", ATAC, 0.9, 0.7, ATAC_PAGE),
    Threshold("pbc1", OTHERS, 0.8, 0.5, CHIP_PAGE),
    Threshold("pbc2", (*ATAC, *OTHERS), 3, 1, f"{ATAC_PAGE}; {CHIP_PAGE}"),
    Threshold("nsc", ENRICHED, 1.05, None, LANDT),
    Threshold("rsc", ENRICHED, 0.8, None, LANDT),
    Threshold("nucleosome_free_peak", ATAC, 1, None, ATAC_PAGE),
    Threshold("mononucleosome_peak", ATAC, 1, None, ATAC_PAGE),
    Threshold("frip", ATAC, 0.3, 0.2, ATAC_PAGE),
    Threshold("frip", ENRICHED, 0.01, None, LANDT),
    Threshold("tss_enrichment", ATAC, 10, 6, ATAC_PAGE, assemblies=("hg19",)),
    Threshold("tss_enrichment", ATAC, 7, 5, ATAC_PAGE, assemblies=("hg38", "mm9")),
    Threshold("tss_enrichment", ATAC, 15, 10, ATAC_PAGE, assemblies=("mm10",)),
    Threshold("peaks", ATAC, 150_000, 100_000, ATAC_PAGE, large=True),
    Threshold("rescue_ratio", (*ATAC, *OTHERS), 2, None, CHIP_PAGE),
    Threshold("self_consistency_ratio", (*ATAC, *OTHERS), 2, None, CHIP_PAGE),
)


def threshold_of(
    measure: str, *, assay: str, peak_mode: str, assembly: str, genome_size: int
) -> Threshold | None:
    """The threshold that holds for a measure of a profile; None where ENCODE publishes none for its like."""
    name, _ = known_lengths(assembly)
    for one in THRESHOLDS:
        if (
            one.measure == measure
            and assay in one.assays
            and one.peak_mode in (None, peak_mode)
            and (not one.assemblies or name in one.assemblies)
            and (not one.large or genome_size >= LARGE)
        ):
            return one
    return None


def graded(measure: str, value: float, **profile) -> dict[str, str]:
    """grade, threshold and source of a value, all empty where nothing grades it or the value is not known."""
    threshold = threshold_of(measure, **profile)
    if threshold is None or isnan(value):
        return {"grade": "", "threshold": "", "source": ""}
    return {"grade": threshold.grade(value), "threshold": threshold.words(), "source": threshold.source}


def worst(grades: list[str]) -> str:
    """The worst of these grades; empty when none of them grades."""
    return next((grade for grade in GRADES if grade in grades), "")
