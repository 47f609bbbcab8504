"""Examples of profiles: YAML whose commands name nothing that a job does not have."""

import re
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = re.findall(r"```yaml\n(.*?)```", (REPOSITORY / "profiles/README.md").read_text(), re.DOTALL)


def test_there_is_one_of_each():
    executors = [yaml.safe_load(text)["executor"] for text in EXAMPLES]
    assert executors == ["cluster-generic", "cluster-generic", "kubernetes"]


@pytest.mark.parametrize("text", EXAMPLES, ids=["PBS", "LSF", "Kubernetes"])
def test_every_field_of_a_command_is_had_by_every_job(text):
    profile = yaml.safe_load(text)
    defaults = dict(entry.split("=") for entry in profile["default-resources"])
    fields = set(re.findall(r"\{([\w.]+)\}", profile.get("cluster-generic-submit-cmd", "")))
    assert fields <= {"rule", "threads"} | {f"resources.{name}" for name in defaults}
    assert defaults.keys() >= {"mem_mb", "runtime"}


def test_rules_of_the_gpu_that_the_profiles_name_are_those_that_ask_for_one():
    """The block of the Slurm profile that gives them a partition."""
    asking = set()
    for path in (REPOSITORY / "workflow/rules").glob("*.smk"):
        parts = re.split(r"^ *rule (\w+):$", path.read_text(), flags=re.MULTILINE)
        asking |= {
            name for name, body in zip(parts[1::2], parts[2::2]) if re.search(r"^ +gpu=", body, re.MULTILINE)
        }
    slurm = (REPOSITORY / "profiles/slurm/config.yaml").read_text()
    block = slurm[slurm.index("# set-resources:") :]
    named = set(re.findall(r"^#   (\w+): [&*]gpu", block, re.MULTILINE))
    assert named == asking
