"""A data set and the genome that it was made from."""

import os
from collections.abc import Iterable

from epigroup.core.errors import InputError
from epigroup.dataset.dataset import Dataset, open_dataset
from epigroup.genome.codes import Genome, open_genome


def open_with_genome(
    genome_h5: str | os.PathLike,
    dataset_json: str | os.PathLike,
    shard_paths: Iterable[str | os.PathLike],
) -> tuple[Dataset, Genome]:
    """A data set, as `open_dataset` opens it, and its genome.

    Raises InputError for a genome of another FASTA than the data set's, and as `open_dataset` and `open_genome`.
    """
    dataset, genome = open_dataset(dataset_json, shard_paths), open_genome(genome_h5)
    if genome.fasta_sha256 != dataset.genome_sha256:
        raise InputError(
            f"{genome_h5}: not the genome that the data set {dataset_json} was made from; make both again"
        )
    return dataset, genome
