"""Results whose records in .snakemake are gone or are those of others: what made them stands beside them."""

import os
import shutil

import pytest

from checkouts import MINI, job_counts, run_snakemake

FILE = "results/provenance.jsonl.gz"


@pytest.fixture
def tree(finished_mini, tmp_path):
    """A finished run of its own, to be spoilt."""
    return shutil.copytree(finished_mini, tmp_path / "run", symlinks=True)


def to_run(folder, config, *more):
    """Rules that a dry run would do, and what it said."""
    run = run_snakemake(folder, "-n", "--configfile", config, *more)
    said = run.stdout + run.stderr
    return set(job_counts(said)) - {"everything", "total"}, said


def with_config(folder, name, *replacements):
    text = (folder / MINI).read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / name).write_text(text)
    return name


RATE = ("learning_rate: ", "learning_rate: 1")


def test_a_deleted_folder_of_records_is_made_good(tree):
    shutil.rmtree(tree / ".snakemake")
    rules, said = to_run(tree, MINI)
    assert rules == set()
    assert "results: .snakemake had no record of" in said
    rules, said = to_run(tree, with_config(tree, "other.yaml", RATE))
    assert {"train_pack", "compare_strategies", "make_report"} <= rules
    assert not rules & {"make_shard", "build_genome", "align_reads", "index_genome"}
    assert "had no record" not in said  # they are back


def test_temporary_files_have_a_record_too(tree):
    shutil.rmtree(tree / ".snakemake")
    rules, _ = to_run(
        tree, with_config(tree, "other.yaml", ("\ngenome:", "\nreads: {max_fragment: 900}\ngenome:"))
    )
    assert "align_reads" in rules
    assert "index_genome" not in rules


def test_moved_results_are_recognised(tree):
    shutil.rmtree(tree / ".snakemake")
    (tree / "results").rename(tree / "elsewhere")
    where = ("results: results", "results: elsewhere")
    rules, _ = to_run(tree, with_config(tree, "moved.yaml", where))
    assert rules <= {"make_report"}  # it names the folder
    rules, _ = to_run(tree, with_config(tree, "moved.yaml", where, RATE))
    assert "train_pack" in rules
    assert not rules & {"make_shard", "build_genome", "align_reads", "index_genome"}


def test_results_put_in_the_place_of_others_are_known_for_what_they_are(tree):
    """Another run of the same names: the records in .snakemake are of the results that it was moved over."""
    other = with_config(tree, "other.yaml", ("k: 3", "k: 2"))
    shutil.copytree(tree / "results", tree / "first", symlinks=True)
    run_snakemake(tree, "-c2", "results/groupings/kmeans/seed1/groups.tsv", "--configfile", other)
    shutil.rmtree(tree / ".snakemake")  # the job that was asked for has its record too
    assert "group_tasks" in to_run(tree, MINI)[0]
    (tree / "results").rename(tree / "second")
    (tree / "first").rename(tree / "results")
    assert "group_tasks" in to_run(tree, other)[0]
    assert to_run(tree, MINI)[0] == set()


def test_results_without_any_record_are_named_in_the_run_itself(tree):
    shutil.rmtree(tree / ".snakemake")
    (tree / FILE).unlink()
    run = run_snakemake(tree, "-c2", "--configfile", with_config(tree, "other.yaml", RATE))
    said = run.stdout + run.stderr
    assert "Nothing to be done" in said
    assert "have no record of the settings and inputs that made them" in said
    line = next(line for line in said.splitlines() if "--forcerun" in line)
    words = line[line.index("snakemake --configfile") :].split()
    assert {"train_pack", "build_genome"} <= set(words[words.index("--forcerun") :])
    rules, _ = to_run(tree, "other.yaml", *words[words.index("--forcerun") :])
    assert {"build_genome", "train_pack"} <= rules


def test_a_file_of_a_run_that_was_killed_is_not_taken_for_the_recorded_one(tree):
    """Then .snakemake is deleted, as people do to be rid of a lock."""
    os.utime(tree / "results/models/SMTL/seed1/pack0.safetensors")
    shutil.rmtree(tree / ".snakemake")
    _, said = to_run(tree, MINI)
    assert "results: 1 result has no record of the settings" in said
    assert "results/models/SMTL/seed1/pack0.safetensors" in said and "--forcerun train_pack" in said


def test_a_cut_provenance_file_is_named(tree):
    shutil.rmtree(tree / ".snakemake")
    path = tree / FILE
    path.write_bytes(path.read_bytes()[:-200])
    run = run_snakemake(tree, "-n", "--configfile", MINI, check=False)
    assert run.returncode == 1
    assert f"{FILE}: cannot be read" in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr
