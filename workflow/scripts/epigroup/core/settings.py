"""A section of the config as a frozen record: what a stage is told, by name and type, once it is read."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from epigroup.core.errors import InputError

Record = TypeVar("Record")


def read_settings(kind: type[Record], given: Mapping[str, Any], section: str) -> Record:
    """A mapping, such as a completed section of the config, as the record `kind`.

    kind: a frozen dataclass, its fields named as the section's keys. A field that is a dataclass (or that, or None)
    takes a mapping and is read likewise; one that is a tuple takes a list. A key that is not there takes the field's
    default. What values may be is checked where the config is read (`config.schema`), not here.
    Raises InputError, beginning with `section`, for keys that the record lacks and fields without key and default.
    """
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]  # no bound says "a dataclass"
    strange = sorted(set(given) - set(known))
    if strange:
        raise InputError(f"{section}: unknown key {strange[0]!r}; known: {', '.join(known)}")
    lacking = [name for name, one in known.items() if name not in given and not _has_default(one)]
    if lacking:
        raise InputError(f"{section}: the key {lacking[0]!r} is missing")
    hints = get_type_hints(kind)
    return kind(**{name: _read(hints[name], value, f"{section}.{name}") for name, value in given.items()})


def _has_default(one: Field) -> bool:
    return one.default is not MISSING or one.default_factory is not MISSING


def _read(hint: Any, value: Any, section: str) -> Any:
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    record = next((kind for kind in kinds if isinstance(kind, type) and is_dataclass(kind)), None)
    if record is not None and isinstance(value, Mapping):
        return read_settings(record, value, section)
    if isinstance(value, list) and any(tuple in (kind, get_origin(kind)) for kind in kinds):
        return tuple(value)
    return value


def as_given(record: Any) -> dict[str, Any]:
    """The mapping that `read_settings` reads a record from, for what is written: tuples as lists, records within as
    mappings; keys that need not be there are left out where they are None, as is their default.

    TypeError for a record that lies within a tuple or a mapping: `read_settings` would not make it again.
    """
    return {
        one.name: _given(value)
        for one in fields(record)
        if (value := getattr(record, one.name)) is not None or one.default is not None
    }


def _given(value: Any) -> Any:
    if is_dataclass(value):
        return as_given(value)
    within = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else ()
    for one in within:
        if is_dataclass(one) or isinstance(one, tuple):
            raise TypeError(f"{type(one).__name__} lies within {value!r}: only a field may hold one")
    return list(value) if isinstance(value, tuple) else value
