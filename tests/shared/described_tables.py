"""Whether every table that a run has left, and each HDF5 file that has a record, is described, column by column, in
`epigroup.results.catalogue`."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import h5py

from epigroup.results.catalogue import FILES, described
from epigroup.results.catalogue.record import ResultFile

# Below the results folder: what is not for a user's own reading, or has records of its own.
APART = (
    "benchmarks/",  # Snakemake's own form: seconds and memory
    "logs/",
    "checkpoints/",
    "simulation/alignments/",
    "figures/",  # the numbers of each figure: the figures' own records
    "quality/fastq/",  # a list; not an object
    "quality/multiqc/",  # MultiQC's own
    "downloads/",
)
ENDINGS = (".tsv", ".tsv.gz", ".json")


def tables(results: Path) -> Iterator[str]:
    """Paths below the results folder of all tables and JSON files but those apart, and of HDF5 files with a record."""
    for path in sorted(results.rglob("*")):
        name = path.relative_to(results).as_posix()
        hidden = any(part.startswith(".") for part in path.relative_to(results).parts)
        told = name.endswith(ENDINGS) or (name.endswith(".h5") and described(name))
        if path.is_file() and told and not hidden and not name.startswith(APART):
            yield name


def columns_of(path: Path, about: ResultFile) -> list[str]:
    """The columns of a table in their order, the keys of a JSON object, or the data sets of an HDF5 file."""
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            return list(file)
    if path.name.endswith(".json"):
        return list(json.loads(path.read_text(encoding="utf-8")))
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        first = next(line for line in lines if not line.startswith("#")).rstrip("\n").split("\t")
    return first if about.header else [one.name for one in about.columns][: len(first)]


def faults(results: Path) -> list[str]:
    """What is not described of a finished run, and what is described and not there."""
    found = []
    for name in tables(results):
        records = described(name)
        if len(records) != 1:
            found.append(f"{name}: {len(records)} records: {', '.join(one.key for one in records)}")
            continue
        [about] = records
        if not about.columns:  # another program's own form
            continue
        there = columns_of(results / name, about)
        if undescribed := about.undescribed(there):
            found.append(f"{name} ({about.key}): not described: {', '.join(undescribed)}")
        if lacking := about.lacking(there):
            found.append(f"{name} ({about.key}): described and not there: {', '.join(lacking)}")
        if name.endswith((".tsv", ".tsv.gz")) and not in_order(about, there):
            found.append(f"{name} ({about.key}): another order: {', '.join(there)}")
    return found


def in_order(about: ResultFile, there: list[str]) -> bool:
    """Whether the plain columns of a table stand in the order of its record."""
    plain = [one for one in map(about.column, there) if one is not None and not one.is_family]
    return plain == [one for one in about.columns if one in plain]


def seen(results: Path) -> set[str]:
    """Keys of the records of which a run has left a file."""
    return {key for key, about in FILES.items() for name in tables(results) if about.stands_for(name)}
