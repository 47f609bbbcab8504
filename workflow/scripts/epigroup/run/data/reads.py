"""Reads and alignments: which files a replicate has, where fetched ones come from, and the arguments of the tools.

Arguments go by the profile alone: Snakemake does not compare params that are functions of the input.
"""

from typing import Any

from epigroup.config.sheet import Replicate, given
from epigroup.results.catalogue import FILES
from epigroup.run.facts import Run


def address(run: Run, file: str) -> str:
    """The address of a file that is fetched: its own in the sheet, or the archive's from the config with its place."""
    one = run.sheet.downloads[file]
    if not one.archive:
        return one.place
    return f"{run.config['downloads'][one.archive].rstrip('/')}/{one.place}"


def row(run: Run, file: str) -> str:
    """Which row of the sheet, or key of the config, asks for a file that is fetched."""
    one = run.sheet.downloads[file]
    return one.row if one.sum_key else f"{run.config['samples']}, {one.row}"


def sum_key(run: Run, file: str) -> str:
    """The key of the config that the checksum of a file belongs to; "" for a file of the sheet."""
    return run.sheet.downloads[file].sum_key or ""


def checksum(run: Run, file: str) -> str | None:
    return run.sheet.downloads[file].checksum


def known_checksums(run: Run, profile: str, replicate: str) -> dict[str, tuple[str, str]]:
    """What the sheet says of a replicate's FASTQ files, as `Run.checksums_of`."""
    return run.checksums_of(path for files in replicate_of(run, profile, replicate).reads for path in files)


def replicate_of(run: Run, profile: str, replicate: str) -> Replicate:
    return run.profiles[profile].replicate(replicate)


def given_alignments(run: Run, profile: str, replicate: str) -> str:
    """The BAM or CRAM file that the sheet gives."""
    return given(replicate_of(run, profile, replicate).bam, f"alignments of {profile}")


def known_alignments(run: Run, profile: str, replicate: str) -> dict[str, tuple[str, str]]:
    """What the sheet says of a replicate's file of alignments, as `Run.checksums_of`."""
    return run.checksums_of([given_alignments(run, profile, replicate)])


def lanes(run: Run, profile: str, replicate: str) -> dict[str, list[str]]:
    """The FASTQ files of a replicate as the sheet gives them, a file a lane: "first" and, of pairs, "second" mates."""
    found = replicate_of(run, profile, replicate).reads
    return dict(zip(("first", "second"), [*found, []], strict=False))


def lanes_of_mate(run: Run, profile: str, replicate: str, mate: str) -> list[str]:
    """Those of mate "1" or "2", which are joined in this order."""
    return replicate_of(run, profile, replicate).reads[int(mate) - 1]


def in_lanes(run: Run) -> list[str]:
    """Profiles of which a replicate is in several lanes."""
    return [name for name in run.of_kind("fastq") if any(map(has_lanes, run.profiles[name].replicates))]


def joined_lanes(run: Run) -> list[str]:
    """The files that join lanes."""
    return [
        path
        for name in in_lanes(run)
        for one in run.profiles[name].replicates
        if has_lanes(one)
        for path in fastq(run, name, str(one.number))
    ]


def has_lanes(replicate: Replicate) -> bool:
    return any(len(files) > 1 for files in replicate.reads)


def fastq(run: Run, profile: str, replicate: str) -> list[str]:
    """The one or two FASTQ files of a replicate: those that the sheet gives, or its lanes, joined."""
    one = replicate_of(run, profile, replicate)
    if not has_lanes(one):
        return [path for files in one.reads for path in files]
    return [
        run.path("reads/lanes", f"{profile}.rep{replicate}_{mate}.fastq.gz")
        for mate in range(1, 1 + len(one.reads))
    ]


def to_align(run: Run, profile: str, replicate: str) -> list[str]:
    if run.config["reads"]["trim"]:
        return [run.path("reads", f"{profile}.rep{replicate}.fastq.gz")]
    return fastq(run, profile, replicate)


def trim_arguments(run: Run, profile: str, replicate: str) -> list[str]:
    reads = fastq(run, profile, replicate)
    return ["--in2", reads[1], "--detect_adapter_for_pe"] if len(reads) == 2 else []


def align_arguments(run: Run, profile: str, replicate: str) -> list:
    """How bowtie2 takes the reads: trimmed pairs come interleaved in one file."""
    reads = to_align(run, profile, replicate)
    if not run.profiles[profile].paired:
        return ["-U", reads[0]]
    mates = ["--interleaved", *reads] if len(reads) == 1 else ["-1", reads[0], "-2", reads[1]]
    return ["--maxins", run.config["reads"]["max_fragment"], *mates]


def counted_before(run: Run, profile: str, replicate: str) -> dict[str, Any]:
    """What counted the reads of a replicate before its alignments are filtered, and the blacklist."""
    place = f"{profile}.rep{replicate}.json"
    kind = run.profiles[profile].kind
    found = {"checked": run.path("quality", "given" if kind == "bam" else "fastq", place)}
    if kind == "fastq" and run.config["reads"]["trim"]:
        found["trimmed"] = run.path("quality/fastp", place)
    return found | ({"blacklist": run.blacklist} if run.blacklist else {})


def of_replicates(run: Run, profile: str, pattern: str) -> list[str]:
    """A file below the results of each replicate of a profile: `pattern` names {profile} and {replicate}."""
    return [
        run.path(pattern.format(profile=profile, replicate=one.number))
        for one in run.profiles[profile].replicates
    ]


def of_all_replicates(run: Run, profiles: list[str], pattern: str) -> list[str]:
    return [path for profile in profiles for path in of_replicates(run, profile, pattern)]


def replicate_alignments(run: Run, profile: str) -> list[str]:
    return of_replicates(run, profile, "alignments/{profile}.rep{replicate}.bam")


def thinned(run: Run) -> list[str]:
    """Profiles of whose fragments `reads.fragments` are drawn: all but controls."""
    if run.config["reads"]["fragments"] is None:
        return []
    return [name for name in run.from_reads if not run.profiles[name].is_input]


def pooled_whole(run: Run) -> list[str]:
    """Profiles all of whose fragments are used."""
    apart = thinned(run)
    return [name for name in run.from_reads if name not in apart]


def trimmed_counts(run: Run) -> list[str]:
    """fastp's counts of the profiles from FASTQ; none where nothing is trimmed."""
    trimmed = run.of_kind("fastq") if run.config["reads"]["trim"] else []
    return of_all_replicates(run, trimmed, FILES["fastp"].path)


def aligned_counts(run: Run) -> list[str]:
    """samtools' counts of the profiles from FASTQ and BAM."""
    return of_all_replicates(run, aligned(run), FILES["flagstat"].path)


def marked_counts(run: Run) -> list[str]:
    """What samtools says of duplicates in them."""
    return of_all_replicates(run, aligned(run), "quality/alignments/{profile}.rep{replicate}.markdup.txt")


def multiqc_page(run: Run) -> list[str]:
    """The page of MultiQC, in runs with reads that make one."""
    return [run.file("multiqc")] if run.from_reads and run.config["qc"]["multiqc"] else []


def aligned(run: Run) -> list[str]:
    """Profiles whose reads are aligned, here or before; those from FASTQ first."""
    return [*run.of_kind("fastq"), *run.of_kind("bam")]
