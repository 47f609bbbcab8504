"""What is asked at once and before any job: what config and sheet do not allow together, and what the first bytes of
the user's files tell: do they name contigs alike, are reads that are called together of one layout?"""

import os

from epigroup.comparison.known_sets import read_known_sets
from epigroup.config import contig_faults
from epigroup.config.contig_faults import HEADER_OF_BAM, HEADER_OF_BIGWIG, ROWS, ContigFile
from epigroup.config.layouts import layout_faults
from epigroup.config.patience import count_profiles
from epigroup.config.saved_tables import refuse_other_forms
from epigroup.config.searches import searched_tasks
from epigroup.core.errors import InputError
from epigroup.dataset.groups import read_groups
from epigroup.reads.given_alignments import first_layout
from epigroup.run.adopt import check_adopt
from epigroup.run.baselines import check_baselines
from epigroup.run.bundle import check_bundle
from epigroup.run.calibration import check_precisions
from epigroup.run.facts import Run
from epigroup.run.imputation import check_headers, check_imputation
from epigroup.run.paper import check_paper
from epigroup.run.prediction import check_predict
from epigroup.run.report import figure_settings
from epigroup.run.settings import settings


def contig_files(run: Run) -> list[ContigFile]:
    """The files whose contigs are held against those of the FASTA; what is still to be fetched or made is not there."""
    predict = run.config.get("predict")
    regions = run.in_results(predict["regions"]) if predict and not predict["fasta"] else None
    of_config = (
        ("genome.blacklist", run.blacklist, True),
        ("genome.gtf", run.gtf, True),
        ("predict.regions", regions, False),
    )
    found = [ContigFile(what, path, ROWS, respelt=respelt) for what, path, respelt in of_config if path]
    for name, profile in run.profiles.items():
        for one in profile.replicates:
            if one.peaks:
                found.append(ContigFile("peaks", one.peaks, ROWS, who=name, respelt=True))
            if one.bam:
                found.append(ContigFile("alignments", one.bam, HEADER_OF_BAM, who=name))
        if run.signal and profile.signal:
            found.append(ContigFile("signal", profile.signal, HEADER_OF_BIGWIG, who=name))
    return [one for one in found if os.path.exists(one.path)]


def faults_of_contigs(run: Run, kept: str) -> list[str]:
    """`kept`: where the names of a FASTA without index are kept from one start to the next."""
    if not os.path.exists(run.fasta):
        return []
    return contig_faults.contig_faults(
        run.fasta,
        contig_faults.fasta_contigs(run.fasta, run.path("genome/contigs.tsv"), kept),
        **{key: run.config["genome"][key] for key in ("assembly", "chromosomes", "mitochondrion")},
        files=contig_files(run),
        contig_names=run.config["peaks"]["contig_names"],
        longest=run.longest,
    )


def layout_of(bam: str) -> str | None:
    """None too for what is no alignment file, which the headers have told already."""
    try:
        return first_layout(bam) if os.path.exists(bam) else None
    except InputError:
        return None


def check_files(run: Run, source: str, kept: str) -> None:
    """InputError with all faults at once, `source` naming the config."""
    check_headers(run)
    if run.alone:
        return
    faults = [*faults_of_contigs(run, kept), *layout_faults(run.profiles, layout_of)]
    if len(faults) == 1:
        raise InputError(f"{source}: {faults[0]}")
    if faults:
        raise InputError("\n".join([f"{source}: {len(faults)} faults in the files that it names:", *faults]))


def check_container(run: Run) -> None:
    """InputError where jobs are to run in a container and the config names none, or a file that is not there."""
    image = run.config["running"]["container"]
    if image is None:
        raise InputError(
            "running.container: --sdm apptainer runs jobs in the image that this key names, and it names none: give "
            "the path or address of one, or leave the option out"
        )
    if ":" not in image and not os.path.exists(image):
        raise InputError(f"running.container: {image} is not there; build it from the recipe in container/")


def check_tables(run: Run) -> None:
    """InputError for a table of groups that does not fit the sheet; one that the run, or another workflow, makes is not
    looked at."""
    for name, spec in run.config["groupings"].items():
        path = run.in_results(spec["file"]) if spec["method"] == "table" else None
        if path is None or run.made(path):
            continue
        if path.startswith(f"{run.data}/"):
            if run.folds[1:] and not path.startswith(run.path("simulation/")):
                raise InputError(
                    f"groupings.{name}.file: '{path}' lies in the results of fold 1, which may have learnt from what "
                    "other folds test; name a file outside the results"
                )
            continue
        if not os.path.exists(path):
            raise InputError(f"groupings.{name}.file: '{path}' is not there; check the path")
        refuse_other_forms(path)
        tasks = [row["task_id"] for row in run.task_rows(name, ["task_id"])]
        found = read_groups(path, tasks, overlap=spec["overlap"]).names
        if len(found) != spec["k"]:
            raise InputError(
                f"groupings.{name}.k: {spec['k']}, but {path} has {len(found)} groups: {', '.join(found[:10])}"
            )


def check_columns(run: Run) -> None:
    """InputError for a task without a value in a column of the sheet that a grouping goes by."""
    faults = []
    for name, spec in run.config["groupings"].items():
        columns = (spec["columns"] or []) if spec["method"] == "sheet" else []
        for row in run.task_rows(name, ["task_id", *columns]):
            faults += [
                f"groupings.{name}.columns: task '{row['task_id']}' has no value in the column {column} of "
                f"{run.sheet.path}; give it one"
                for column in columns
                if not row[column]
            ]
    if faults:
        raise InputError("\n".join(faults[:20]))


def check_known_sets(run: Run) -> None:
    """InputError for a table of known sets that does not fit the run; one that is still to be made is not looked at."""
    path = run.in_results(run.config["known_sets"]["file"]) if "known_sets" in run.config else None
    if path is None or run.made(path) or path.startswith(f"{run.data}/"):
        return
    if not os.path.exists(path):
        raise InputError(f"known_sets.file: '{path}' is not there; check the path")
    refuse_other_forms(path)
    read_known_sets(path, run.tasks)


def check_asked(run: Run) -> None:
    """InputError for what config and sheet do not allow together, however late its job would come."""
    check_imputation(run)
    if run.alone:
        return
    for name in run.groupings:
        settings(run, "grouping", name)
    check_columns(run)
    check_tables(run)
    check_known_sets(run)
    for strategy, seed in run.searched_runs():
        searched_tasks(run.config, strategy, seed, run.table)
    if "patience_study" in run.config:
        count_profiles(run.config["patience_study"], run.table)
    if "sweep" in run.config and max(run.config["sweep"]["k"]) > len(run.tasks):
        raise InputError(
            f"sweep.k: {max(run.config['sweep']['k'])} groups of {len(run.tasks)} tasks; leave out what is above"
        )
    check_precisions(run)
    check_baselines(run)
    check_paper(run)
    check_predict(run)
    check_bundle(run)
    check_adopt(run)
    figure_settings(run)
