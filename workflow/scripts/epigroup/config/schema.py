"""The config file against its schema: strange text refused, defaults filled in, numbers cast, faults named."""

import difflib
import json
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators

from epigroup import WORKFLOW
from epigroup.core.errors import InputError
from epigroup.core.text_files import first_line

TYPES = {
    "integer": "a whole number", "number": "a number", "boolean": "true or false", "string": "text", "array": "a list",
    "object": "keys with values", "null": "nothing (null)",
}  # fmt: skip
BOUNDS = {
    "minimum": "must be at least {}", "exclusiveMinimum": "must be above {}", "maximum": "must be at most {}",
    "exclusiveMaximum": "must be below {}", "minItems": "must have at least {} entries",
    "maxItems": "must have at most {} entries", "uniqueItems": "must not hold anything twice",
}  # fmt: skip
DEEPEST, MOST_NODES, LARGEST = 40, 100_000, 2**53
SCHEMA = WORKFLOW / "schemas" / "config.schema.yaml"


def read_schema(path: Path) -> dict[str, Any]:
    """A schema of this workflow, by libyaml where it is there, in a tenth of the time; a user's file is read by yaml
    itself, whose errors say more."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)


@cache
def _schema() -> dict[str, Any]:
    return read_schema(SCHEMA)


def check_config_text(path: str | os.PathLike) -> None:
    """Refuse (InputError) what is lost when a config file is parsed: a key that stands twice in one mapping; and
    what no parser can read.
    """
    try:
        loader = yaml.SafeLoader(Path(path).read_bytes().decode())
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise InputError(f"{path}: is no mapping of keys to values")
        if _count_nodes(path, node, (), {}) > MOST_NODES:
            raise InputError(f"{path}: its aliases stand for more than {MOST_NODES:,} values; write them out")
        loader.construct_document(node)
    except OSError as error:
        raise InputError(f"{path}: the config cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8; save it as UTF-8 text") from None
    except RecursionError:
        raise InputError(f"{path}: is nested too deeply to be a config") from None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        says = getattr(error, "problem", None) or first_line(error)
        raise InputError(f"{path}{where}: not YAML: {says}") from None


def _count_nodes(
    path: str | os.PathLike, node: yaml.Node, above: tuple[int, ...], counted: dict[int, int]
) -> int:
    """Values below a node with its aliases written out; every mapping is checked on the way."""
    if id(node) in counted:
        return counted[id(node)]
    at = f"{path}, line {node.start_mark.line + 1}"
    if id(node) in above:
        raise InputError(f"{at}: an alias stands within what it names")
    if len(above) > DEEPEST:
        raise InputError(f"{at}: is nested too deeply to be a config")
    children = []
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise InputError(f"{path}, line {line}: a key is no word")
            if key.value in seen:
                raise InputError(
                    f"{path}, line {line}: the key {key.value!r} stands on line {seen[key.value]} already; only "
                    "one of them would count, remove one"
                )
            seen[key.value] = line
            children.append(value)
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    else:
        _check_plain_number(at, node)
    counted[id(node)] = 1 + sum(_count_nodes(path, child, (*above, id(node)), counted) for child in children)
    return counted[id(node)]


def _check_plain_number(at: str, node: yaml.ScalarNode) -> None:
    """Raise InputError for a number that YAML 1.1 reads otherwise than people do: 010 is 8, 1:30 is 90."""
    if node.style is not None or node.tag not in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float"):
        return
    word = node.value.replace("_", "").lstrip("+-")
    how = "to the base 60" if ":" in word else "as octal" if re.fullmatch(r"0[0-9]+", word) else ""
    if how:
        raise InputError(
            f"{at}: {node.value} would be read {how}, as {yaml.safe_load(node.value)}; write the number without zeros "
            "in front and without colons, or in quotes where it is a name"
        )


def _match(validator: Any, pattern: str, value: Any, schema: dict) -> Iterator[ValidationError]:
    """`pattern` of the whole text: Python's $ would let a line end pass."""
    if isinstance(value, str) and not re.fullmatch(pattern.removeprefix("^").removesuffix("$"), value):
        yield ValidationError(" ".join(schema.get("x-must", f"does not match {pattern}").split()))


_Validator = validators.extend(Draft202012Validator, {"pattern": _match})


def _check_numbers(value: Any, source: str, where: str = "") -> None:
    """Raise InputError for a number that is none, infinite or beyond what any setting can be."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            _check_numbers(item, source, f"{where}.{key}" if where else str(key))
    elif isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{source}: {where}: value {value!r} is no finite number")
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise InputError(f"{source}: {where}: value {str(value)[:30]} is too large")


def fill_schema(
    config: dict[str, Any],
    source: str,
    also: Callable[[Mapping[str, Any], str], list[str]] = lambda config, source: [],
) -> dict[str, Any]:
    """The config with the schema's defaults, numbers cast, ranges of chromosomes written out.

    Raises InputError that lists every wrong key with its value, and what `also` finds in such a config.
    """
    schema = _schema()
    full = _fill(_plain(config), schema, schema)
    _check_numbers(full, source)
    problems = sorted(_Validator(schema).iter_errors(full), key=lambda e: [str(p) for p in e.absolute_path])
    if problems:
        raise InputError(
            "\n".join([*(_explain(problem, source) for problem in problems), *also(full, source)])
        )
    for section in (full["genome"], full.get("imputation", {})):
        if section.get("chromosomes"):
            section["chromosomes"] = [n for name in section["chromosomes"] for n in _expand(name, source)]
    return full


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def _fill(value: Any, schema: dict, root: dict) -> Any:
    """Defaults and casts, recursively; what does not fit is left for the validator to name."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema and isinstance(value, list):
        return next((_fill(value, s, root) for s in schema["anyOf"] if "$ref" in s), value)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if isinstance(value, dict) and (
        "properties" in schema or isinstance(schema.get("additionalProperties"), dict)
    ):
        known = schema.get("properties", {})
        other = schema.get("additionalProperties")
        # A strategy's training section holds overrides: defaults there would undo the common section.
        common = root["properties"]["training"]
        overrides = known is common["properties"] and schema is not common
        filled = (
            {}
            if overrides
            else {
                key: json.loads(json.dumps(sub["default"])) for key, sub in known.items() if "default" in sub
            }
        )
        filled.update(value)
        return {
            key: _fill(item, known.get(key, other if isinstance(other, dict) else {}), root)
            for key, item in sorted(filled.items())
        }
    if isinstance(value, list) and "items" in schema:
        return [_fill(v, schema["items"], root) for v in value]
    if isinstance(value, bool):
        return value
    if (
        isinstance(value, str)
        and ("string" not in types or "pattern" in schema)
        and ("number" in types or "integer" in types)
    ):
        try:
            value = float(value)
        except ValueError:
            return value
    if "integer" in types and isinstance(value, float) and value.is_integer():
        return int(value)
    if "number" in types and isinstance(value, int | float):
        return float(value)
    return value


def _explain(problem: Any, source: str) -> str:
    where = ".".join(str(p) for p in problem.absolute_path) or "top level"
    if problem.validator == "additionalProperties":
        known = sorted(problem.schema.get("properties", {}))
        unknown = sorted(set(problem.instance) - set(known))
        near = {key: difflib.get_close_matches(key, known, 1) for key in unknown}
        hints = [
            f"unknown key '{key}'" + (f" (did you mean '{one[0]}'?)" if one else "")
            for key, one in near.items()
        ]
        rest = "" if all(near.values()) else f"; known keys: {', '.join(known)}"
        return f"{source}: {where}: {', '.join(hints)}{rest}"
    if problem.validator == "required":
        missing = [key for key in problem.validator_value if key not in problem.instance]
        return f"{source}: {where}: missing key {', '.join(missing)}"
    if (
        problem.validator == "type"
        and problem.validator_value == "string"
        and not _is_nested(problem.instance)
    ):
        kind = "yes or no" if isinstance(problem.instance, bool) else "a number"
        kind = kind if isinstance(problem.instance, bool | int | float) else "a date or nothing"
        return f"{source}: {where}: {problem.instance} is read as {kind}; put it in quotes to make it a name"
    shown = repr(problem.instance)
    shown = shown if len(shown) <= 200 else shown[:197] + "..."
    return f"{source}: {where}: value {shown}: {_must(problem)}"


def _must(problem: Any) -> str:
    """What a value must be, without the value."""
    kind, wanted = problem.validator, problem.validator_value
    if kind == "type":
        return (
            f"must be {' or '.join(TYPES[one] for one in ([wanted] if isinstance(wanted, str) else wanted))}"
        )
    if kind == "enum":
        near = difflib.get_close_matches(str(problem.instance), [str(one) for one in wanted], 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        return f"must be one of {', '.join(map(str, wanted))}{hint}"
    if kind in BOUNDS:
        return BOUNDS[kind].format(wanted)
    message = str(problem.message)
    return message if len(message) <= 300 else str(kind)


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list)


def _expand(name: str, source: str) -> list[str]:
    match = re.fullmatch(r"(.*?)(\d+)\.\.(.*?)(\d+)", name)
    if not match:
        return [name]
    head, first, other, last = match.groups()
    if head != other or int(first) > int(last):
        raise InputError(f"{source}: genome.chromosomes: '{name}' is no range; write it as chr1..chr22")
    return [f"{head}{i}" for i in range(int(first), int(last) + 1)]
