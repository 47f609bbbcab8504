"""How many files a run leaves: in its results, and beside them in .snakemake."""

from collections.abc import Sequence
from dataclasses import dataclass

from epigroup.plan.jobs import RuleJobs
from epigroup.report.figures.catalogue import FIGURES


@dataclass(frozen=True)
class Files:
    """Files of a run on an empty folder, when it has ended; folders are not counted.

    outputs: what rules make and keep. logs: a log and a benchmark file a job. measured: at most, what jobs of networks
    note of the processors that they run on. passing: outputs that stand there for a while, were all there at once.
    snakemake: what lies in .snakemake after one run.
    """

    outputs: int
    logs: int
    measured: int
    passing: int
    snakemake: int

    @property
    def results(self) -> int:
        """At the end, with the one file of what made each result."""
        return self.outputs + self.logs + self.measured + 1


def count_files(rules: Sequence[RuleJobs]) -> Files:
    """The files of the jobs of `rules`."""
    outputs = sum(one.kept + one.inside for one in rules)
    passing = sum(one.passing for one in rules)
    # the layout of activations and the packing of groups, each once a processor model and shape of networks
    measured = 2 * sum(
        one.jobs for one in rules if one.rule in ("train_pack", "train_full_length", "run_trials")
    )
    # a record an output, those in passing too; captions; log, digests, contigs and what the records were last seen with
    records = sum(one.kept for one in rules) + passing
    jobs = sum(one.jobs for one in rules)
    return Files(outputs, 2 * jobs, measured, passing, records + len(FIGURES) + 4)
