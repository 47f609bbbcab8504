"""With what, and when, the networks of a run were trained: read from the model files without PyTorch."""

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from epigroup.core.errors import InputError
from epigroup.core.text_files import first_line, text_check

LONGEST = 1 << 28  # bytes of a header; the format's own limit is 100 MB
KEY = "epigroup"  # as `networks.model_files.METADATA_KEY`, which cannot be had without PyTorch


@dataclass(frozen=True)
class TrainingRecord:
    """What model files say of their making.

    versions: software -> the versions that wrote them, ascending; empty for files that name none. precisions,
    layouts (of activations), processors (models): as the networks were trained.
    first, last: dates of the oldest and the newest file, which a copy may have changed:
    the format holds no date. n_files: how many were read.
    """

    versions: dict[str, list[str]]
    precisions: list[str]
    layouts: list[str]
    processors: list[str]
    first: datetime
    last: datetime
    n_files: int


def read_training_record(paths: Iterable[str | Path]) -> TrainingRecord | None:
    """The record of a run's model files; None where there are none. Raises InputError for a file that is no
    model of this workflow or whose metadata do not match their checksum."""
    paths = list(paths)
    if not paths:
        return None
    versions: dict[str, set[str]] = {}
    precisions, layouts, processors, dates = set(), set(), set(), []
    for path in paths:
        about = read_about(path)
        for name, version in (about.get("versions") or {}).items():
            versions.setdefault(name, set()).add(str(version))
        precisions |= {about["precision"]} if about.get("precision") else set()
        layouts |= set((about.get("layout") or {}).values())
        processors |= {about["processor"]} if about.get("processor") else set()
        dates.append(datetime.fromtimestamp(Path(path).stat().st_mtime, UTC))
    return TrainingRecord(
        {name: sorted(found) for name, found in versions.items()},
        sorted(precisions),
        sorted(layouts),
        sorted(processors),
        min(dates),
        max(dates),
        len(paths),
    )


def read_about(path: str | Path) -> dict:
    """What a model file says of itself: the JSON in the header of the safetensors format."""
    try:
        with open(path, "rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            if size > LONGEST:
                raise ValueError(f"a header of {size} bytes")
            content = json.loads(json.loads(file.read(size))["__metadata__"][KEY])
        if text_check(content["about"]) != content["crc32"]["about"]:
            raise InputError(f"{path}: damaged: its metadata do not match their checksum; train it again")
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a model file ({first_line(error)}); train it again") from error
    return content["about"]
