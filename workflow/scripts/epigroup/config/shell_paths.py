"""Paths of config and sheet as a shell takes them: `~` and `~NAME` at the start, `$NAME` and `${NAME}` anywhere.

What follows (params of rules, inputs, provenance) holds the path that comes out, so that a file reruns nothing by being
written otherwise.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from epigroup.core.errors import InputError

VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))", re.ASCII)
Rows = list[tuple[int, dict[str, str]]]
HOME = re.compile(r"~[^/]*")
# Keys of the config that name files; `*` stands for any name.
KEYS = (
    "samples",
    "genome.fasta",
    "genome.blacklist",
    "genome.gtf",
    "groupings.*.file",
    "known_sets.file",
    "external.*.file",
    "predict.fasta",
    "predict.regions",
    "adopt.samples",
    "imputation.regions",
    "imputation.blacklist",
    "imputation.genes",
    "imputation.enhancers",
    "imputation.folds.file",
    "running.container",
)


def expanded(written: str, known: dict[str, str]) -> str:
    """A path, or paths parted by `;`, as a shell would take it; `known` gets what is replaced in it, by how it is
    written; not what stands in an address.

    Raises InputError naming the variables that are not set or empty, and users who are not there.
    """
    parts: list[str] = []
    told: dict[str, str] = {}
    faults: list[str] = []
    for part in written.split(";"):
        home, found = HOME.match(part), {}
        if home:
            found[home[0]] = os.path.expanduser(home[0])
            part = found[home[0]] + part[home.end() :]
            if found[home[0]] == home[0]:
                faults.append(f"{home[0]} is the home of no user here; write the folder out")
        for name in (one or other for one, other in VARIABLE.findall(part)):
            found[f"${name}"] = os.environ.get(name, "")
            if not found[f"${name}"]:
                faults.append(
                    f"${name} is {'empty' if name in os.environ else 'not set'}, and a shell would put nothing in its "
                    f"place; set it where you start the run: export {name}=FOLDER"
                )
        if "://" not in part:  # what stands in an address may be a key
            told |= found
        parts.append(VARIABLE.sub(partial(_value, found), part))
    if faults:
        raise InputError(f"{written!r}: {'; '.join(dict.fromkeys(faults))}")
    known |= told
    return ";".join(parts)


def _value(found: Mapping[str, str], match: re.Match[str]) -> str:
    return found[f"${match[1] or match[2]}"]


def expand_rows(rows: Rows, columns: Sequence[str]) -> tuple[Rows, dict[str, str], dict[str, str]]:
    """The sheet's rows with the files in these columns as a shell takes them; what was replaced; and what cannot be, by
    "line N, column C"."""
    changed: Rows = []
    known: dict[str, str] = {}
    faults: dict[str, str] = {}
    for line, row in rows:
        new = dict(row)
        for column in columns:
            try:
                new |= {column: expanded(row[column], known)} if column in row else {}
            except InputError as error:
                faults[f"line {line}, column {column}"] = str(error)
        changed.append((line, new))
    return changed, known, faults


def expand_config(config: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The config with its files (KEYS) as a shell takes them. Raises InputError that lists every key that cannot be."""
    full, faults = dict(config), []
    for key in KEYS:
        for section, last, name in _places(full, key.split("."), ""):
            try:
                section[last] = expanded(section[last], {})
            except InputError as error:
                faults.append(f"{source}: {name}: {error}")
    if faults:
        raise InputError("\n".join(faults))
    return full


def _places(section: dict[str, Any], key: list[str], above: str) -> Iterator[tuple[dict[str, Any], str, str]]:
    """(mapping, its key, its name in the config) of each text that a key of KEYS stands for. The mappings on the way
    are replaced by copies, so that the user's own stay as they are."""
    first, *rest = key
    for name in list(section) if first == "*" else [first] if first in section else []:
        if not rest and isinstance(section[name], str):
            yield section, name, f"{above}{name}"
        elif rest and isinstance(section[name], Mapping):
            section[name] = dict(section[name])
            yield from _places(section[name], rest, f"{above}{name}.")
