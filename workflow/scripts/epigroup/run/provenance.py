"""What made each result, kept beside the results.

Snakemake's own records lie in `.snakemake` of the folder it runs in. Who deletes that folder, or moves or shares the
results, loses them, and without a record a changed setting reruns nothing and nothing is said. The copy here goes
with the results and is put back where the records are of another tree or none.
"""

import gzip
import hashlib
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epigroup.core.errors import InputError
from epigroup.core.files import whole

FILE = "provenance.jsonl.gz"
FORMAT_VERSION = 1
_PLACE = "<folder of the results>"  # not the <results> that a config may hold
# Of a record, what names files of the results.
_NAMING = ("input", "params", "shellcmd", "log")
# Copies between file systems keep dates to the second, or to two.
_SAME_DATE = 2.0


@dataclass(frozen=True)
class Made:
    """A job that made results. outputs: path -> its date of change (s) when it was made, None for a temporary file,
    which is gone while its record still counts; record: what Snakemake keeps of it (rule, input, params, ...). Paths
    of the results are as they stand in the folder of the run."""

    outputs: Mapping[str, float | None]
    record: Mapping[str, Any]


def read_provenance(results: str) -> list[Made]:
    """The jobs recorded in a folder of results, none where it has no such file.

    Raises InputError for a file that is cut or of another format.
    """
    path = Path(results) / FILE
    if not path.exists():
        return []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            if json.loads(next(lines)) != {"format_version": FORMAT_VERSION}:
                raise ValueError("another format")
            return [_here(json.loads(line), results) for line in lines]
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        StopIteration,
        EOFError,
        zlib.error,
        gzip.BadGzipFile,
    ):
        raise InputError(
            f"{path}: cannot be read: it is cut or of another version. Delete it: what made the results is then known "
            "from .snakemake alone, if that is there"
        ) from None


def write_provenance(results: str, made: Iterable[Made]) -> None:
    """Write the jobs, in the order of their first output."""
    lines = sorted(json.dumps(_anywhere(one, results), sort_keys=True) for one in made)
    text = "\n".join([json.dumps({"format_version": FORMAT_VERSION}), *lines]) + "\n"
    with whole(Path(results) / FILE) as path:
        path.write_bytes(gzip.compress(text.encode(), 6, mtime=0))


def merged(kept: Iterable[Made], new: Iterable[Made]) -> list[Made]:
    """Jobs of the past whose outputs are all there and that no new one replaces, and the new ones."""
    new = list(new)
    replaced = {output for one in new for output in one.outputs}
    stands = [
        one
        for one in kept
        if not replaced & one.outputs.keys()
        and all(date is None or os.path.lexists(path) for path, date in one.outputs.items())
    ]
    return [*stands, *new]


def state(results: str) -> str:
    """sha256 of a folder's provenance file; empty without one."""
    path = Path(results) / FILE
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def put_back(made: Iterable[Made]) -> Iterator[tuple[list[str], Mapping[str, Any]]]:
    """(outputs, their record) of what is to be recorded anew, job by job: outputs that have the date that they had when
    they were made, and temporary ones. A file of another date is another's: of a run that was killed before it could
    write what it made, say."""
    for one in made:
        outputs = [
            output for output, made_at in one.outputs.items() if made_at is None or _has_date(output, made_at)
        ]
        if outputs:
            yield outputs, one.record


def _has_date(path: str, date: float) -> bool:
    try:
        return abs(os.stat(path).st_mtime - date) <= _SAME_DATE
    except (FileNotFoundError, NotADirectoryError):
        return False


def without_record(
    results: str, recorded: Iterable[str], outputs: Mapping[str, Iterable[re.Pattern | str]]
) -> dict[str, list[str]]:
    """Rule -> files of the results that it makes and that have no record, both in order.

    outputs: for each rule the paths that it makes, as they stand or as patterns that match a whole path.
    """
    recorded = set(recorded)
    whole_paths, patterns = {}, []
    for maker, made in outputs.items():
        for one in made:
            if isinstance(one, str):
                whole_paths[one] = maker
            else:
                patterns.append((one, maker))
    found: dict[str, list[str]] = {}
    for folder, folders, files in os.walk(results):
        if folder == results or os.path.dirname(folder) == os.path.join(results, "folds"):
            folders[:] = sorted(set(folders) - {"logs", "benchmarks"})
        for name in sorted([*files, *folders]):
            path = os.path.join(folder, name)
            if path in recorded:
                continue
            rule = whole_paths.get(path) or next((r for p, r in patterns if p.fullmatch(path)), None)
            if rule:
                found.setdefault(rule, []).append(path)
    return dict(sorted(found.items()))


def told_without_record(results: str, found: Mapping[str, list[str]], command: str) -> str:
    """The warning about results without a record; `command` is how the run was called."""
    count = sum(map(len, found.values()))
    first = next(iter(found.values()))[0]
    have, them, more = (" has", "it", "") if count == 1 else ("s have", "them", ", ...")
    return (
        f"{results}: {count:,} result{have} no record of the settings and inputs that made {them} ({first}{more}): "
        f".snakemake was deleted after a run that was killed, or they were copied without {FILE} or their "
        "dates. What is there is taken as it is: a change of the config does not make it again. If it may be of "
        "other settings, make it again: "
        f"{command} --forcerun {' '.join(found)}"
    )


def _anywhere(one: Made, results: str) -> dict[str, Any]:
    """As it is written: the folder of results without its name."""
    pattern = re.compile(rf"(?<![\w./-]){re.escape(results)}/")
    inside = results + "/"
    outputs = {
        _PLACE + path.removeprefix(results) if path.startswith(inside) else path: date
        for path, date in one.outputs.items()
    }
    return {"outputs": outputs, "record": _renamed(one.record, lambda text: pattern.sub(f"{_PLACE}/", text))}


def _here(written: Mapping[str, Any], results: str) -> Made:
    def named(text: str) -> str:
        return text.replace(f"{_PLACE}/", f"{results}/")

    outputs = {
        named(path): None if date is None else float(date) for path, date in written["outputs"].items()
    }
    return Made(outputs, _renamed(written["record"], named))


def _renamed(record: Mapping[str, Any], rename: Callable[[str], str]) -> dict[str, Any]:
    renamed = dict(record)
    for key in _NAMING:
        value = renamed.get(key)
        if isinstance(value, str):
            renamed[key] = rename(value)
        elif value is not None:
            renamed[key] = sorted(rename(text) for text in value)
    checksums = renamed.get("input_checksums")
    if checksums:
        renamed["input_checksums"] = {rename(path): one for path, one in checksums.items()}
    return renamed
