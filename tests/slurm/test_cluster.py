"""The link that a cluster of these tests leaves in /etc/slurm when its run is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cluster import left_behind


def configured(folder: Path) -> Path:
    """A folder as a cluster writes it, and the link to its configuration."""
    folder.mkdir()
    (folder / "slurm.conf").write_text(f"ClusterName=test\nStateSaveLocation={folder}/state\n")
    link = folder.with_name("link")
    link.symlink_to(folder / "slurm.conf")
    return link


def test_a_killed_run_does_not_block_the_next_one(tmp_path):
    link = configured(tmp_path / "slurm0")
    code = (
        "import sys, time; from pathlib import Path; from cluster import Cluster\n"
        "c = Cluster(Path(sys.argv[1])); c.hold(); print('held', flush=True); time.sleep(600)"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "slurm0")],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
    )
    try:
        assert run.stdout.readline() == b"held\n"
        assert not left_behind(link), "a run that lives"
    finally:
        run.kill()
        run.communicate()
    assert left_behind(link), "its run was killed, its folder stands"
    (tmp_path / "slurm0" / "slurm.conf").unlink()
    assert left_behind(link), "its folder was cleaned up"


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_slurm_of_the_machine_is_left_alone(tmp_path, kind):
    given = tmp_path / "slurm.conf"
    given.write_text("ClusterName=ours\nStateSaveLocation=/var/spool/slurm\n")
    if kind == "link":
        given = tmp_path / "link"
        given.symlink_to(tmp_path / "slurm.conf")
    assert not left_behind(given)


def test_no_configuration_is_none_left_behind(tmp_path):
    assert not left_behind(tmp_path / "slurm.conf")
