"""The genome of given alignments."""

import numpy as np
import pysam
import pytest

from given_reads import SIZES
from sequence_files import write_fasta


@pytest.fixture(scope="module")
def fasta(tmp_path_factory):
    """A genome of the contigs that given BAM files have."""
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    letters = np.random.default_rng(3).choice(list("ACGT"), max(SIZES.values()))
    write_fasta(path, {name: letters[:size] for name, size in SIZES.items()})
    pysam.faidx(str(path))
    return path
