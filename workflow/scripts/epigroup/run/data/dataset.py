"""The data set: whose peaks and signals become labels."""

from epigroup.config.sheet import given
from epigroup.run.data.peaks import peaks_of
from epigroup.run.facts import Run

# The sheet's columns that tasks.tsv repeats, with those of the user's own.
SHOWN = ("task_id", "modality", "assay", "target", "cell_type", "cell_group")


def described_tasks(run: Run) -> list[dict[str, str]]:
    """The sheet's rows that tasks.tsv repeats."""
    return run.task_rows(columns=(*SHOWN, *run.sheet.own))


def peak_files(run: Run) -> list[str]:
    """The peaks of each task, in the order of the tasks."""
    return [peaks_of(run, task) for task in run.tasks]


def graded(run: Run) -> str | list[str]:
    """What settles whose peaks become labels: the grades of this run are those that it started with."""
    return (
        run.path("checks/left_out.tsv") if run.config["qc"]["min_grade"] != "fail" and run.from_reads else []
    )


def unlikely(run: Run) -> list[str]:
    """What is done with peaks that do not lie as peaks do: those that this workflow called are peaks, however they
    lie."""
    told = run.config["peaks"]["unlikely"]
    return [told if run.profiles[task].kind == "peaks" else "take" for task in run.tasks]


def signal_files(run: Run) -> list[str]:
    """The bigWig of each task, where networks learn signals."""
    return [given(run.profiles[task].signal, f"signal of {task}") for task in run.tasks] if run.signal else []


def shard_signals_mb(run: Run) -> int:
    """Two bytes a task and bin of the longest human chromosome, twice: as they are and as they are written."""
    return 1000 * len(run.tasks) // run.config["dataset"]["bin_size"] if run.signal else 0
