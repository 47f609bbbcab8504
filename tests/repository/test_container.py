"""The container's recipes hold what the conda environments list, no other versions and nothing less."""

import os
import re
import subprocess

import pytest
import yaml

from checkouts import REPOSITORY
from environment_files import ENVS

CONTAINER = REPOSITORY / "container"
# Environments that the image makes from their own files: command-line tools.
AS_THEY_ARE = {"align.yaml", "macs2.yaml", "macs3.yaml", "idr.yaml", "multiqc.yaml"}
SNAKEMAKE = {
    "snakemake-minimal": "snakemake",
    "snakemake-executor-plugin-slurm": "snakemake-executor-plugin-slurm",
}


def listed(path):
    """Packages and versions; of torch the image takes the build that CUDA asks for."""
    entries = yaml.safe_load(path.read_text())["dependencies"]
    return {"=".join(entry.split("=")[:2]) for entry in entries}


def test_the_one_environment_is_the_sum_of_those_of_the_scripts():
    scripts = set().union(*(listed(path) for path in ENVS.glob("*.yaml") if path.name not in AS_THEY_ARE))
    here = listed(CONTAINER / "environment.yaml")
    assert {entry for entry in here if entry.split("=")[0] not in SNAKEMAKE} == scripts
    names = [entry.split("=")[0] for entry in here]
    assert len(names) == len(set(names)), "one version of each"


def test_channels_are_those_of_the_environments():
    channels = yaml.safe_load((CONTAINER / "environment.yaml").read_text())["channels"]
    assert all(yaml.safe_load(path.read_text())["channels"] == channels for path in ENVS.glob("*.yaml"))


def test_snakemake_is_that_of_the_requirements():
    pins = dict(
        line.split("==") for line in (REPOSITORY / "requirements.in").read_text().splitlines() if "==" in line
    )
    here = dict(entry.split("=") for entry in listed(CONTAINER / "environment.yaml"))
    assert {name: here[name] for name in SNAKEMAKE} == {name: pins[pin] for name, pin in SNAKEMAKE.items()}


def test_tools_called_by_scripts_of_other_environments_are_there():
    """A script that runs macs2 imports pysam: here from the one environment, not from that of macs2."""
    python = {entry.split("=")[0] for entry in listed(CONTAINER / "environment.yaml")}
    for caller in ("macs2", "macs3"):
        assert {entry.split("=")[0] for entry in listed(ENVS / f"{caller}.yaml")} - {caller} <= python


@pytest.mark.parametrize("recipe", ["Dockerfile", "epigroup.def"])
def test_both_recipes_copy_and_install_the_same(recipe):
    text = (CONTAINER / recipe).read_text()
    copied = set(re.findall(r"(?:container|workflow/envs)/[\w.]+(?:yaml|sh)", text))
    wanted = {"container/environment.yaml", "container/install.sh"} | {
        f"workflow/envs/{name}" for name in AS_THEY_ARE
    }
    assert copied == wanted and all((REPOSITORY / name).is_file() for name in copied)
    assert "condaforge/miniforge3:24.11.3-0" in text
    assert (
        "/opt/epigroup/bin:$PATH:/opt/align/bin:/opt/macs2/bin:/opt/macs3/bin:/opt/idr/bin:/opt/multiqc/bin"
        in text
    )
    assert "/opt/recipe/install.sh /opt/recipe" in text


def test_an_image_for_cuda_without_torch_for_cuda_is_not_built():
    """conda may take the CPU build although it was told of a driver."""
    text = (CONTAINER / "install.sh").read_text()
    look = text[text.index('python -c "import h5py') :]
    fake = "import sys, types; torch = types.SimpleNamespace(version=types.SimpleNamespace(cuda={cuda}))"
    check = re.search(r"^sys\.exit.*$", look, re.MULTILINE)
    for override, cuda, wrong in (("12.9", None, True), ("12.9", "'12.9'", False), ("", None, False)):
        code = f"{fake.format(cuda=cuda)}; import os\n{check[0].rstrip(chr(34))}"
        run = subprocess.run(
            ["python", "-c", code], env={**os.environ, "CONDA_OVERRIDE_CUDA": override}, check=False
        )
        assert (run.returncode != 0) == wrong


def test_the_installation_looks_at_every_tool_and_import():
    text = (CONTAINER / "install.sh").read_text()
    subprocess.run(["bash", "-n", CONTAINER / "install.sh"], check=True)
    assert {
        f"{part}:{file}"
        for part, file in [("epigroup", "environment"), *((name[:-5], name[:-5]) for name in AS_THEY_ARE)]
    } <= set(text.replace(";", " ").split())
    tools = {entry.split("=")[0] for name in AS_THEY_ARE for entry in listed(ENVS / name)} - {
        "python",
        "pysam",
    }
    assert tools <= set(text.replace(";", " ").split())
