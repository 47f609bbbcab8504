"""Environment files pin versions that agree, each is used, and the build of torch follows the device."""

import re
import subprocess
import sys

import pytest
import yaml

from checkouts import MINI, REPOSITORY, WORKFLOW, copy_checkout
from environment_files import ENVS, PACKAGE_OF_IMPORT
from shell_rules import rules

RULES = list(rules())


@pytest.mark.parametrize("path", sorted(ENVS.glob("*.yaml")), ids=lambda path: path.name)
def test_environment_files_pin_exact_versions_from_the_two_channels(path):
    content = yaml.safe_load(path.read_text())
    assert content["channels"] == ["conda-forge", "bioconda", "nodefaults"]
    for entry in content["dependencies"]:
        assert re.fullmatch(r"[a-z0-9-]+=\d+(\.\w+)+(=(cuda|cpu)\*)?", entry), entry


def test_the_build_of_torch_is_named_and_all_else_is_the_same():
    """By its build, as the feedstock's maintainers say; without it a login node gets the one for the CPU."""
    gpu, cpu = (
        yaml.safe_load((ENVS / name).read_text())["dependencies"] for name in ("torch.yaml", "torch_cpu.yaml")
    )
    assert set(gpu) ^ set(cpu) == {"pytorch=2.13.0=cuda*", "pytorch=2.13.0=cpu*"} and len(gpu) == len(cpu)
    assert "pytorch=2.13.0=cuda*" in gpu


def test_every_rule_with_torch_takes_the_build_of_the_devices_that_train():
    """So that a run on a CPU does not fetch gigabytes, and one on a GPU has what it needs."""
    with_torch = [rule for rule in RULES if rule.env and "torch" in rule.env]
    assert len(with_torch) >= 10
    for rule in with_torch:
        assert '"../envs/torch.yaml" if ON_GPU else "../envs/torch_cpu.yaml"' in rule.text, rule.name


# Snakemake itself, which writes down the environment of each job.
JOBS = """
import sys
from snakemake.cli import main
from snakemake.executors import dryrun

printed = dryrun.Executor.run_job
def run_job(self, job):
    for one in [job] if hasattr(job, "rule") else job:
        print("made in", one.rule.name, one.rule.conda_env)
    printed(self, job)
dryrun.Executor.run_job = run_job
main(sys.argv[1:])
"""


@pytest.mark.parametrize(("device", "env"), [("cpu", "torch_cpu"), ("auto", "torch")])
def test_the_environment_follows_the_device(tmp_path, device, env):
    folder = copy_checkout(tmp_path)
    (folder / "device.yaml").write_text(f"training: {{device: {device}}}\n")
    model = "results/models/SMTL/seed1/pack0.safetensors"
    run = subprocess.run(
        [sys.executable, "-c", JOBS, "-n", "-c1", model, "--configfile", MINI, "device.yaml"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = dict(re.findall(r"^made in (\w+) .*?envs/(\w+)\.yaml", run.stdout, re.MULTILINE))
    assert (found["train_pack"], found["make_shard"]) == (env, "dataset"), run.stdout + run.stderr


def test_every_environment_file_is_used():
    named = {name for rule in RULES for name in re.findall(r'"\.\./envs/([\w.-]+)"', rule.text)}
    assert named == {path.name for path in ENVS.glob("*.yaml")}


def test_python_packages_have_one_version_everywhere():
    """The environment without conda and those with it run the same code."""
    pins = {}
    for line in (WORKFLOW.parent / "requirements.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, version = line.split("==")
            pins[name.lower()] = version
    import_of = {
        package: name for name, package in PACKAGE_OF_IMPORT.items() if package in ("pytorch", "python-isal")
    }
    import_of["matplotlib-base"] = "matplotlib"
    for path in ENVS.glob("*.yaml"):
        for entry in yaml.safe_load(path.read_text())["dependencies"]:
            name, version = entry.split("=")[:2]
            pinned = pins.get(import_of.get(name, name).lower())
            assert pinned in (None, version), f"{path.name}: {entry}, requirements.txt: {pinned}"


def test_set_up_and_conda_have_one_multiqc():
    """Set-up has it from setup/multiqc.txt, every package of it pinned; `--sdm conda` and the image from its file."""
    pinned = dict(
        line.split("==")
        for line in (REPOSITORY / "setup/multiqc.txt").read_text().splitlines()
        if line[0] != "#"
    )
    listed = yaml.safe_load((WORKFLOW / "envs/multiqc.yaml").read_text())["dependencies"]
    assert f"multiqc={pinned['multiqc']}" in listed
    assert len(pinned) > 40
