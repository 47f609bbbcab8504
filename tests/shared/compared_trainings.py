"""Whether two networks have the same weights bit by bit, and two trainings the same losses."""

import torch


def same_weights(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def without_seconds(curve: list[list[float]]) -> list[list[float]]:
    """The rows of a training's curve; how long it took is another time another number."""
    return [row[:4] for row in curve]
