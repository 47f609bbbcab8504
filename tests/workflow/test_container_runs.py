"""`--sdm apptainer`: the jobs run in the image that the config names. A stand-in for apptainer writes down its command
line and runs what would run inside; no image is run."""

import json
import os
import subprocess
import sys

import pytest

from checkouts import MINI, REPOSITORY, copy_checkout, run_snakemake, snakemake_environment

APPTAINER = """\
#!{python}
import json, os, sys
words = sys.argv[1:]
if words == ["--version"]:
    sys.exit(print("apptainer version 1.3.4"))
with open({record!r}, "a") as record:
    record.write(json.dumps([words, os.environ.get("PYTHONPATH", "")]) + "\\n")
if words[0] == "pull":
    sys.exit(open(words[words.index("--name") + 1], "w").close())
inside = next(i for i, word in enumerate(words) if word.endswith((".sif", ".simg"))) + 1
os.execvp(words[inside], words[inside:])
"""
TARGET = "results/genome/index"  # two scripts, then a shell command
ADDRESS = "docker://registry.example.org/epigroup:some"


@pytest.fixture
def machine(tmp_path):
    """A checkout, and a function that runs the workflow in it where apptainer is installed: calls of apptainer."""
    folder, programs = copy_checkout(tmp_path / "checkout"), tmp_path / "programs"
    programs.mkdir()
    record = tmp_path / "record"
    (programs / "apptainer").write_text(APPTAINER.format(python=sys.executable, record=str(record)))
    (programs / "apptainer").chmod(0o755)
    environment = snakemake_environment()
    environment["PATH"] = f"{programs}:{environment['PATH']}"

    def run(*words):
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "-c1", *words, "--configfile", MINI, "image.yaml", "--", TARGET],
            cwd=folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        calls = record.read_text().splitlines() if record.exists() else []
        record.unlink(missing_ok=True)
        return list(map(json.loads, calls))

    return folder, run


def test_every_job_runs_in_the_image_with_the_library_on_its_path(machine):
    folder, run = machine
    (folder / "image.yaml").write_text("running: {container: images/epigroup.sif}\n")
    (folder / "images").mkdir()
    (folder / "images/epigroup.sif").touch()
    calls = run("--sdm", "apptainer", "--apptainer-args", "--nv --bind /data")
    assert [words[0] for words, _ in calls] == ["exec"] * 3
    for words, library in calls:
        assert words[1:3] == ["--home", str(folder)]
        assert words[3:6] == ["--nv", "--bind", "/data"]
        assert "images/epigroup.sif" in words
        assert library.split(os.pathsep)[0] == str(folder / "workflow/scripts")
    inside = [words[words.index("images/epigroup.sif") + 1 :] for words, _ in calls]
    assert all(command[:2] == ["bash", "-c"] for command in inside)
    scripts = ("simulate_genome.py", "build_genome.py", "bowtie2-build")
    assert all(name in command[2] for name, command in zip(scripts, inside, strict=True))
    assert (folder / TARGET / "genome.1.bt2").stat().st_size > 0


def test_an_image_by_its_address_is_fetched_once(machine):
    folder, run = machine
    (folder / "image.yaml").write_text(f"running: {{container: '{ADDRESS}'}}\n")
    (pulled, _), *jobs = run("--sdm", "apptainer")
    assert pulled[0] == "pull" and pulled[-1] == ADDRESS
    assert [words[0] for words, _ in jobs] == ["exec"] * 3
    assert all(pulled[pulled.index("--name") + 1] in " ".join(words) for words, _ in jobs)


def test_without_the_option_the_image_is_not_looked_at(machine):
    folder, run = machine
    (folder / "image.yaml").write_text("running: {container: images/none.sif}\n")
    assert run() == []
    assert (folder / TARGET).is_dir()


@pytest.mark.parametrize(
    "image, said",
    [
        (
            "null",
            "running.container: --sdm apptainer runs jobs in the image that this key names, and it names none",
        ),
        ("images/none.sif", "running.container: images/none.sif is not there"),
        ("'a b.sif'", "running.container: value 'a b.sif': must be the path of an image or its address"),
    ],
)
def test_what_cannot_be_is_said_before_any_job(tmp_path, image, said):
    (tmp_path / "image.yaml").write_text(f"running: {{container: {image}}}\n")
    run = run_snakemake(
        REPOSITORY, "-n", "--sdm", "apptainer", "--configfile", MINI, str(tmp_path / "image.yaml"),
        check=False,
    )  # fmt: skip
    assert run.returncode != 0
    assert said in run.stdout + run.stderr
