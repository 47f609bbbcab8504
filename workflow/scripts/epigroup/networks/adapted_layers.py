"""The layers of a network whose weights adapters change, and how many weights a training moves; without torch."""

from epigroup.networks.architecture import blocks, flat_features, network_cost
from epigroup.networks.settings import NetworkSettings


def adapted_layers(network: NetworkSettings, window: int) -> list[tuple[int, int]]:
    """(outputs, inputs) of the layers whose weights adapters change: the convolutions, of whose inputs each place of
    a filter is one, and the hidden layer where tasks share it.
    """
    found = [(block.outputs, block.width * block.inputs) for block in blocks(network, window)]
    return [*found, (network.units, flat_features(network, window))] if network.head == "shared" else found


def trained_weights(
    network: NetworkSettings, window: int, n_tasks: int, adapter_rank: int | None = None
) -> int:
    """How many weights a training of `n_tasks` tasks moves: all, or those of adapters of a rank and of the heads."""
    whole = network_cost(network, window, n_tasks).weights
    if not adapter_rank:
        return whole
    frozen = network_cost(network, window, 0).weights
    return whole - frozen + adapter_rank * sum(sum(sizes) for sizes in adapted_layers(network, window))
