# What peak calling, quality and signals take in.

SUPPORTED = [
    name
    for name, profile in PROFILES.items()
    if config["peaks"]["replicates"] != "pooled"
    and profile.kind != "peaks"
    and not profile.is_input
    and len(profile.replicates) > 1
]
SIGNALS = [
    f"{RESULTS}/signals/{name}.{kind}.bw"
    for name in TASKS
    if PROFILES[name].kind != "peaks"
    for kind in ("enrichment", "pvalue")
]
FROM_READS = [name for name, profile in PROFILES.items() if profile.kind != "peaks"]


def control_of(wildcards):
    """The control's pooled alignments and their index, when the row names a control."""
    control = PROFILES[wildcards.profile].control
    if control is None:
        return {}
    return {
        "control": f"{RESULTS}/alignments/{control}.bam",
        "control_index": f"{RESULTS}/alignments/{control}.bam.bai",
    }


def background_of(wildcards):
    """The control, and the fragment length where reads are drawn out to it: single ones, not those of accessibility."""
    profile = PROFILES[wildcards.profile]
    if profile.paired or profile.assay in ("ATAC", "DNase"):
        return control_of(wildcards)
    return control_of(wildcards) | {"strands": f"{RESULTS}/quality/strands/{wildcards.profile}.json"}


def idr_of(wildcards):
    """Where the program idr is, for narrow peaks that are compared by it."""
    if config["peaks"]["replicates"] != "idr" or PROFILES[wildcards.profile].peak_mode != "narrow":
        return {}
    return {"idr": f"{RESULTS}/checks/idr.txt"}


def calling_settings(wildcards):
    profile = PROFILES[wildcards.profile]
    facts = {"profile_id": profile.profile_id, "assay": profile.assay, "peak_mode": profile.peak_mode}
    return {**settings("peaks"), **facts, "options": profile.macs2 or ""}


def comparing_settings(wildcards):
    peaks = config["peaks"]
    return {**calling_settings(wildcards), "lax_pvalue": peaks["lax_pvalue"], "by": peaks["replicates"]}


def replicate_files(pattern):
    """`pattern` for each replicate of a profile."""

    def files(wildcards):
        return [
            in_results(pattern.format(profile=wildcards.profile, replicate=one.number))
            for one in PROFILES[wildcards.profile].replicates
        ]

    return files


def quality_inputs(wildcards):
    """What only some profiles have: read counts, peaks, the annotation, the agreement of replicates."""
    name = wildcards.profile
    profile = PROFILES[name]
    found = {"facts": []}
    if profile.kind == "fastq":
        found["facts"] = replicate_files("<results>/quality/fastq/{profile}.rep{replicate}.json")(wildcards)
    if not profile.is_input:
        found["peaks"] = peaks_of(name)
    if GTF and profile.assay in ("ATAC", "DNase"):
        found["gtf"] = GTF
    if name in SUPPORTED:
        found["ratios"] = f"{RESULTS}/quality/replicates/{name}.json"
    return found


def quality_settings(wildcards):
    profile = PROFILES[wildcards.profile]
    return {
        "profile_id": profile.profile_id,
        "assay": profile.assay,
        "peak_mode": profile.peak_mode,
        "assembly": config["genome"]["assembly"],
        "mitochondrion": config["genome"]["mitochondrion"],
        "replicates": [one.number for one in profile.replicates],
        **(respelt(GTF) if profile.assay in ("ATAC", "DNase") else {}),
    }
