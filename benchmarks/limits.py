"""What a device can do at best: its measured rate of matrix products and of copies, and the roofline of a
training step made of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from measuring import Side

from epigroup.networks.architecture import blocks
from epigroup.networks.settings import NetworkSettings

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
SIZES = {"cpu": (256, 512, 1024), "cuda": (2048, 4096, 8192)}
COPIED = {"cpu": 1 << 28, "cuda": 1 << 30}  # bytes of a copy


def products(device: torch.device, precision: str, seconds: float) -> Iterator[tuple[int, Side]]:
    """Square matrix products, a side for each size; the amount is FLOP."""
    dtype = DTYPES[precision]
    for n in SIZES[device.type]:
        a, b = (torch.randn(n, n, device=device).to(dtype) for _ in range(2))
        out = torch.empty(n, n, device=device, dtype=dtype)
        yield n, Side(lambda a=a, b=b, out=out: torch.mm(a, b, out=out), 2 * n**3, seconds)


def copies(device: torch.device, seconds: float) -> Side:
    """A copy within the device's memory; the amount is bytes, read and written."""
    source = torch.ones(COPIED[device.type] // 4, device=device)
    target = torch.empty_like(source)
    return Side(lambda: target.copy_(source), 2 * COPIED[device.type], seconds)


@dataclass(frozen=True)
class Kernel:
    """A piece of a training step that no device does in less than its FLOP or its bytes take."""

    name: str
    flop: int
    moved: int


def step_kernels(network: NetworkSettings, window: int, n_tasks: int, batch: int, width: int) -> list[Kernel]:
    """The kernels of one training step with SGD without momentum; `width`: bytes of an activation (2 or 4).

    Each reads its inputs and writes its outputs once. Pooling, ReLU, dropout and the sum of a residual block are one
    kernel. Weights, their gradients, head and loss are float32; with a width of 2 the trunk computes on copies of its
    weights.
    """
    found: list[Kernel] = []
    trunk = blocks(network, window)
    size_in = batch * window * 4
    found.append(Kernel("one-hot", 0, batch * window + size_in * width))
    n_trunk = 0
    for i, block in enumerate(trunk, 1):
        weights = block.width * block.inputs * block.outputs
        n_trunk += weights + block.outputs
        size = batch * block.positions * block.outputs
        after = batch * block.length * block.outputs
        flop = 2 * batch * block.positions * weights
        added = size_in if block.residual else 0
        found += [
            Kernel(f"convolution {i}", flop, (size_in + weights + size) * width),
            Kernel(f"pooling {i}", 0, (size + added + after) * width),
            Kernel(f"pooling {i}, gradient", 0, (after + 2 * size + added) * width),
            Kernel(f"convolution {i}, gradient of weights", flop, (size_in + size) * width + 4 * weights),
        ]
        if i > 1:
            moved = (size + weights + size_in) * width
            found.append(Kernel(f"convolution {i}, gradient of input", flop, moved))
        size_in = after
    features, hidden = trunk[-1].outputs * trunk[-1].length, network.units
    for name, inputs, outputs, bytes_each in (
        ("hidden layer", features, hidden, width),
        ("head", hidden, n_tasks, 4),
    ):
        weights, flop = inputs * outputs, 2 * batch * inputs * outputs
        moved = (batch * inputs + weights + batch * outputs) * bytes_each
        found += [
            Kernel(name, flop, moved),
            Kernel(f"{name}, gradient of weights", flop, moved + (4 - bytes_each) * weights),
            Kernel(f"{name}, gradient of input", flop, moved),
        ]
    n_trunk += (features + 1) * hidden
    n_weights = n_trunk + (hidden + 1) * n_tasks
    found.append(Kernel("loss", 0, batch * n_tasks * 3 * 4))
    if width < 4:
        found.append(Kernel("copies of the weights", 0, n_trunk * (4 + width)))
    found.append(Kernel("optimiser", 0, 3 * 4 * n_weights))
    return found


def roofline(kernels: list[Kernel], rate: float, bandwidth: float) -> float:
    """Seconds of a step at best: over the kernels, the larger of FLOP / `rate` and bytes / `bandwidth`."""
    return sum(max(k.flop / rate, k.moved / bandwidth) for k in kernels)
