# The last lines of a run, and what its display is told: `make run` shows it on one screen (snakemake_logger_plugin_epigroup).
# A workflow that takes this one as a module has hooks of its own.
import logging
from datetime import datetime
from pathlib import Path

from snakemake.workflow import NOTHING_TO_BE_DONE_MSG

from epigroup.run import ending


def stage_of(rule):
    """A stage is a rule file; targets are none."""
    stage = Path(str(rule.snakefile)).stem
    return None if stage == "Snakefile" else stage


def describe_run():
    """Tell the display, where there is one, what it cannot see in Snakemake's log."""
    stages = {one.name: stage_of(one) for one in workflow.rules if stage_of(one)}
    for handler in workflow.logger_manager.plugin_handlers:
        if hasattr(handler, "describe"):
            handler.describe(config["name"], stages)


def asked_files():
    """The files that this run was asked for: of a target without outputs its inputs."""
    return list(
        dict.fromkeys(
            str(file) for job in workflow.dag.targetjobs for file in list(job.output) or files_of_target(job)
        )
    )


def files_of_target(job):
    """A target's inputs, those of a target among them in its place."""
    made_by = {str(file): one for one in workflow.dag.jobs for file in one.output}
    return [file for file in map(str, job.input) if file in made_by]


def say_ending(lines, level=logging.INFO):
    if lines:
        logger.log(level, "\n".join(lines), extra={"ending": True})


def say_success(n_jobs):
    seconds = (datetime.now() - workflow.start_time).total_seconds()
    say_ending(checked(ending.success_lines, RUN, asked_files(), n_jobs, seconds))


def failed_jobs():
    """Jobs that failed in this run; of a group all."""
    return [
        ending.FailedJob(one.rule.name, dict(one.wildcards_dict), [str(log) for log in one.log], group)
        for job in workflow.scheduler.failed
        for group, members in [(job.groupid, job.jobs) if job.is_group() else ("", [job])]
        for one in members
    ]


class NothingToDo(logging.Handler):
    """Snakemake calls no hook where nothing is to be done: its word for it does."""

    def emit(self, record):
        if record.msg == NOTHING_TO_BE_DONE_MSG:
            say_success(0)


if workflow.is_main_process and not workflow.output_settings.dryrun:
    describe_run()
    logger.addHandler(NothingToDo())


def keep_records():
    if KEEPS_RECORDS:
        keep_provenance()


onsuccess:
    keep_records()
    say_success(workflow.scheduler.finished_jobs)


onerror:
    keep_records()
    say_ending(
        ending.failure_lines(
            failed_jobs(),
            workflow.scheduler.finished_jobs,
            len(workflow.dag),
            workflow.dag_settings.force_incomplete,
            # A node's clock, or that of a network's disk, may be behind this one's.
            workflow.start_time.timestamp() - 5,
        ),
        logging.ERROR,
    )
