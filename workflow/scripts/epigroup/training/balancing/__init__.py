"""Optimisers that fight negative transfer inside one network: one file a method, one line here, imported only
when it is used.

A job gets its method's modules (`modules`) into its code digest from the rule, so that an edit of one method
reruns the strategies on that method only. Nothing here needs torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from epigroup.core.errors import InputError
from epigroup.networks.adapted_layers import adapted_layers, trained_weights
from epigroup.networks.architecture import Cost, flat_features, network_cost
from epigroup.networks.settings import NetworkSettings, read_network
from epigroup.training.settings import TrainingSettings

FLOAT32 = 4
# losses that are no less than 0, whose ratios and logarithms have a meaning
POSITIVE_LOSSES = ("bce", "focal", "mse")


@dataclass(frozen=True)
class Method:
    """`entry`: "module:class"; `options`: the keys of `training` that it heeds; `all_gradients`: it holds the
    gradient of the shared weights of every task at once; `of_ratios`: it divides losses or takes their
    logarithm; `last_layer`: it reads the gradients at a hidden layer that the tasks share; `copies`: as often it holds
    all weights that are trained, beside the network.
    """

    entry: str
    options: tuple[str, ...] = ()
    all_gradients: bool = False
    of_ratios: bool = False
    last_layer: bool = False
    copies: int = 0


METHODS = {
    "uncertainty": Method("epigroup.training.balancing.uncertainty:Uncertainty", ("balancing_rate",)),
    "dwa": Method(
        "epigroup.training.balancing.dwa:WeightAverage", ("balancing_temperature",), of_ratios=True
    ),
    "famo": Method(
        "epigroup.training.balancing.famo:Famo",
        ("balancing_rate", "balancing_decay", "balancing_smoothing"),
        of_ratios=True,
    ),
    "gradnorm": Method(
        "epigroup.training.balancing.gradnorm:GradNorm",
        ("balancing_rate", "balancing_asymmetry"),
        of_ratios=True,
        last_layer=True,
    ),
    "pcgrad": Method("epigroup.training.balancing.pcgrad:ProjectedGradients", all_gradients=True),
    "nash_mtl": Method(
        "epigroup.training.balancing.nash_mtl:NashBargain", ("balancing_every",), all_gradients=True
    ),
    "reptile": Method(
        "epigroup.training.balancing.reptile:Reptile",
        ("balancing_inner_rate", "balancing_steps", "balancing_tasks"),
        copies=3,
    ),
}
OPTIONS = tuple(dict.fromkeys(key for method in METHODS.values() for key in method.options))


def find_method(name: str) -> Method | None:
    """The method of that name, None for "none". Raises InputError for an unknown one."""
    if name == "none":
        return None
    if name not in METHODS:
        raise InputError(f"training.balancing: unknown method {name!r}; known: none, {', '.join(METHODS)}")
    return METHODS[name]


def modules(name: str) -> tuple[str, ...]:
    """The package modules of a method, as `digest.code.code_digest` takes them."""
    method = find_method(name)
    return () if method is None else (method.entry.split(":")[0].removeprefix("epigroup."),)


def without_unused(training: Mapping[str, Any]) -> dict[str, Any]:
    """Training settings without the keys that their method does not heed."""
    method = find_method(training["balancing"])
    unused = set(OPTIONS) - set(method.options if method else ())
    return {key: value for key, value in training.items() if key not in unused}


def check_balancing(settings: TrainingSettings) -> None:
    """InputError for a method that these settings leave without what it needs."""
    name = settings.balancing
    method = find_method(name)
    if method is None:
        return
    if settings.loss_scale != "mean":
        raise InputError(
            f"training.loss_scale {settings.loss_scale}: training.balancing {name} weighs the losses of the tasks "
            "itself; set loss_scale to mean, or balancing to none"
        )
    if settings.packing == "grouped":
        raise InputError(
            f"training.packing grouped computes several networks as one, and training.balancing {name} needs "
            "each network's own passes; set packing to auto, interleaved or sequential"
        )
    if method.of_ratios and settings.loss not in POSITIVE_LOSSES:
        raise InputError(
            f"training.balancing {name} compares ratios of losses, and loss {settings.loss} may be below 0; "
            f"take a loss of {', '.join(POSITIVE_LOSSES)}, or another balancing"
        )
    if name == "reptile" and settings.look_ahead is not None:
        raise InputError(
            "training.balancing reptile takes steps of single tasks, and affinities that are collected along a "
            "training are of a training of all; let heads_from name a strategy with another balancing"
        )
    if method.last_layer and settings.network.head != "shared":
        raise InputError(
            f"training.balancing {name} reads the gradients at the hidden layer that tasks share, and there is "
            "none with network.head private; take another balancing"
        )


def shared_weights(settings: TrainingSettings, window: int) -> int:
    """How many weights the tasks of a group share and train."""
    return trained_weights(settings.network, window, 0, settings.adapter_rank)


def gradient_bytes(settings: TrainingSettings, n_tasks: int, window: int) -> int:
    """Memory for the gradients that the balancing of a group of `n_tasks` holds at once: one of the shared
    weights for each task, and one more while they are combined. 0 where it holds none.
    """
    method = find_method(settings.balancing)
    if method is None or not method.all_gradients or n_tasks < 2:
        return 0
    return FLOAT32 * (n_tasks + 1) * shared_weights(settings, window)


def copied_bytes(settings: TrainingSettings, n_tasks: int, window: int) -> int:
    """Bytes of the copies of the trained weights that the balancing holds in a step; 0 for most methods, and for a
    group of one task."""
    method = find_method(settings.balancing)
    if method is None or n_tasks < 2:
        return 0
    return FLOAT32 * method.copies * trained_weights(settings.network, window, n_tasks, settings.adapter_rank)


def step_flop(training: Mapping[str, Any], window: int, n_tasks: int) -> float:
    """FLOP of training one example, with what adapters and balancing add to `network_cost`.

    Adapters: the product of their factors, once a step, and the gradients of both. famo: a second forward pass.
    pcgrad, nash_mtl: a backward pass through the shared layers for each task instead of one for all (nash_mtl: in
    every `balancing_every`-th step). gradnorm: the products of the last shared layer
    (`epigroup.training.balancing.gradnorm`). reptile: all passes for each of `balancing_tasks` tasks. A group of one
    task has no balancing.

    training: network, balancing, batch_size, balancing_every and balancing_tasks where the method heeds them, and
    adapter_rank where there are adapters.
    """
    network, name = read_network(training["network"]), training["balancing"]
    cost = _cost(training, network, window, n_tasks)
    if name == "none" or n_tasks < 2:
        return cost.training
    return cost.training + _added(training, network, cost, window, n_tasks)


def _cost(training: Mapping[str, Any], network: NetworkSettings, window: int, n_tasks: int) -> Cost:
    """`network_cost` with that of the adapters' products, shared out over the examples of a batch."""
    cost, rank = network_cost(network, window, n_tasks), training.get("adapter_rank")
    if not rank:
        return cost
    products = 2 * rank * sum(outputs * inputs for outputs, inputs in adapted_layers(network, window))
    each = -(-products // training["batch_size"])
    return Cost(cost.forward + each, cost.training + 3 * each, cost.weights)


def _added(
    training: Mapping[str, Any], network: NetworkSettings, cost: Cost, window: int, n_tasks: int
) -> float:
    name = training["balancing"]
    if name == "famo":
        return cost.forward
    if name in ("pcgrad", "nash_mtl"):
        every = training["balancing_every"] if name == "nash_mtl" else 1
        shared = _cost(training, network, window, 0)
        return (n_tasks - 1) * (shared.training - shared.forward) / every
    if name == "reptile":
        return (min(training["balancing_tasks"], n_tasks) - 1) * cost.training
    if name == "gradnorm":
        # X~ X~' and, for every task and hidden unit, a' K
        width = flat_features(network, window) + n_tasks * network.units
        return 2 * training["batch_size"] * width
    return 0
