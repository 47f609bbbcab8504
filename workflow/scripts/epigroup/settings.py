"""The config: checked against its schema, completed with defaults, cast, and cut into what a rule needs."""

import difflib
import hashlib
import json
import math
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators

from epigroup import affinity as affinity_measures
from epigroup import grouping as grouping_methods
from epigroup.architecture import blocks, complete_network
from epigroup.compared import check_compared, expand_draws
from epigroup.errors import InputError
from epigroup.intact import first_line
from epigroup.search import check_rates, check_search

DEEPEST, MOST_NODES, LARGEST = 40, 100_000, 2**53
QUANTITATIVE_LOSSES = ("poisson", "mse")
SCHEMA = Path(__file__).resolve().parents[2] / "schemas" / "config.schema.yaml"


@cache
def _schema() -> dict:
    return yaml.safe_load(SCHEMA.read_text())


def check_config_text(path: str | os.PathLike) -> None:
    """Refuse (InputError) what is lost when a config file is parsed: a key that stands twice in one mapping;
    and
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
    counted[id(node)] = 1 + sum(_count_nodes(path, child, (*above, id(node)), counted) for child in children)
    return counted[id(node)]


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


def complete_config(config: dict, source: str = "config") -> dict:
    """The config with defaults filled in, numbers cast and ranges of chromosomes written out.

    Raises InputError that lists every wrong key with its value.
    """
    schema = _schema()
    full = _fill(_plain(config), schema, schema)
    _check_numbers(full, source)
    problems = sorted(_Validator(schema).iter_errors(full), key=lambda e: [str(p) for p in e.absolute_path])
    if problems:
        raise InputError("\n".join(_explain(problem, source) for problem in problems))
    full["genome"]["chromosomes"] = [
        n for name in full["genome"]["chromosomes"] for n in _expand(name, source)
    ]
    full = expand_draws(full, source)
    _check_references(full, source)
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
        hints = []
        for key in unknown:
            near = difflib.get_close_matches(key, known, 1)
            hints.append(f"unknown key '{key}'" + (f" (did you mean '{near[0]}'?)" if near else ""))
        return f"{source}: {where}: {', '.join(hints)}; known keys: {', '.join(known)}"
    if problem.validator == "required":
        missing = [key for key in problem.validator_value if key not in problem.instance]
        return f"{source}: {where}: missing key {', '.join(missing)}"
    shown = repr(problem.instance)
    shown = shown if len(shown) <= 200 else shown[:197] + "..."
    return f"{source}: {where}: value {shown}: {problem.message if len(problem.message) <= 300 else problem.validator}"


def _expand(name: str, source: str) -> list[str]:
    match = re.fullmatch(r"(.*?)(\d+)\.\.(.*?)(\d+)", name)
    if not match:
        return [name]
    head, first, other, last = match.groups()
    if head != other or int(first) > int(last):
        raise InputError(f"{source}: genome.chromosomes: '{name}' is no range; write it as chr1..chr22")
    return [f"{head}{i}" for i in range(int(first), int(last) + 1)]


def _check_references(config: dict, source: str) -> None:
    groupings, strategies = config["groupings"], config["strategies"]
    for name, strategy in strategies.items():
        if strategy["grouping"] not in groupings:
            raise InputError(
                f"{source}: strategies.{name}.grouping: '{strategy['grouping']}' is not under groupings; "
                f"there are: {', '.join(groupings) or 'none'}"
            )
        extra = set(strategy["seeds"] or []) - set(config["seeds"])
        if extra:
            raise InputError(
                f"{source}: strategies.{name}.seeds: {sorted(extra)} are not among seeds {config['seeds']}"
            )
    users = {f"groupings.{name}": grouping["heads_from"] for name, grouping in groupings.items()}
    users |= {"sweep": config.get("sweep", {}).get("heads_from")}
    users |= {"predict": config.get("predict", {}).get("strategy")}
    users |= {"patience_study.strategy": config.get("patience_study", {}).get("strategy")}
    for key, strategy in users.items():
        if strategy is not None and strategy not in strategies:
            raise InputError(
                f"{source}: {key}: '{strategy}' is not under strategies; there are: {', '.join(strategies)}"
            )
    check_compared(config, source)
    for name in groupings:
        chain = [name]
        while (like := groupings[chain[-1]]["like"]) is not None:
            if like not in groupings or like in chain:
                fault = "leads back to itself" if like in chain else "is not under groupings"
                raise InputError(f"{source}: groupings.{chain[-1]}.like: '{like}' {fault}")
            chain.append(like)
    _check_sources(config, source)
    _check_affinities(config, source)
    for name in strategies:
        try:
            blocks(training_settings(config, name)["network"], config["dataset"]["window"])
        except InputError as error:
            raise InputError(f"{source}: training of strategies.{name}: {error}") from None
    _check_heads(config, source)
    _check_losses(config, source)
    _check_training(config, source)
    _check_jitter(config, source)
    _check_trials(config, source)
    chromosomes = config["genome"]["chromosomes"]
    for split in ("train", "validation", "test"):
        for i, span in enumerate(s for s in config["splits"][split] if isinstance(s, dict)):
            if span["chrom"] not in chromosomes:
                raise InputError(
                    f"{source}: splits.{split}[{i}].chrom: '{span['chrom']}' is not in genome.chromosomes "
                    f"({', '.join(chromosomes)})"
                )


def _check_sources(config: dict, source: str) -> None:
    """A grouping says where what its method reads comes from."""
    keys = {
        "heads": ["heads_from"],
        "covariance": ["heads_from"],
        "affinity": ["affinity", "heads_from"],
        "like": ["like"],
        "table": ["file"],
    }
    for name, spec in config["groupings"].items():
        try:
            wanted = grouping_methods.needs(spec["method"], spec)
        except InputError as error:
            raise InputError(f"{source}: groupings.{name}: {error}") from None
        if spec["overlap"] and "overlap" not in grouping_methods.options(spec["method"], spec):
            raise InputError(
                f"{source}: groupings.{name}.overlap: the method '{spec['method']}' gives a task one group"
            )
        for key in (key for what in wanted for key in keys.get(what, [])):
            if spec[key] is None:
                raise InputError(f"{source}: groupings.{name}.{key}: the method '{spec['method']}' needs it")


def _check_affinities(config: dict, source: str) -> None:
    """Affinities that groupings name are there and of the right kind; pairs come from rounds of pairs."""
    groupings, strategies, affinities = config["groupings"], config["strategies"], config["affinities"]
    grouped_by = {"sca": ("sca",), "tag": ("tag", "hoa")}
    for name, spec in affinities.items():
        try:
            needed = affinity_measures.needs(spec["measure"])
        except InputError as error:
            raise InputError(f"{source}: affinities.{name}.measure: {error}") from None
        rounds = spec["pairs_from"] or []
        if needed == "metrics" and not rounds:
            raise InputError(
                f"{source}: affinities.{name}.pairs_from: the measure '{spec['measure']}' needs it"
            )
        for strategy in rounds:
            if strategy not in strategies or groupings[strategies[strategy]["grouping"]]["method"] != "pairs":
                raise InputError(
                    f"{source}: affinities.{name}.pairs_from: '{strategy}' is no strategy on a grouping of "
                    "the method 'pairs'"
                )
    for name, spec in groupings.items():
        if spec["affinity"] is None:
            continue
        if spec["affinity"] not in affinities:
            raise InputError(
                f"{source}: groupings.{name}.affinity: '{spec['affinity']}' is not under affinities; "
                f"there are: {', '.join(affinities) or 'none'}"
            )
        measure = affinities[spec["affinity"]]["measure"]
        if measure not in grouped_by.get(spec["method"], (measure,)):
            raise InputError(
                f"{source}: groupings.{name}.affinity: the method '{spec['method']}' groups by the measure "
                f"{' or '.join(grouped_by[spec['method']])}, '{spec['affinity']}' is of {measure}"
            )
        if affinity_measures.needs(measure) == "network":
            training = training_settings(config, spec["heads_from"])
            plain = {"loss": "bce", "positive_weights": "none"}
            for key, value in plain.items():
                if training[key] != value:
                    raise InputError(
                        f"{source}: groupings.{name}.heads_from: '{spec['heads_from']}' trains with {key} "
                        f"{training[key]}; the measure '{measure}' is worked out for {key} {value}"
                    )


def _check_heads(config: dict, source: str) -> None:
    """Heads that are clustered come from one network of all the tasks in question, trained with each seed."""
    groupings, strategies = config["groupings"], config["strategies"]
    wanted = [
        (f"groupings.{name}", spec["heads_from"], spec["tasks"], used)
        for name, spec in groupings.items()
        if spec["heads_from"] is not None
        for used in [[s for s in strategies.values() if _roots(groupings, s["grouping"]) & {name}]]
    ]
    if "sweep" in config:
        wanted.append(("sweep", config["sweep"]["heads_from"], None, []))
    for key, strategy, tasks, users in wanted:
        made = groupings[strategies[strategy]["grouping"]]
        if made["method"] != "all":
            raise InputError(
                f"{source}: {key}.heads_from: '{strategy}' is not one network; name a strategy whose "
                "grouping is of the method 'all'"
            )
        if training_settings(config, strategy)["network"]["head"] != "shared":
            raise InputError(
                f"{source}: {key}.heads_from: '{strategy}' has private hidden layers, and rows on different "
                "hidden layers cannot be compared; name a strategy with network.head shared"
            )
        if made["tasks"] is not None and (tasks is None or set(tasks) - set(made["tasks"])):
            raise InputError(
                f"{source}: {key}: takes in tasks that the network of '{strategy}' does not learn"
            )
        have = set(strategies[strategy]["seeds"] or config["seeds"])
        asked = groupings[key.removeprefix("groupings.")]["heads_seeds"] if key != "sweep" else None
        if set(asked or []) - have:
            raise InputError(
                f"{source}: {key}.heads_seeds: '{strategy}' is not trained with seeds"
                f" {sorted(set(asked) - have)}; it has {sorted(have)}"
            )
        lacking = {seed for user in users for seed in user["seeds"] or config["seeds"]} - have
        if lacking:
            raise InputError(
                f"{source}: {key}.heads_from: '{strategy}' is not trained with seeds {sorted(lacking)} that "
                "the strategies on this grouping have"
            )
    for name, spec in groupings.items():
        if spec["like"] is not None and spec["tasks"] != groupings[spec["like"]]["tasks"]:
            raise InputError(f"{source}: groupings.{name}.tasks: must be those of '{spec['like']}'")


def _check_training(config: dict, source: str) -> None:
    """Which weights are kept is one choice for all strategies; grouped packing needs the same batches."""
    settings = {name: training_settings(config, name) for name in config["strategies"]}
    keeps = {name: of_one["keep"] for name, of_one in settings.items()}
    if len(set(keeps.values())) > 1:
        found = ", ".join(f"{name} has {keep}" for name, keep in keeps.items())
        raise InputError(
            f"{source}: training.keep: {found}; strategies are compared only where all keep weights alike: "
            "set training.keep once, in the common section"
        )
    for name, of_one in settings.items():
        if of_one["packing"] == "grouped" and of_one["sampling"] != "none":
            raise InputError(
                f"{source}: training of strategies.{name}: packing grouped needs the same batches for all "
                f"groups, and sampling {of_one['sampling']} makes each its own; use packing sequential"
            )


def _roots(groupings: dict, name: str) -> set[str]:
    """A grouping and those that it is made like."""
    found = {name}
    while (name := groupings[name]["like"]) is not None:
        found.add(name)
    return found


def _check_losses(config: dict, source: str) -> None:
    for name in config["strategies"]:
        loss = training_settings(config, name)["loss"]
        if loss in QUANTITATIVE_LOSSES:
            raise InputError(
                f"{source}: training of strategies.{name}: training.loss {loss} is for quantitative targets, "
                "and the targets are labels, 0 or 1; take bce or focal"
            )


def _check_jitter(config: dict, source: str) -> None:
    dataset = config["dataset"]
    room = max((dataset["window"] - dataset["bin_size"]) // 2, 0)
    if dataset["max_jitter"] > room:
        raise InputError(
            f"{source}: dataset.max_jitter: {dataset['max_jitter']} would shift the bin out of its window of "
            f"{dataset['window']} bp; at most {room}"
        )
    sections = {"training": config["training"]}
    sections |= {f"strategies.{name}.training": s["training"] for name, s in config["strategies"].items()}
    for where, training in sections.items():
        if training.get("jitter", 0) > dataset["max_jitter"]:
            raise InputError(
                f"{source}: {where}.jitter: {training['jitter']} is more than dataset.max_jitter "
                f"({dataset['max_jitter']}), by which the splits keep their distance; raise that too"
            )


def _check_trials(config: dict, source: str) -> None:
    """Searches of learning rates, and the study of patience, can be made."""
    for name, spec in config.get("searches", {}).items():
        check_rates(name, spec, source)
    for name in config["strategies"]:
        check_search(config, name, training_settings(config, name), source)
    study = config.get("patience_study")
    if study is not None:
        if ("tasks" in study) == ("per_modality" in study):
            raise InputError(f"{source}: patience_study: give either tasks or per_modality")
        if config["strategies"][study["strategy"]].get("search") and "learning_rate" not in study:
            raise InputError(
                f"{source}: patience_study.learning_rate: '{study['strategy']}' searches its rates; say the "
                "one to study"
            )


def training_settings(config: dict, strategy: str) -> dict:
    """What a strategy trains with: the training section, its own keys over it, the network's defaults."""
    common, own = config["training"], config["strategies"][strategy]["training"]
    network = {"name": "small", **common["network"]}
    if own.get("network", {}).get("name", network["name"]) != network["name"]:
        network = {}  # another network: the common one's sizes say nothing about it
    network |= own.get("network", {})
    return canonical({**common, **own, "network": complete_network(network, config["dataset"]["window"])})


def canonical(value: Any) -> Any:
    """The value with the keys of every mapping sorted, so that its text depends on its content alone."""
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    return value


def config_hash(config: dict) -> str:
    """sha256 of a completed config without the sections that change no result."""
    kept = {key: value for key, value in config.items() if key not in ("figures", "running")}
    return hashlib.sha256(json.dumps(canonical(kept)).encode()).hexdigest()
