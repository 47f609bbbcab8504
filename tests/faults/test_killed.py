"""Jobs, and Snakemake itself, killed at any moment: the run that is started again ends as if nothing had been."""

import os
import signal
import subprocess
import sys

import pytest

from checkouts import EVERYTHING, LIBRARY, copy_checkout, run_snakemake
from shell_rules import rules
from trees import Killer, assert_same, children, left_over, rule_of, said, start_snakemake, wait_for

# Of every stage some rules that run in a job of their own for long enough to be killed.
STAGES = {
    "alignments": {"align_reads", "filter_alignments", "mark_alignments", "trim_reads", "index_genome"},
    "peaks": {"call_peaks", "standardise_peaks", "index_peaks"},
    "data set": {"make_shard", "summarise_dataset"},
    "training": {"train_pack"},
    "grouping": {"group_tasks", "measure_affinity", "sweep_k", "correlate_labels"},
    "predictions": {"predict_splits"},
    "evaluation": {"evaluate_strategy"},
    "comparison": {"compare_strategies", "count_costs", "find_confounders"},
    "report": {"draw_figures", "make_report"},
}
# Of stages whose rules all have few jobs, one that is killed soon: on a fast machine it ends before half a second.
SOON = {"index_genome", "index_peaks", "summarise_dataset", "sweep_k", "compare_strategies", "draw_figures"}


def in_a_job(run):
    """Whether a job is at work. Between jobs Snakemake holds a lock that its own answer to SIGTERM waits for."""
    return any(rule_of(pid) for pid in children(run.pid))


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory):
    """A checkout whose run is killed again and again by the tests of this file, in their order."""
    return copy_checkout(tmp_path_factory.mktemp("disturbed"))


def test_snakemake_killed_while_jobs_run(disturbed):
    """SIGKILL of Snakemake: the jobs go on without it, the folder stays locked; after --unlock all ends well."""
    run = start_snakemake(disturbed, "-c2")
    logs = disturbed / "results/logs"
    # The folder of a log is there a moment before its job, and between two jobs there is none.
    begun = ("build_genome", "index_genome.log")
    wait_for(lambda: any((logs / name).exists() for name in begun) and list(children(run.pid)), run)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    again = run_snakemake(
        disturbed, "-c2", "results/genome/genome.h5", "--configfile", *EVERYTHING, check=False
    )
    message = again.stdout + again.stderr
    assert again.returncode != 0 and "LockException" in message and "--unlock" in message
    assert "Traceback" not in message
    run_snakemake(disturbed, "--unlock", "--configfile", *EVERYTHING)


def test_a_job_of_every_stage_killed(disturbed, finished_run):
    """SIGKILL of a process of the first job of each rule, in a run that goes on from the killed one."""
    run = start_snakemake(disturbed, "-c2", "--retries", "3", "--keep-going")
    killer = Killer(run.pid, seed=4, soon=SOON)
    killer.start()
    run.wait()
    killer.done.set()
    killer.join()
    print("killed, with seconds after their start:", killer.killed)
    run_snakemake(disturbed, "-c2", "--configfile", *EVERYTHING)
    assert_same(disturbed / "results", finished_run / "results")
    assert {
        stage: rules & set(killer.killed) for stage, rules in STAGES.items() if not rules & set(killer.killed)
    } == {}
    assert len(killer.killed) >= 15


def test_what_killed_jobs_leave_has_no_final_name(disturbed):
    """Half-written files are told by their names, may be deleted, and nothing reads them."""
    for path in left_over(disturbed / "results"):
        path.unlink()
    run = run_snakemake(disturbed, "-n", "--configfile", *EVERYTHING)
    assert "Nothing to be done" in run.stdout + run.stderr


def test_sigterm_ends_a_run_in_order(tmp_path, finished_run):
    """SIGTERM, as a batch system sends it: running jobs end, no new ones start, no lock stays."""
    folder = copy_checkout(tmp_path / "run")
    run = start_snakemake(folder, "-c2", "results/dataset/dataset.json")
    wait_for(lambda: in_a_job(run), run)
    os.kill(run.pid, signal.SIGTERM)
    assert run.wait() != 0
    assert "Traceback" not in said(folder) and not left_over(folder / "results")
    run_snakemake(folder, "-c2", "results/dataset/dataset.json", "--configfile", *EVERYTHING)
    for name in ("genome/genome.h5", "dataset/dataset.json", "peaks/called/K562_ATAC_peaks.narrowPeak.gz"):
        assert (folder / "results" / name).read_bytes() == (finished_run / "results" / name).read_bytes(), (
            name
        )


def test_two_snakemakes_in_one_folder(tmp_path):
    """The second is refused with what to do; the first goes on."""
    folder = copy_checkout(tmp_path / "run")
    first = start_snakemake(folder, "-c1")
    wait_for(lambda: list((folder / "results/logs").rglob("*.log")), first)
    second = run_snakemake(folder, "-c1", "--configfile", *EVERYTHING, check=False)
    running = first.poll() is None
    wait_for(lambda: in_a_job(first), first)
    os.kill(first.pid, signal.SIGTERM)
    first.wait()
    assert running and second.returncode != 0
    assert (
        "LockException" in second.stdout + second.stderr and "Traceback" not in second.stdout + second.stderr
    )
    assert not list((folder / ".snakemake/locks").glob("*")), "the first has given its lock back"


def test_a_job_that_outlived_its_snakemake_writes_into_no_file_of_the_next(tmp_path):
    """Every rule writes under names of its own process first: two jobs of one output at a time harm nothing."""
    direct = {
        rule.name for rule in rules() if rule.shell and "bam" in rule.shell and "part=" not in rule.shell
    }
    assert direct == set()
    script = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); from epigroup.core.files import whole\n"
        "with whole(sys.argv[2]) as path:\n"
        "    with open(path, 'w') as handle:\n"
        "        for i in range(40): handle.write(sys.argv[3] * 1000); handle.flush(); time.sleep(0.01)\n"
    )
    out = tmp_path / "out.txt"
    jobs = [
        subprocess.Popen([sys.executable, "-c", script, str(LIBRARY), str(out), letter]) for letter in "ab"
    ]
    assert [job.wait() for job in jobs] == [0, 0]
    assert out.read_text() in ("a" * 40_000, "b" * 40_000)
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]
