"""The protocol of Shiri & Sun 2022 that the benchmarks of training follow."""

import sys
from collections.abc import Sequence
from pathlib import Path

import torch
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from epigroup.config.settings import complete_config, training_settings  # noqa: E402
from epigroup.networks.settings import read_network  # noqa: E402
from epigroup.training.calibration import Case, fastest_precision  # noqa: E402

WINDOW, BIN, TASKS = 1001, 200, 367
# Shiri & Sun 2022: Table I gives the sizes of EMTL's and CMTL's groups; KMTL's four, rounded means.
STRATEGIES = {
    "STL": [1] * TASKS,
    "SMTL": [TASKS],
    "EMTL": [191, 90, 86],
    "CMTL": [107, 85, 78, 48, 39, 10],
    "KMTL": [92, 92, 92, 91],
}
MAX_STEPS, VALIDATE_EVERY, PATIENCE, VALIDATION = 1_920_000, 16_000, 25, 65_531  # section III.D


def paper_settings(network: str, device: str, precision: str) -> dict:
    """The training settings of config/shiri2022.yaml for another network, device and precision."""
    config = yaml.safe_load((ROOT / "config" / "shiri2022.yaml").read_text(encoding="utf-8"))
    config["training"] |= {"network": {"name": network}, "device": device, "precision": precision}
    config = complete_config(config)
    running = {key: value for key, value in config["running"].items() if key not in ("data", "container")}
    return running | training_settings(config, "SMTL")


def processor_precision(networks: Sequence[str] = ("small",)) -> str:
    """What training.precision: auto takes on this processor for these networks."""
    cases = [paper_settings(name, "cpu", "fp32") for name in networks]
    return fastest_precision(
        [Case(read_network(c["network"]), WINDOW, c["batch_size"]) for c in cases],
        torch.device("cpu"),
    )


def projected_seconds(
    groups: Sequence[int],
    steps: int,
    step_seconds: tuple[float, float],
    validation_seconds: tuple[float, float],
) -> float:
    """Seconds to train networks of so many tasks one after another for `steps` each, validations included.

    Either pair of seconds is that of a network of one task and of one of all; others lie on the line between.
    """

    def on_line(pair: tuple[float, float], n_tasks: int) -> float:
        return pair[0] + (pair[1] - pair[0]) * (n_tasks - 1) / (TASKS - 1)

    validations = steps // VALIDATE_EVERY
    return sum(
        steps * on_line(step_seconds, n_tasks) + validations * on_line(validation_seconds, n_tasks)
        for n_tasks in groups
    )
