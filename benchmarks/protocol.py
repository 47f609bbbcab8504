"""The protocol of Shiri & Sun 2022 that the benchmarks of training follow."""

import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from epigroup.settings import complete_config, training_settings  # noqa: E402

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
    config = yaml.safe_load((ROOT / "config" / "shiri2022.yaml").read_text())
    config["training"] |= {"network": {"name": network}, "device": device, "precision": precision}
    config = complete_config(config)
    return config["running"] | training_settings(config, "SMTL")
