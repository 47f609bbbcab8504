"""Both entry files, Snakefile and workflow/Snakefile: the same jobs from the repository and from any other folder."""

import os
import shutil

import pytest

from checkouts import MINI, REPOSITORY, WORKFLOW, copy_checkout, job_counts, run_snakemake, take_digests

ENTRIES = [REPOSITORY / "Snakefile", WORKFLOW / "Snakefile"]


def jobs(said: str) -> dict[str, int]:
    """Jobs by rule of a dry run; the rule that asks for all of them has a name of its own in either file."""
    return {name: n for name, n in job_counts(said).items() if name not in ("all", "everything", "total")}


def given_config(folder):
    """The one-minute config and its sheet, in a folder that holds nothing else."""
    shutil.copytree(REPOSITORY / "tests/mini", folder / "tests/mini")
    return take_digests(folder)


@pytest.fixture(scope="module")
def expected():
    run = run_snakemake(REPOSITORY, "-n", "--configfile", MINI)
    counts = jobs(run.stdout)
    assert counts["train_pack"] == 4 and len(counts) > 30
    return counts


@pytest.mark.parametrize("entry", ENTRIES, ids=["root", "workflow"])
def test_all_jobs_from_the_repository(expected, entry):
    run = run_snakemake(REPOSITORY, "-n", "-s", str(entry), "--configfile", MINI)
    assert jobs(run.stdout) == expected


@pytest.mark.parametrize("entry", ENTRIES, ids=["root", "workflow"])
def test_all_jobs_from_an_empty_folder(expected, entry, tmp_path):
    run = run_snakemake(given_config(tmp_path), "-n", "-s", str(entry), "--configfile", MINI)
    assert jobs(run.stdout) == expected


def test_all_jobs_by_directory(expected, tmp_path):
    """Paths of config and sheet are looked up in --directory, the config file itself where the command is typed."""
    folder = given_config(tmp_path)
    run = run_snakemake(REPOSITORY, "-n", "--directory", str(folder), "--configfile", str(folder / MINI))
    assert jobs(run.stdout) == expected


def test_a_folder_without_a_config_is_told_how_to_name_one(tmp_path):
    run = run_snakemake(take_digests(tmp_path), "-n", "-s", str(ENTRIES[0]), check=False)
    assert run.returncode != 0 and "Traceback" not in run.stdout + run.stderr
    assert "config/config.yaml is not there, and no other config was named" in run.stdout + run.stderr


def test_the_plan_is_told_each_time(tmp_path):
    folder = given_config(tmp_path)
    for _ in range(2):
        said = run_snakemake(folder, "-c1", "-s", str(ENTRIES[1]), "--configfile", MINI, "--", "plan").stdout
        assert "Trainings" in said and "kept at the end" in said


@pytest.mark.parametrize("entry", ENTRIES, ids=["root", "workflow"])
def test_a_finished_tree_elsewhere_is_finished_whatever_the_dates_of_the_scripts(
    finished_mini, entry, tmp_path
):
    """profiles/default is found beside either file; without it Snakemake compares scripts by date."""
    folder = given_config(tmp_path)
    for name in ("results", ".snakemake"):
        shutil.copytree(finished_mini / name, folder / name, symlinks=True, dirs_exist_ok=True)
    checkout = copy_checkout(tmp_path / "checkout")
    for script in (checkout / "workflow").rglob("*"):
        os.utime(script)
    run = run_snakemake(
        folder, "-n", "-s", str(checkout / entry.relative_to(REPOSITORY)), "--configfile", MINI
    )
    assert "Nothing to be done" in run.stdout + run.stderr
