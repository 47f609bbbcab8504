"""What jobs put into the folder for temporary files of their node (TMPDIR)."""

from collections.abc import Iterable
from dataclasses import dataclass

from epigroup.peaks.scratch import CALLING, HALVES, PILEUPS
from epigroup.plan.disk import fastq_bytes, held_out_bases, label_bytes, largest, marked_bytes, size_of, total
from epigroup.reads.scratch import MARKING, MARKING_GIVEN, marking_given
from epigroup.run.data import peaks
from epigroup.run.facts import Run


@dataclass(frozen=True)
class Scratch:
    """Bytes that the job of a rule that takes most puts there, at most; None when its files are not there yet."""

    rule: str
    size: int | None
    how: str


def plan_scratch(run: Run, bases: int | None) -> list[Scratch]:
    """Of all rules that put much there; looks up sizes of files that are there."""
    rows = []
    fastq = [size for name in run.of_kind("fastq") for size in fastq_bytes(run.profiles[name])]
    if fastq:
        rows.append(
            Scratch("align_reads", scaled(MARKING, fastq), f"{MARKING} times the FASTQ files of a replicate")
        )
    given = [one.bam for name in run.of_kind("bam") for one in run.profiles[name].replicates if one.bam]
    if given:
        sizes = [None if size_of([path]) is None else int(marking_given(path)) for path in given]
        how = ", ".join(
            f"{factor} times a {suffix[1:].upper()} file" for suffix, factor in MARKING_GIVEN.items()
        )
        rows.append(Scratch("mark_alignments", largest(sizes), how))
    rows += plan_calls(run)
    if run.config["running"]["data"] == "disk":
        bins = bases and bases // run.config["dataset"]["bin_size"]
        held = bases and held_out_bases(run, bases) // run.config["dataset"]["bin_size"]
        how = f"at most: {label_bytes(run)} bytes a bin, of all bins"
        rows.append(Scratch("train_pack, run_trials", bins and bins * label_bytes(run), how))
        how = "the same, of the bins that are held out"
        rows.append(Scratch("predict_splits", held and held * label_bytes(run), how))
    return rows


def plan_calls(run: Run) -> list[Scratch]:
    """Of the rules that call peaks."""
    alignments = {name: total(marked_bytes(run.profiles[name])) for name in run.from_reads}
    read = {}
    for name in run.from_reads:
        control = run.profiles[name].control
        if not run.profiles[name].is_input:
            read[name] = total([alignments[name], *([alignments[control]] if control else [])])
    several = set(peaks.supported(run))
    signals = set(run.tasks) if run.config["peaks"]["signal"] else set()
    found = (
        ("call_peaks", CALLING, set(read) - several),
        ("compare_replicates", HALVES, several),
        ("make_pileups", PILEUPS, signals & set(read)),
    )
    how = "{} times the alignments of a profile and its control"
    return [
        Scratch(rule, scaled(factor, [read[name] for name in names]), how.format(factor))
        for rule, factor, names in found
        if names
    ]


def scaled(factor: float, sizes: Iterable[int | None]) -> int | None:
    """A factor of the largest of some sizes; None when one is not known."""
    found = largest(sizes)
    return None if found is None else int(factor * found)
