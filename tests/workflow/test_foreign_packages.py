"""Another package of this name, as a second checkout on PYTHONPATH would bring."""

import subprocess
import sys

from checkouts import MINI, copy_checkout, snakemake_environment


def test_jobs_run_the_code_of_their_own_checkout(tmp_path):
    folder = copy_checkout(tmp_path / "checkout")
    other = tmp_path / "other" / "epigroup"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("raise ImportError('the package of another checkout')\n")
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "-c1", "results/genome/chrom.sizes", "--configfile", MINI],
        cwd=folder, env=snakemake_environment() | {"PYTHONPATH": str(other.parent)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert (folder / "results/genome/chrom.sizes").exists()
