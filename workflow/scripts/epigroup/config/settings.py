"""The config: completed, its parts held against each other, and cut into what a rule needs."""

import hashlib
import json
import os
from collections.abc import Mapping
from functools import partial
from typing import Any

from epigroup import affinity as affinity_measures
from epigroup import grouping as grouping_methods
from epigroup.config.folds import check_fold, of_fold
from epigroup.config.imputation.alone import complete_alone, imputes_alone
from epigroup.config.names import faults_of_names
from epigroup.config.pools import check_compared, expand_draws
from epigroup.config.schema import fill_schema
from epigroup.config.searches import check_rates, check_search
from epigroup.config.shell_paths import expand_config
from epigroup.config.strata_settings import check_strata
from epigroup.config.teachers import check_teachers
from epigroup.config.warm_starts import check_warm_starts
from epigroup.core.errors import InputError, refuse_together
from epigroup.networks.architecture import blocks, complete_network
from epigroup.networks.settings import read_network
from epigroup.training import balancing, schedule
from epigroup.training.settings import read_training

QUANTITATIVE_LOSSES = ("poisson", "poisson_multinomial", "mse")
# Sections that change no result: they are in no hash and in no settings of a job.
UNHASHED = ("adopt", "bundle", "downloads", "figures", "imputation", "predict", "running", "tracks")


def complete_config(config: dict[str, Any], source: str = "config") -> dict[str, Any]:
    """The config with defaults filled in, numbers cast and ranges of chromosomes written out.

    Raises InputError that lists every wrong key with its value; names that are not there are told with them.
    """
    if imputes_alone(config):
        return complete_alone(config, source, lambda whole: _completed(whole, source))
    return _completed(config, source)


def _completed(config: dict[str, Any], source: str) -> dict[str, Any]:
    full = expand_draws(fill_schema(expand_config(config, source), source, also=faults_of_names), source)
    # One folder has one name: Snakemake takes results/ and ./results for others than results.
    full["results"] = os.path.normpath(full["results"])
    _check_references(full, source)
    return full


def _check_references(config: Mapping[str, Any], source: str) -> None:
    """InputError with all that does not fit; what rests on names only where these are there, what rests on networks
    only where these can be built, what rests on other trainings only where these are in order."""
    names = faults_of_names(config, source)
    if names:
        raise InputError("\n".join(names))
    refuse_together(
        [
            lambda: _check_seeds(config, source),
            lambda: check_compared(config, source),
            lambda: check_strata(config, source),
            lambda: _check_sources(config, source),
            lambda: _check_affinities(config, source),
            *(partial(_check_network, config, name, source) for name in config["strategies"]),
            lambda: _check_replicates(config, source),
        ]
    )
    trained = {name: training_settings(config, name) for name in config["strategies"]}
    refuse_together(
        [
            lambda: _check_heads(config, source),
            lambda: check_warm_starts(config, trained, source),
            lambda: _check_losses(config, source),
            lambda: _check_training(config, source),
            lambda: _check_jitter(config, source),
            lambda: _check_trials(config, source),
            lambda: check_fold(config, source),
        ]
    )
    check_teachers(config, trained, source)


def _check_seeds(config: Mapping[str, Any], source: str) -> None:
    for name, strategy in config["strategies"].items():
        extra = set(strategy["seeds"] or []) - set(config["seeds"])
        if extra:
            raise InputError(
                f"{source}: strategies.{name}.seeds: {sorted(extra)} are not among seeds {config['seeds']}"
            )


def _check_network(config: Mapping[str, Any], strategy: str, source: str) -> None:
    try:
        blocks(read_network(training_settings(config, strategy)["network"]), config["dataset"]["window"])
    except InputError as error:
        raise InputError(f"{source}: training of strategies.{strategy}: {error}") from None


def _check_replicates(config: Mapping[str, Any], source: str) -> None:
    if config["reads"]["fragments"] is not None and config["peaks"]["replicates"] != "pooled":
        raise InputError(
            f"{source}: reads.fragments: draws from all replicates of a profile together, and peaks.replicates: "
            f"{config['peaks']['replicates']} calls peaks on all reads of each; take peaks.replicates: pooled"
        )


def _check_sources(config: Mapping[str, Any], source: str) -> None:
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


def _check_affinities(config: Mapping[str, Any], source: str) -> None:
    """Affinities that groupings name are there and of the right kind; pairs come from rounds of pairs."""
    groupings, strategies, affinities = config["groupings"], config["strategies"], config["affinities"]
    for name, spec in affinities.items():
        try:
            needed = affinity_measures.needs(spec["measure"])
        except InputError as error:
            raise InputError(f"{source}: affinities.{name}.measure: {error}") from None
        rounds = spec["pairs_from"] or []
        if config["dataset"]["targets"] == "signal":
            raise InputError(
                f"{source}: affinities.{name}: affinities are worked out for labels, and dataset.targets is "
                "signal; group by heads or by the signals' correlation (vectors: labels)"
            )
        if needed == "metrics" and not rounds:
            raise InputError(
                f"{source}: affinities.{name}.pairs_from: the measure '{spec['measure']}' needs it"
            )
        along = affinity_measures.ALONG_TRAINING
        if needed == "network" and spec["network"] == "training" and spec["measure"] not in along:
            raise InputError(
                f"{source}: affinities.{name}.network: the measure '{spec['measure']}' is of one state of a "
                f"network, not of a training (that are {' and '.join(along)}); take trained, initial or tied"
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
        takes = affinity_measures.grouped_by(spec["method"])
        if takes and measure not in takes:
            raise InputError(
                f"{source}: groupings.{name}.affinity: the method '{spec['method']}' groups by the measure "
                f"{' or '.join(takes)}, '{spec['affinity']}' is of {measure}"
            )
        # Without a strategy to read heads from, `_check_sources` refuses.
        if affinity_measures.needs(measure) == "network" and spec["heads_from"] is not None:
            training = training_settings(config, spec["heads_from"])
            plain = {"loss": "bce", "positive_weights": "none"}
            for key, value in plain.items():
                if training[key] != value:
                    raise InputError(
                        f"{source}: groupings.{name}.heads_from: '{spec['heads_from']}' trains with {key} "
                        f"{training[key]}; the measure '{measure}' is worked out for {key} {value}"
                    )


def _check_heads(config: Mapping[str, Any], source: str) -> None:
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
        spec = groupings[key.removeprefix("groupings.")] if key != "sweep" else {}
        untrained = set(spec.get("heads_seeds") or []) - have
        if untrained:
            raise InputError(
                f"{source}: {key}.heads_seeds: '{strategy}' is not trained with seeds"
                f" {sorted(untrained)}; it has {sorted(have)}"
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


def _check_training(config: Mapping[str, Any], source: str) -> None:
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
        try:
            told = read_training(of_one)
            balancing.check_balancing(told)
            schedule.check_schedule(told)
        except InputError as error:
            raise InputError(f"{source}: training of strategies.{name}: {error}") from None


def _roots(groupings: Mapping[str, Any], name: str) -> set[str]:
    """A grouping and those that it is made like."""
    found = {name}
    while (name := groupings[name]["like"]) is not None:
        found.add(name)
    return found


def _check_losses(config: Mapping[str, Any], source: str) -> None:
    signal = config["dataset"]["targets"] == "signal"
    if not signal and config["dataset"]["signal_transform"] != "none":
        raise InputError(
            f"{source}: dataset.signal_transform: {config['dataset']['signal_transform']} is for "
            "dataset.targets signal; set it to none"
        )
    if signal and "simulation" in config:
        raise InputError(
            f"{source}: dataset.targets: signal: the section simulation makes no signals; take labels"
        )
    if signal and config.get("paper"):
        raise InputError(
            f"{source}: paper: {config['paper']} learns labels, and dataset.targets is signal; leave it out"
        )
    for name in config["strategies"]:
        training = training_settings(config, name)
        where, loss = f"{source}: training of strategies.{name}", training["loss"]
        if not signal and loss in QUANTITATIVE_LOSSES:
            raise InputError(
                f"{where}: training.loss {loss} is for quantitative targets, "
                "and the targets are labels, 0 or 1; take bce or focal, or set dataset.targets to signal"
            )
        if not signal:
            continue
        if loss not in QUANTITATIVE_LOSSES:
            raise InputError(
                f"{where}: training.loss {loss} is for labels, and dataset.targets is signal; take "
                f"{' or '.join(QUANTITATIVE_LOSSES)}"
            )
        for key in ("positive_weights", "sampling"):
            if training[key] != "none":
                raise InputError(
                    f"{where}: training.{key} {training[key]} goes by labels, and dataset.targets is signal; "
                    "set it to none"
                )


def _check_jitter(config: Mapping[str, Any], source: str) -> None:
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


def _check_trials(config: Mapping[str, Any], source: str) -> None:
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


def training_settings(
    config: Mapping[str, Any], strategy: str, n_tasks: int = 1, more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What a strategy trains with: the training section, its own keys over it and those of `more` over these, the
    network's defaults for a run of `n_tasks` tasks. Without the keys that say nothing, as `adapter_rank` 0."""
    common, own = config["training"], config["strategies"][strategy]["training"] | (more or {})
    network = {"name": "small", **common["network"]}
    if own.get("network", {}).get("name", network["name"]) != network["name"]:
        network = {}  # another network: the common one's sizes say nothing about it
    network |= own.get("network", {})
    full = {**common, **own, "network": complete_network(network, config["dataset"]["window"], n_tasks)}
    if not full["adapter_rank"]:
        del full["adapter_rank"]
    return canonical(balancing.without_unused(schedule.without_unused(full)))


def canonical(value: Any) -> Any:
    """The value with the keys of every mapping sorted, so that its text depends on its content alone."""
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    return value


def hashed(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a completed config makes results: its fold's splits, without the sections that change none."""
    return {key: value for key, value in of_fold(config).items() if key not in UNHASHED}


def config_hash(config: Mapping[str, Any]) -> str:
    """sha256 of what of a completed config makes results."""
    return hashlib.sha256(json.dumps(canonical(hashed(config))).encode()).hexdigest()
