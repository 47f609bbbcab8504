"""What a config means before anything runs: trainings, hours, disk, files and jobs, from config and sheet alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from epigroup.plan.disk import Disk, genome_bases, plan_disk
from epigroup.plan.files import Files, count_files
from epigroup.plan.imputation import ImputationPlan, plan_imputation
from epigroup.plan.jobs import RuleJobs, count_rules
from epigroup.plan.scratch import Scratch, plan_scratch
from epigroup.plan.strategies import StrategyPlan, plan_strategy, seconds_a_step
from epigroup.plan.trials import StudyPlan, TrialPlan, plan_search, plan_study
from epigroup.run.facts import Run


@dataclass(frozen=True)
class Plan:
    """All of a run. folds: how many there are, of which this is one."""

    name: str
    n_tasks: int
    strategies: Sequence[StrategyPlan]
    disk: Disk
    scratch: Sequence[Scratch]
    rules: Sequence[RuleJobs]
    files: Files
    searches: Sequence[TrialPlan]
    study: StudyPlan | None
    folds: int
    imputation: ImputationPlan | None = None


def make_plan(run: Run) -> Plan:
    """The plan of a run; looks up sizes of files that are there, opens none."""
    if run.alone:
        rules = count_rules(run)
        nothing = Disk([], [])
        files, told = count_files(rules), plan_imputation(run)
        return Plan(run.config["name"], 0, [], nothing, [], rules, files, [], None, 1, told)
    strategies = [plan_strategy(run, name) for name in run.strategies]
    sizes = {one.name: one.sizes for one in strategies}
    searches = [plan_search(run, name, sizes[name], seconds_a_step) for name in run.searched]
    rules = count_rules(run)
    return Plan(
        name=run.config["name"],
        n_tasks=len(run.tasks),
        strategies=strategies,
        disk=plan_disk(run, strategies, searches),
        scratch=plan_scratch(run, genome_bases(run)[0]),
        rules=rules,
        files=count_files(rules),
        searches=searches,
        study=plan_study(run, seconds_a_step),
        folds=len(run.folds),
        imputation=plan_imputation(run),
    )
