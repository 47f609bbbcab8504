"""A first config of a sheet and a FASTA: looked at, written, and held against the checks of the workflow."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import yaml

from epigroup.begin.chromosomes import choose_chromosomes, fasta_lengths
from epigroup.begin.config_text import Facts, config_lines, counted
from epigroup.begin.peak_counts import count_peaks
from epigroup.begin.recipe import read_recipe
from epigroup.begin.splits import choose_splits
from epigroup.begin.strategies import offer
from epigroup.config.settings import complete_config
from epigroup.config.sheet import Sheet, read_sheet
from epigroup.config.sheet_checks import SHOWN, sheet_rows
from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.plan.plan import make_plan
from epigroup.plan.text import hours_text
from epigroup.run.checks import check_asked, check_files
from epigroup.run.facts import Run, open_run

SEEDS = (1, 2, 3)
A_DAY = 24  # hours on all cores that three seeds may take at most
KEPT = ".snakemake/contigs.json"


def write_first_config(samples: str, fasta: str, out: str, cores: int) -> list[str]:
    """Write the config `out`; gives what a user should know of it, a line each.

    cores: of this machine; three seeds are named where they take A_DAY on these at most. Raises InputError with all
    that is wrong with the sheet, the FASTA and the files that the sheet names, in the words of the workflow's own
    check, and for a file `out` that is there: it is never overwritten.
    """
    if os.path.lexists(out):
        raise InputError(
            f"{out}: is there already and is not overwritten; name another file with OUT=config/NAME.yaml"
        )
    recipe = read_recipe()
    facts = look(samples, fasta, out, recipe.flank)
    table = read_sheet(samples, results=facts.results).table()
    run = checked(config_lines(facts, offer(table, facts.counts, recipe, SEEDS), recipe, SEEDS, "three"), out)
    least, most = core_hours(run)
    wanted = SEEDS if most <= A_DAY * cores else SEEDS[:1]
    took = f"{hours_text(least)} to {hours_text(most)} core-hours by `plan`"
    cost = (
        f"three tell a gain from chance; they take {took}, [1] about a third"
        if wanted is SEEDS
        else f"[1, 2, 3] tells a gain from chance, and takes {took}: more than a day of {cores} cores"
    )
    lines = config_lines(facts, offer(table, facts.counts, recipe, wanted), recipe, wanted, cost)
    checked(lines, out)
    with whole(out) as path:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return remarks(facts)


def look(samples: str, fasta: str, out: str, flank: int) -> Facts:
    """What the config is written from. flank: bp by which points are widened. Raises InputError with everything that
    is wrong with sheet, FASTA and the files of the sheet."""
    stem = Path(out).stem
    results = f"results/{re.sub(r'[^A-Za-z0-9_.-]+', '_', stem)}"
    faults: list[str] = []
    lengths: dict[str, int] = {}
    assembly, sheet = "", Sheet("", {})
    try:
        rows, _ = sheet_rows(Path(samples))
        assembly = next((row["assembly"] for _, row in rows if "assembly" in row), "")
        sheet = read_sheet(samples, results=results, assembly=assembly or None)
    except InputError as error:
        faults.append(str(error))
    try:
        lengths = fasta_lengths(fasta)
    except OSError as error:
        faults.append(
            f"genome.fasta: '{fasta}': {error.strerror}; check the path, relative to the working folder"
        )
    except InputError as error:
        faults.append(str(error))
    if faults:
        raise InputError("\n".join(faults))
    chosen = choose_chromosomes(lengths)
    counts, faults = count_peaks(sheet, lengths, chosen.sizes, flank)
    facts = Facts(
        name=stem,
        results=results,
        samples=samples,
        fasta=fasta,
        assembly=assembly,
        chosen=chosen,
        counts=counts,
        splits=choose_splits(chosen.sizes, counts),
        n_tasks=len(sheet.tasks),
        from_reads=sum(sheet.profiles[name].kind != "peaks" for name in sheet.tasks),
    )
    if faults:
        more = [f"and {len(faults) - SHOWN:,} files more"] if len(faults) > SHOWN else []
        raise InputError("\n".join([*faults[:SHOWN], *more, *faults_beside(facts, sheet, out)]))
    return facts


def faults_beside(facts: Facts, sheet: Sheet, out: str) -> Sequence[str]:
    """What is wrong with files of reads, where peak files are wrong too."""
    config = least_config(facts)
    try:
        check_files(Run(complete_config(config, out), sheet), out, KEPT)
    except InputError as error:
        return [str(error)]
    return []


def least_config(facts: Facts) -> dict:
    """As much of the config as the checks of files ask; other spellings in peak files are told already."""
    return {
        "name": facts.name,
        "results": facts.results,
        "samples": facts.samples,
        "genome": {"fasta": facts.fasta, "assembly": facts.assembly, "chromosomes": list(facts.chosen.sizes)},
        "peaks": {"contig_names": "spelling"},
        "splits": {"validation": list(facts.splits.validation), "test": list(facts.splits.test)},
        "groupings": {"all": {"method": "all"}},
        "strategies": {"SMTL": {"grouping": "all"}},
    }


def checked(lines: Sequence[str], out: str) -> Run:
    """The run of a config, after every check that the workflow makes at its start. Raises InputError as these."""
    run = open_run(complete_config(yaml.safe_load("\n".join(lines)), out))
    check_asked(run)
    check_files(run, out, KEPT)
    return run


def core_hours(run: Run) -> tuple[float, float]:
    """Hours on one core of all trainings at least and at most, as `plan` reckons them for `training.device: cpu`."""
    on_cores = {**run.config, "training": {**run.config["training"], "device": "cpu"}}
    trained = make_plan(Run(on_cores, run.sheet)).strategies
    return sum(one.least_hours for one in trained), sum(one.hours for one in trained)


def remarks(facts: Facts) -> list[str]:
    """What was found, a line each."""
    on = counted(len(facts.chosen.sizes), "chromosome")
    lines = [f"{counted(facts.n_tasks, 'task')} on {on} of {facts.assembly}"]
    lines += [f"left out, {reason}: {shown(names)}" for reason, names in facts.chosen.left_out.items()]
    if facts.counts.spelling:
        lines.append(
            "peak files call chromosomes otherwise than the FASTA: peaks.contig_names is set to spelling"
        )
    if facts.counts.points:
        lines.append(f"peaks are points, and widened (peaks.point_flank): {shown(facts.counts.points)}")
    lines += [
        f"WARNING: {name} has no peak in {split}: its scores there will be missing; give it more peaks, or leave it out"
        for split, (name, count) in facts.splits.fewest.items()
        if not count
    ]
    if len(facts.counts.tasks) < facts.n_tasks:
        lines.append(
            f"peaks of {facts.n_tasks - len(facts.counts.tasks)} tasks are not there yet, and splits know nothing of "
            f"them: look at {facts.results}/dataset/tasks.tsv after `snakemake dataset`"
        )
    return lines


def shown(names: Sequence[str]) -> str:
    return f"{len(names)} ({', '.join(names[:8])}{', ...' if len(names) > 8 else ''})"
