"""Sides of a comparison that take turns on one device, and the figures that come of it."""

import json
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch

Figures = dict[str, tuple[float | int | str, str]]  # name -> value and unit


@dataclass
class Side:
    """One side of a comparison: `action` does `amount` (examples, FLOP, bytes) of work; wall and CPU seconds
    of every call."""

    action: Callable[[], object]
    amount: float
    seconds: float
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def call(self, device: torch.device) -> float:
        """Call once and note the time."""
        wall, cpu = time.perf_counter(), time.process_time()
        self.action()
        wait(device)
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)
        return self.wall[-1]


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def alternate(sides: Mapping[str, Side], rounds: int, device: torch.device, warm: bool = True) -> None:
    """Let the sides take turns, each for its `seconds` and at least once a round, so that a slow spell of the
    machine hits all of them. `warm`: first one call of each that does not count."""
    if warm:
        for side in sides.values():
            side.action()
        wait(device)
    for _ in range(rounds):
        for side in sides.values():
            spent = side.call(device)
            while spent < side.seconds:
                spent += side.call(device)


def rate(side: Side) -> float:
    """Work a second of wall time, from the median call."""
    return side.amount / statistics.median(side.wall)


def cpu_rate(side: Side) -> float:
    """Work a second of CPU time: what remains steady where others keep the machine busy."""
    return side.amount / statistics.median(side.cpu)


def write_figures(out: Path, figures: dict[str, dict]) -> None:
    """Write the figures ({"value", "unit"} by name) as JSON, and print them as a table."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    for name, figure in figures.items():
        value = figure["value"]
        print(f"{name:<72} {value if isinstance(value, str) else f'{value:,}':>16} {figure['unit']}")


def described(figures: Figures) -> dict[str, dict]:
    return {
        name: {"value": round(value, 3) if isinstance(value, float) else value, "unit": unit}
        for name, (value, unit) in figures.items()
    }
