"""Peaks, quality and signals: which files a profile has, and what is called how."""

from typing import Any

from epigroup.config.sheet import given
from epigroup.run.data import reads
from epigroup.run.facts import Run
from epigroup.run.settings import respelt, settings

OPEN = ("ATAC", "DNase")  # assays of accessibility


def is_supported(run: Run, profile: str) -> bool:
    """Whether a profile's peaks must be in several replicates."""
    one = run.profiles[profile]
    several = one.kind != "peaks" and not one.is_input and len(one.replicates) > 1
    return several and run.config["peaks"]["replicates"] != "pooled"


def supported(run: Run) -> list[str]:
    """The profiles of which that is so."""
    return [name for name in run.profiles if is_supported(run, name)]


def peaks_of(run: Run, profile: str) -> str:
    """The peaks of a profile: called from its reads, or the sheet's file."""
    one = run.profiles[profile]
    if one.kind == "peaks":
        return given(one.replicates[0].peaks, f"peaks of {profile}")
    how = "supported" if is_supported(run, profile) else "called"
    return run.path("peaks", how, f"{profile}_peaks.narrowPeak.gz")


def control(run: Run, profile: str) -> dict[str, str]:
    """The control's pooled alignments and their index, when the row names a control."""
    name = run.profiles[profile].control
    if name is None:
        return {}
    bam = run.path("alignments", f"{name}.bam")
    return {"control": bam, "control_index": f"{bam}.bai"}


def background(run: Run, profile: str) -> dict[str, str]:
    """The control, and the fragment length where reads are drawn out to it: single ones, not those of accessibility."""
    one = run.profiles[profile]
    if one.paired or one.assay in OPEN:
        return control(run, profile)
    return control(run, profile) | {"strands": run.path("quality/strands", f"{profile}.json")}


def idr_program(run: Run, profile: str) -> dict[str, str]:
    """Where the program idr is, for narrow peaks that are compared by it."""
    if run.config["peaks"]["replicates"] != "idr" or run.profiles[profile].peak_mode != "narrow":
        return {}
    return {"idr": run.path("checks/idr.txt")}


def calling_settings(run: Run, profile: str) -> dict[str, Any]:
    one = run.profiles[profile]
    facts = {"profile_id": one.profile_id, "assay": one.assay, "peak_mode": one.peak_mode}
    return {**settings(run, "peaks"), **facts, "options": one.macs2 or ""}


def comparing_settings(run: Run, profile: str) -> dict[str, Any]:
    peaks = run.config["peaks"]
    return {**calling_settings(run, profile), "lax_pvalue": peaks["lax_pvalue"], "by": peaks["replicates"]}


def pileups(run: Run, profile: str) -> dict[str, str]:
    """The bigWigs that are made of a profile's reads, by what they hold."""
    return {kind: run.path("signals", f"{profile}.{kind}.bw") for kind in ("enrichment", "pvalue")}


def all_pileups(run: Run) -> list[str]:
    return [
        path
        for name in run.tasks
        if run.profiles[name].kind != "peaks"
        for path in pileups(run, name).values()
    ]


def quality_inputs(run: Run, profile: str) -> dict[str, Any]:
    """What only some profiles have: read counts, peaks, the annotation, the agreement of replicates."""
    one = run.profiles[profile]
    found: dict[str, Any] = {"facts": []}
    if one.kind == "fastq":
        found["facts"] = reads.of_replicates(run, profile, "quality/fastq/{profile}.rep{replicate}.json")
    if not one.is_input:
        found["peaks"] = peaks_of(run, profile)
    if run.gtf and one.assay in OPEN:
        found["gtf"] = run.gtf
    if is_supported(run, profile):
        found["ratios"] = run.path("quality/replicates", f"{profile}.json")
    return found


def quality_settings(run: Run, profile: str) -> dict[str, Any]:
    one = run.profiles[profile]
    return {
        "profile_id": one.profile_id,
        "assay": one.assay,
        "peak_mode": one.peak_mode,
        "assembly": run.config["genome"]["assembly"],
        "mitochondrion": run.config["genome"]["mitochondrion"],
        "replicates": [replicate.number for replicate in one.replicates],
        **(respelt(run, run.gtf) if one.assay in OPEN else {}),
    }
