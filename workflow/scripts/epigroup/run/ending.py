"""The last lines of a run: what came of it and what to open, or what failed and what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from epigroup.core.errors import InputError
from epigroup.core.job_logs import cause, failed_log, job_words, last_error, lines_since, written
from epigroup.core.logs import duration
from epigroup.run.facts import Run

# So many files, and so many failed jobs, are named.
NAMED = 3


@dataclass(frozen=True)
class FailedJob:
    """rule, its wildcards and its logs, as Snakemake has them; group: of jobs that were sent as one, which fail as one,
    empty of a job alone."""

    rule: str
    wildcards: Mapping[str, str]
    logs: Sequence[str]
    group: str = ""


def success_lines(run: Run, made: Sequence[str], n_jobs: int, seconds: float) -> list[str]:
    """The last lines of a run that went well. made: the files that were asked for; n_jobs: jobs that ran, 0 where
    nothing was to be done; seconds: time taken."""
    report = run.path("report/report.html")
    took = f"finished in {duration(seconds)}, {n_jobs} jobs" if n_jobs else "nothing was to be done"
    lines = [f"{run.config['name']}: {took}."]
    imputed = told_imputation(run, made)
    if report not in made or not Path(report).exists():
        return lines + (imputed or made_lines(made)) if made else []
    return [*lines, *told_results(run), *imputed, f"Open: {report}"]


def told_imputation(run: Run, made: Sequence[str]) -> list[str]:
    """What the page of the imputation says first, and where it is; nothing where it was not made."""
    page = run.path("imputation/imputation.html")
    if page not in made or not Path(page).exists():
        return []
    from epigroup.report.imputation_lead import lead_of  # the tables' readers, which only an end needs

    try:
        lead = lead_of(run.file("imputed_by_track"), run.file("imputed_by_model"))
    except (InputError, OSError) as error:
        lead = f"cannot be read: {error}"
    return [f"Imputation: {lead}", f"Open: {page}"]


def told_results(run: Run) -> list[str]:
    """What the report says first. Results that cannot be read hide no end of a run."""
    from epigroup.report.ending import result_lines  # the tables' readers, which only an end needs
    from epigroup.run.report import findings

    try:
        return result_lines(findings(run))
    except (InputError, OSError) as error:
        return [f"Result: cannot be read: {error}"]


def made_lines(made: Sequence[str]) -> list[str]:
    """What a target without a report has made."""
    more = f" and {len(made) - NAMED} more" if len(made) > NAMED else ""
    return [f"Made: {', '.join(made[:NAMED])}{more}"]


def culprits(failed: Sequence[FailedJob], since: float) -> list[FailedJob]:
    """Jobs that failed by themselves. Of a group Snakemake counts all as failed and takes away what they made: those
    whose log has an error, else the one that wrote last."""
    groups: dict[str, list[FailedJob]] = {}
    for i, one in enumerate(failed):
        groups.setdefault(one.group or f"{i}", []).append(one)
    found = []
    for members in groups.values():
        if len(members) > 1:
            erred = [one for one in members if last_error(lines_since(one.logs, since))]
            last = max(members, key=lambda one: max(map(written, one.logs), default=0.0))
            if not erred and not lines_since(last.logs, since):
                rules = ", ".join(dict.fromkeys(one.rule for one in members))
                last = FailedJob(f"one of {len(members)} jobs that were sent together ({rules})", {}, [])
            members = erred or [last]
        found += members
    return found


def failure_lines(
    failed: Sequence[FailedJob], done: int, wanted: int, rerun_incomplete: bool, since: float = 0.0
) -> list[str]:
    """The last lines of a run that failed. done, wanted: jobs; rerun_incomplete: whether Snakemake was told to make
    unfinished files anew; since: when the run began, seconds of the clock: older logs are of other runs."""
    again = "type the same command again" + ("" if rerun_incomplete else " with --rerun-incomplete")
    if not failed:
        return [
            f"Stopped before its end: {done} of {wanted} jobs are done.",
            f"Next: {again}: what is done stays, and the rest goes on.",
        ]
    lines, failed = [], culprits(failed, since)
    for one in failed[:NAMED]:
        lines += [f"Failed: {job_words(one.rule, one.wildcards)}", f"  Cause: {cause(one.logs, since)}"]
        log = failed_log(one.logs)
        lines += [f"  Log: {log}"] if log else []
    if len(failed) > NAMED:
        lines.append(f"  and {len(failed) - NAMED} more jobs failed")
    return [
        *lines,
        f"{done} of {wanted} jobs are done. Next: mend the cause and {again}: what is done stays.",
    ]
