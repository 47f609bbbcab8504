"""Files of the section genome that the config gives by their address: where each comes to lie, and what is wrong."""

from collections.abc import Mapping
from typing import Any, overload

from epigroup.config.downloads.accessions import FOLDER, Download
from epigroup.config.downloads.addresses import SCHEME, fault_of_address, file_name

KEYS = ("fasta", "blacklist", "gtf")


def is_address(path: str | None) -> bool:
    return path is not None and SCHEME.match(path) is not None


@overload
def here(path: str) -> str: ...


@overload
def here(path: None) -> None: ...


def here(path: str | None) -> str | None:
    """A path as it is; instead of an address the place that its file is fetched to."""
    return f"{FOLDER}/{file_name(path)}" if path is not None and is_address(path) else path


def genome_downloads(genome: Mapping[str, Any]) -> dict[str, Download]:
    """The files to fetch, by their names, each with the checksum that `genome.checksums` has for it."""
    sums = genome.get("checksums", {})
    return {
        file_name(genome[key]): Download(
            file_name(genome[key]), "", genome[key], sums.get(key), f"genome.{key}", f"genome.checksums.{key}"
        )
        for key in KEYS
        if is_address(genome[key])
    }


def faults_of_genome(genome: Mapping[str, Any]) -> list[str]:
    """What is wrong with addresses of the section genome and with its checksums, each with its key."""
    faults = [
        f"genome.{key}: {fault}"
        for key in KEYS
        if is_address(genome[key]) and (fault := fault_of_address(key, genome[key]))
    ]
    faults += [
        f"genome.checksums.{key}: {known} is compared when a file is fetched, and genome.{key} is "
        f"{repr(genome[key]) if genome[key] else 'empty'}: give the address of the file, or leave the checksum out"
        for key, known in genome.get("checksums", {}).items()
        if not is_address(genome[key])
    ]
    return faults
