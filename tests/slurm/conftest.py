"""One cluster for all tests here, and what the training that they disturb makes when nothing happens to it."""

import os

import pytest

from checkouts import run_snakemake, snakemake_environment
from cluster import Cluster, missing_commands
from cluster_training import MODEL, TRAINING, copy_finished


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """Two nodes of two processors each, and one with a GPU."""
    if os.getuid() != 0:
        pytest.skip("Slurm's daemons need root")
    missing = missing_commands()
    if missing:
        pytest.skip(
            f"not installed: {', '.join(missing)}; setup/setup.sh slurm installs Slurm as root on Debian"
        )
    here = Cluster(tmp_path_factory.mktemp("slurm"))
    try:
        here.start()
        yield here
    finally:
        here.stop()


@pytest.fixture
def slurm_environment(cluster):
    """Environment of a login node of the cluster."""
    return snakemake_environment(cluster.environment)


@pytest.fixture(scope="session")
def undisturbed(finished_mini, tmp_path_factory) -> bytes:
    """The model that the long training makes when nothing happens to it."""
    folder = copy_finished(finished_mini, tmp_path_factory.mktemp("undisturbed") / "run")
    run_snakemake(folder, "-c1", *TRAINING)
    return (folder / MODEL).read_bytes()
