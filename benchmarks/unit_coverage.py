"""How often the intervals of a gain over units hold the true one: simulated studies with planted variance.

A study has folds, in each of which two strategies are held against each other over seeds, the rival a pool of random
draws, on test blocks. Its fold, seed, draw and block effects are normal, with the standard deviations of a case.
`comparison.unit_intervals` gives Student's interval over the folds and the one by nested resampling.

    python benchmarks/unit_coverage.py --out results/benchmarks/unit_coverage.json [--studies 2000]
"""

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy loads its BLAS

import numpy as np  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from machine import processor  # noqa: E402

from epigroup.comparison.unit_intervals import FoldScores, Side, nested_draws, t_interval  # noqa: E402
from epigroup.evaluation.bootstrap import draw_blocks, percentile_interval  # noqa: E402

# Standard deviations of what varies by fold, by seed of a fold, by draw of a fold's rival, and by block of a fold.
EFFECTS = ("fold", "seed", "draw", "block")
CASES = {
    "fold": {"fold": 0.01},
    "seed": {"seed": 0.01},
    "draw": {"draw": 0.01},
    "block": {"block": 0.07},
    "all": {"fold": 0.006, "seed": 0.006, "draw": 0.006, "block": 0.04},
}
N_SEEDS, N_MEMBERS, N_BLOCKS, N_DRAWS = 3, 3, 50, 200


def simulate_fold(
    rng: np.random.Generator, difference: float, planted: dict[str, float], weights: np.ndarray
) -> FoldScores:
    """A fold's scores of 1 strategy and a pool of N_MEMBERS, N_SEEDS seeds and the draws of weights (D, N_BLOCKS)."""
    sd = {name: planted.get(name, 0.0) for name in EFFECTS}
    of_fold = rng.normal(difference, sd["fold"])
    seeds = rng.normal(0, sd["seed"], N_SEEDS)
    members = rng.normal(0, sd["draw"], (N_MEMBERS, N_SEEDS))
    blocks = rng.normal(0, sd["block"], N_BLOCKS)
    shares = weights / weights.sum(axis=1, keepdims=True)
    mine = of_fold + seeds[None, :]
    drawn = shares @ blocks
    return FoldScores(
        Side(mine + blocks.mean(), mine[..., None] + drawn),
        Side(members, np.repeat(members[..., None], len(drawn), axis=2)),
    )


def coverage(
    case: dict[str, float], n_folds: int, difference: float, studies: int, seed: int
) -> dict[str, float]:
    """Shares of the studies whose interval holds the difference, and mean widths."""
    rng = np.random.default_rng([seed, n_folds, int(difference > 0)])
    weights = draw_blocks(N_BLOCKS, N_DRAWS, 1)
    held = {"t": 0, "resampled": 0}
    width = dict.fromkeys(held, 0.0)
    for study in range(studies):
        folds = [simulate_fold(rng, difference, case, weights) for _ in range(n_folds)]
        found = {
            "t": t_interval([fold.difference for fold in folds]),
            "resampled": percentile_interval(nested_draws(folds, 500, study)),
        }
        for name, (low, high) in found.items():
            held[name] += low <= difference <= high
            width[name] += high - low
    return {f"{name}_{what}": total / studies for name in held for what, total in
            (("coverage", held[name]), ("width", width[name]))}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    rows = []
    print("varies\tfolds\tdifference\tt\tresampled\twidth of t\twidth of resampled")
    for name, case in CASES.items():
        for n_folds in (3, 5):
            for difference in (0.0, 0.01):
                found = coverage(case, n_folds, difference, told.studies, told.seed)
                rows.append({"varies": name, "folds": n_folds, "difference": difference, **found})
                print(
                    f"{name}\t{n_folds}\t{difference}\t{found['t_coverage']:.4f}\t{found['resampled_coverage']:.4f}\t"
                    f"{found['t_width']:.4f}\t{found['resampled_width']:.4f}",
                    flush=True,
                )
    told.out.parent.mkdir(parents=True, exist_ok=True)
    about = {"studies": told.studies, "seed": told.seed, "processor": processor(), "unit": "share of studies"}
    told.out.write_text(json.dumps({**about, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
