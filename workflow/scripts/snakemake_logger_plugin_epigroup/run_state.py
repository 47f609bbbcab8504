"""What is known of a run while it runs."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Job:
    """rule; name: rule and wildcards in words; logs: paths; start: seconds of time.monotonic."""

    rule: str
    name: str
    logs: tuple[str, ...]
    start: float


@dataclass
class RunState:
    """stages: rule -> stage, in order; wanted, done: jobs by rule. warnings: text -> how often. errors: what Snakemake
    itself complains of. running, failed: by Snakemake's number of the job; of jobs that were sent as one, and failed as
    one, by that of the first, with those of the others in `together`."""

    title: str = "epigroup"
    stages: Mapping[str, str] = field(default_factory=dict)
    start: float = field(default_factory=time.monotonic)
    wanted: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    running: dict[int, Job] = field(default_factory=dict)
    failed: dict[int, Job] = field(default_factory=dict)
    together: dict[int, int] = field(default_factory=dict)
    warnings: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    log: str = ""

    def begin(self, stats: Mapping[str, int]) -> None:
        """stats: jobs by rule, `total` too."""
        self.wanted = Counter({rule: n for rule, n in stats.items() if rule != "total"})

    def started(self, number: int, job: Job) -> None:
        self.failed.pop(self.together.get(number, number), None)
        self.running[number] = job

    def finished(self, number: int) -> str | None:
        """The stage that this job was the last of, if it was."""
        job = self.running.pop(number, None)
        if job is None:
            return None
        self.done[job.rule] += 1
        stage = self.stages.get(job.rule)
        done, wanted = self.counts().get(stage, (0, 0)) if stage else (0, 0)
        return stage if stage and done >= wanted else None

    def gave_up(self, number: int) -> Job | None:
        job = self.running.pop(number, None)
        if job is not None:
            self.failed[number] = job
        return job

    def gave_up_together(self, numbers: Sequence[int]) -> Job | None:
        """Jobs sent as one: which of them failed the last lines say."""
        jobs = [self.running.pop(number) for number in numbers if number in self.running]
        if not jobs:
            return None
        more = f" or one of {len(jobs) - 1} jobs sent with it" if len(jobs) > 1 else ""
        self.together |= dict.fromkeys(numbers, numbers[0])
        self.failed[numbers[0]] = Job(jobs[0].rule, f"{jobs[0].name}{more}", (), jobs[0].start)
        return self.failed[numbers[0]]

    def counts(self) -> dict[str, tuple[int, int]]:
        """stage -> (jobs done, jobs wanted), of the stages that this run has work for, in their order."""
        found: dict[str, tuple[int, int]] = {}
        for rule, stage in self.stages.items():
            if self.wanted[rule]:
                done, wanted = found.get(stage, (0, 0))
                found[stage] = (done + self.done[rule], wanted + self.wanted[rule])
        return found

    @property
    def n_done(self) -> int:
        return self.done.total()

    @property
    def n_wanted(self) -> int:
        return self.wanted.total()
