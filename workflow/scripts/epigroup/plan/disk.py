"""What of a run takes room on the disk: what stays, and what stands there in passing."""

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from epigroup.config.patience import count_profiles
from epigroup.config.sheet import Profile
from epigroup.genome.assemblies import known_lengths
from epigroup.plan.strategies import StrategyPlan
from epigroup.plan.trials import TrialPlan
from epigroup.run import affinity, evaluation
from epigroup.run.data import reads
from epigroup.run.facts import Run

# Bytes a byte of what they are made from, at most (benchmarks/RESULTS.md, Scratch).
TRIMMED = 1.25  # reads that leave fastp, of the FASTQ files
ALIGNED = 1.6  # a BAM file with duplicates marked, of the FASTQ files
REMARKED = 1.25  # the same, of a given BAM file
FROM_CRAM = 6  # a BAM file, of the CRAM file
BEDGRAPHS = 6  # both bedGraphs of a profile, of its alignments and the control's
BIGWIGS = 0.3  # both bigWigs, of the bedGraphs
# Codes and FASTA with its ends of lines, bytes a base
GENOME = 2.02
# bowtie2: bytes a base, and two tables of 4^10 places each
INDEX_A_BASE, INDEX_TABLES = 1.4, 2 * 4 * 4**10 + 100_000
A_PEAK, MANY_PEAKS = (
    100,
    100_000,
)  # bytes of a peak in all files of it; peaks of a profile whose are not called yet
HDF5 = 25_000  # of a file without its numbers
BLOCKS = 500  # of a short split, which is cut into smaller blocks than the 1 Mb of a long one
MODEL_FILE = 12_000  # of a model file without its weights; a group more makes it longer
GROUP_IN_FILE = 2_500
# Weights of a group beside its training: network, mean of its weights and two moments of the optimiser, the old
# checkpoint until the new one is whole, the best weights and those that may become it.
CHECKPOINT = 10


@dataclass(frozen=True)
class Stored:
    """Bytes of something large: at the end; in passing of one job, and of all its jobs together. None: not known yet.

    `freed`: after which job the part in passing goes.
    """

    what: str
    kept: int | None
    how: str
    passing: int | None = 0
    at_once: int | None = 0
    freed: str = ""


@dataclass(frozen=True)
class Disk:
    """All that is large: `shared`, what all folds share, and `of_fold`, what each has of its own. The totals are those
    of one fold with what it shares, and leave out what is not known yet."""

    shared: Sequence[Stored]
    of_fold: Sequence[Stored]

    @property
    def rows(self) -> Sequence[Stored]:
        return [*self.shared, *self.of_fold]

    @property
    def kept_of_fold(self) -> int:
        return sum(one.kept or 0 for one in self.of_fold)

    @property
    def kept(self) -> int:
        return sum(one.kept or 0 for one in self.rows)

    @property
    def passing(self) -> int:
        """In passing when all jobs that make such files run side by side."""
        return sum(one.at_once or 0 for one in self.rows)

    @property
    def largest(self) -> int:
        """In passing of the job that makes most."""
        return max((one.passing or 0 for one in self.rows), default=0)

    @property
    def complete(self) -> bool:
        return all(None not in (one.kept, one.passing, one.at_once) for one in self.rows)


def genome_bases(run: Run) -> tuple[int | None, str]:
    """Base pairs of the genome's FASTA and where the number is from; None when nothing tells."""
    if run.simulated:
        return run.config["simulation"]["chromosome_length"] * len(run.chromosomes), "that will be simulated"
    path, assembly = run.fasta, run.config["genome"]["assembly"]
    if os.path.exists(path) and os.path.getsize(path):
        factor = 4 if path.endswith(("gz", "bgz")) else 1
        return os.path.getsize(path) * factor, f"from the size of {path}" + (" x 4" if factor > 1 else "")
    bases = sum(known_lengths(assembly)[1].values()) or None
    return bases, f"of {assembly}" if bases else "unknown until the FASTA is there"


def held_out_bases(run: Run, bases: int) -> int:
    """Base pairs of validation and test; a chromosome of unknown length counts as the mean one."""
    mean = bases // len(run.chromosomes)
    spans = run.splits["validation"] + run.splits["test"]
    return sum((mean if span["end"] is None else span["end"]) - span["start"] for span in spans)


def plan_disk(run: Run, strategies: Sequence[StrategyPlan], searches: Sequence[TrialPlan]) -> Disk:
    """Everything large, in the order in which it is made; looks up sizes of files that are there."""
    bases, source = genome_bases(run)
    rows = [
        Stored(
            "genome",
            bases and int(GENOME * bases) + HDF5,
            f"{GENOME} bytes a base (codes and FASTA); {bases or '?'} bp {source}",
        )
    ]
    if run.sheet.downloads:
        files = [run.path("downloads", name) for name in run.sheet.downloads]
        rows.append(
            Stored("downloads", size_of(files), f"{len(files)} files to fetch, known once they are there")
        )
    rows += [*plan_reads(run, bases), *plan_labels(run, bases)]
    of_fold = [*plan_networks(run, strategies, searches), *plan_scores(run, bases, strategies)]
    return Disk(rows, of_fold)


def size_of(paths: Iterable[str]) -> int | None:
    """Bytes of files together; None when one is not there yet."""
    paths = list(paths)
    return sum(map(os.path.getsize, paths)) if all(map(os.path.exists, paths)) else None


def total(sizes: Iterable[int | None]) -> int | None:
    """The sum; None when one is not known."""
    found = list(sizes)
    return None if None in found else sum(size for size in found if size is not None)


def largest(sizes: Iterable[int | None]) -> int | None:
    """The largest; None when one is not known."""
    found = list(sizes)
    return None if None in found else max((size for size in found if size is not None), default=0)


def fastq_bytes(profile: Profile) -> list[int | None]:
    """Bytes of the FASTQ files of each replicate."""
    return [size_of(path for files in one.reads for path in files) for one in profile.replicates]


def marked_bytes(profile: Profile) -> list[int | None]:
    """Bytes at most of each replicate's alignments with duplicates marked."""
    if profile.kind == "fastq":
        return [size if size is None else int(ALIGNED * size) for size in fastq_bytes(profile)]
    found: list[int | None] = []
    for one in profile.replicates:
        size = size_of([one.bam] if one.bam else [])
        factor = FROM_CRAM if (one.bam or "").endswith(".cram") else REMARKED
        found.append(size if size is None else int(factor * size))
    return found


def plan_reads(run: Run, bases: int | None) -> list[Stored]:
    """Reads to alignments and signals."""
    given = [run.profiles[name] for name in run.from_reads]
    if not given:
        return []
    rows = []
    fastq = [size for one in given if one.kind == "fastq" for size in fastq_bytes(one)]
    if fastq:
        size = bases and int(INDEX_A_BASE * bases) + INDEX_TABLES
        rows.append(
            Stored("bowtie2 index", size, f"{INDEX_A_BASE} bytes a base and {INDEX_TABLES / 1e6:.1f} MB")
        )
    lanes = [
        size_of(path for files in one.reads for path in files)
        for profile in given
        for one in profile.replicates
        if reads.has_lanes(one)
    ]
    if lanes:
        until = "when trimmed" if run.config["reads"]["trim"] else "when aligned"
        how = "as much as the FASTQ files of a replicate that is in several lanes"
        rows.append(Stored("joined lanes", 0, how, largest(lanes), total(lanes), until))
    if fastq and run.config["reads"]["trim"]:
        sizes = [size if size is None else int(TRIMMED * size) for size in fastq]
        how = f"{TRIMMED} times the FASTQ files"
        rows.append(Stored("trimmed reads", 0, how, largest(sizes), total(sizes), "when aligned"))
    marked = {one.profile_id: marked_bytes(one) for one in given}
    sizes = [size for found in marked.values() for size in found]
    how = f"at most: {ALIGNED} times the FASTQ files, {REMARKED} a BAM file, {FROM_CRAM} a CRAM file"
    thinned = reads.thinned(run)
    pooled = [size for name, found in marked.items() if len(found) > 1 or name in thinned for size in found]
    rows.append(
        Stored("marked alignments", 0, how, largest(sizes), total(sizes), "when filtered and counted")
    )
    how = "at most as much, each replicate and, of several, their pool (one alone is linked)"
    if thinned:
        how = "at most as much, each replicate and, of all but controls, what reads.fragments draws of them"
    rows.append(Stored("alignments", total([*sizes, *pooled]), how))
    if run.config["peaks"]["signal"]:
        signals = []
        for name in (name for name in run.tasks if name in marked):
            control = run.profiles[name].control
            size = total([*marked[name], *(marked[control] if control else [])])
            signals.append(size if size is None else int(BEDGRAPHS * size))
        kept = total(signals)
        rows.append(
            Stored(
                "signals", kept if kept is None else int(BIGWIGS * kept),
                f"bedGraphs at most {BEDGRAPHS} times the alignments, bigWigs {BIGWIGS} times those",
                largest(signals), total(signals), "when they are bigWigs",
            )
        )  # fmt: skip
    return rows


def label_bytes(run: Run) -> int:
    """Bytes of a bin's labels and signals, as they are packed."""
    return -(-len(run.tasks) // 8) + 2 * len(run.tasks) * run.signal


def plan_labels(run: Run, bases: int | None) -> list[Stored]:
    """Peaks, labels and what they are kept in."""
    bins, bytes_a_bin = bases and bases // run.config["dataset"]["bin_size"], 5 + label_bytes(run)
    given = [size_of(one.peaks for one in run.profiles[name].replicates if one.peaks) for name in run.tasks]
    n_peaks = sum(A_PEAK * MANY_PEAKS if not size else 3 * size + HDF5 for size in given)
    return [
        Stored(
            "peaks",
            n_peaks,
            f"at most: 3 times files that are given, else {MANY_PEAKS:,} peaks of {A_PEAK} bytes",
        ),
        Stored(
            "labels and signals" if run.signal else "labels",
            bins and bins * bytes_a_bin + HDF5 * len(run.chromosomes),
            f"at most: {bytes_a_bin} bytes a bin, were every bin kept and nothing compressed",
        ),
    ]


def plan_networks(
    run: Run, strategies: Sequence[StrategyPlan], searches: Sequence[TrialPlan]
) -> list[Stored]:
    """Models, and the checkpoints of trainings and trials while they run."""
    packs = sum(one.jobs for one in strategies)
    weights = sum(one.model_bytes for one in strategies)
    in_files = MODEL_FILE * packs + GROUP_IN_FILE * sum(one.trainings for one in strategies)
    of_jobs = [
        math.ceil(one.trainings / one.jobs) * max(4 * one.weights, one.model_bytes / one.trainings)
        for one in strategies
        if one.jobs
    ]
    of_strategy = {one.name: 4 * one.weights for one in strategies}
    of_trials = [one.networks * one.trials * of_strategy[one.strategy] for one in searches]
    of_jobs += [size / one.jobs for one, size in zip(searches, of_trials, strict=True)]
    studied, study = 0, run.config.get("patience_study")
    if study is not None:
        studied = of_strategy[study["strategy"]] * count_profiles(study, run.table)
        of_jobs.append(of_strategy[study["strategy"]] * study["groups_per_pack"])
    at_once = CHECKPOINT * (weights + sum(of_trials) + studied)
    how = f"at most: {4 * CHECKPOINT} bytes a weight of the networks of a job"
    in_study = (
        [Stored("patience study", 0, "4 bytes a weight", studied, studied, "when studied")] if studied else []
    )
    return [
        *in_study,
        Stored(
            "models",
            weights + in_files,
            "4 bytes a weight of the best validation (at most; keep: task: of each task's too)",
        ),
        Stored(
            "checkpoints", 0, how, int(CHECKPOINT * max(of_jobs, default=0)), at_once, "when the job ends"
        ),
    ]


def plan_scores(run: Run, bases: int | None, strategies: Sequence[StrategyPlan]) -> list[Stored]:
    """Predictions and their scores by block."""
    n_tasks, runs = len(run.tasks), sum(one.seeds for one in strategies)
    kept = run.config["evaluation"]["keep_predictions"]
    held = bases and held_out_bases(run, bases)
    a_task = 4 if run.signal else 2
    a_bin = a_task * n_tasks + 6 + label_bytes(run)
    one = held and held // run.config["dataset"]["bin_size"] * a_bin + 2 * HDF5
    how = f"at most: {a_task} bytes a task and bin, and the labels; of each strategy and seed"
    # predictions from elsewhere, of simple baselines and of averages always go
    external = len(run.external) + len(run.baselines) + len(evaluation.made_averages(run))
    rows = [
        Stored(
            "predictions", one and one * runs * kept, how, 0 if kept and not external else one,
            one and one * (external + runs * (not kept)), "when scored",
        )
    ]  # fmt: skip
    scored = (len(run.scored_runs()) + len(run.baselines)) * len(run.regions)
    draws = run.config["evaluation"]["interval_draws"]
    blocks = held and BLOCKS + held // 1_000_000
    size = blocks and scored * (n_tasks * (16 * blocks + 4 * draws) + HDF5)
    rows.append(Stored("scores", size, f"at most: by block and task; {scored} tables"))
    measured = len(affinity.measured(run))
    if measured:
        size = measured * (22 * 8 * n_tasks**2 + HDF5)
        rows.append(Stored("affinities", size, "at most: 22 tables of tasks by tasks each"))
    return rows
