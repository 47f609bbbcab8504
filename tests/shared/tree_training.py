"""What training and grouping leave in the small results tree: loss curves, head weights, and the sweep of K."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from tree_tasks import PLANTED_GROUPS, planted_groups


def loss_curves(rng: np.random.Generator, groups: np.ndarray, validations: int) -> pd.DataFrame:
    """Losses of a network a group; that on validation rises again in the end."""
    steps = np.arange(1, validations + 1) * 300
    return pd.concat(
        pd.DataFrame(
            {
                "group": group,
                "step": steps,
                "examples": steps * 64,
                "train_loss": 0.3 * np.exp(-steps / 1500) + 0.2,
                "validation_loss": 0.3 * np.exp(-steps / 1500)
                + 0.25
                + 1e-5 * steps
                + rng.normal(0, 0.004, validations),
                "seconds": steps / 50.0,
            }
        )
        for group in np.unique(groups)
    )


def write_heads(path: Path, rng: np.random.Generator, task_ids: list[str]) -> str:
    """Head weights that lie by planted group."""
    centres = rng.normal(0, 2, (PLANTED_GROUPS, 16))
    weights = centres[planted_groups(len(task_ids))] + rng.normal(0, 0.6, (len(task_ids), 16))
    with h5py.File(path, "w") as handle:
        handle["E"] = weights.astype(np.float32)
        handle["bias"] = np.zeros(len(task_ids), np.float32)
        handle["task_id"] = task_ids
    return str(path)


def sweep_of_k() -> pd.DataFrame:
    """K from 2 to 8, of which that of the planted groups is the most stable."""
    ks = np.arange(2, 9)
    return pd.DataFrame(
        {
            "method": "kmeans",
            "vectors": "raw",
            "k": ks,
            "inertia": 500.0 / ks,
            "silhouette": 0.5 - 0.05 * abs(ks - PLANTED_GROUPS),
            "most_stable": ks == PLANTED_GROUPS,
        }
    )
