"""Groupings do not hang on rounding: the same after a change in the last bits, and on any processor.

Another processor is played by settings that make torch, OpenBLAS and numpy leave out instructions.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from checkouts import REPOSITORY
from epigroup.grouping.method import GroupingInputs
from epigroup.grouping.mixture import fit_mixture, group_in_mixtures
from epigroup.grouping.sca import embed, similarities

NEWEST = ("X86_V4", "AVX512_ICL", "AVX512_SPR")  # of numpy's names
METHODS = {
    "sca": {},
    "tag": {},
    "kmeans": {"vectors": "l2"},
    "ward": {"vectors": "l2"},
    "spectral": {"vectors": "l2", "graph": "neighbours", "neighbours": 5},
    "ssc": {"vectors": "l2", "alpha": 20},
}

GROUPS = """
import json, sys
import numpy as np, pandas as pd
from epigroup import grouping
from epigroup.grouping.method import GroupingInputs, Heads, checked, load
weights, apart = np.load(sys.argv[1]), np.load(sys.argv[2])
tasks, found = [f"t{i}" for i in range(len(apart))], {}
sheet = pd.DataFrame({"task_id": tasks})
heads = (Heads(weights, np.zeros(len(tasks), np.float32)),)
for method, options in json.loads(sys.argv[3]).items():
    affinity, kind = {"sca": (apart, "distance"), "tag": (-apart, "similarity")}.get(method, (None, None))
    given = GroupingInputs(
        "g", tasks, sheet, 5, 1, heads=heads, affinity=affinity, affinity_kind=kind, options={"starts": 10} | options
    )
    made = checked(load(grouping.entry(method))(given), given)
    found[method] = {"groups": made.groups.tolist(), "tied": made.measures.get("tied")}
print(json.dumps(found))
"""


def planted(noise: float, seed: int, n: int = 6) -> np.ndarray:
    """Distances of 5 n tasks in five groups."""
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(5), n)
    apart = np.where(of[:, None] == of, 1.0, 1.4) * np.abs(1 + noise * rng.standard_normal((5 * n, 5 * n)))
    np.fill_diagonal(apart, 0)
    return (apart + apart.T) / 2


def embedded(apart: np.ndarray) -> np.ndarray:
    names = [f"t{i}" for i in range(len(apart))]
    inputs = GroupingInputs("g", names, None, 5, 1, affinity=apart, affinity_kind="distance")
    return embed(similarities(inputs), 5, 1)[0]


def changed(apart: np.ndarray, by: float, seed: int) -> np.ndarray:
    return apart * (1 + by * np.random.default_rng(seed).standard_normal(apart.shape))


@pytest.mark.parametrize("noise", [0.2, 1.5])  # planted groups, and none that could be seen
@pytest.mark.parametrize("seed", range(3))
def test_rounding_does_not_decide_on_groups(noise, seed):
    apart = planted(noise, seed)
    rows = embedded(apart)
    last_bit = embedded(changed(apart, 1e-15, seed))
    assert 0 < np.abs(last_bit - rows).max() < 1e-9
    mixture = group_in_mixtures(rows, 5, starts=10, state=0, name="g")
    again = group_in_mixtures(embedded(changed(apart, 1e-13, seed)), 5, starts=10, state=0, name="g")
    assert again.groups.tolist() == mixture.groups.tolist()
    np.testing.assert_allclose(again.memberships, mixture.memberships, atol=1e-6)
    assert again.tied.tolist() == mixture.tied.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_equally_likely_partitions_are_decided_by_the_order_of_points(seed):
    """Four corners of a square are two groups in two ways, columns or rows."""
    corners = np.repeat([[x, y] for x in (-1.0, 1.0) for y in (-1.0, 1.0)], 3, axis=0)
    corners = corners + 1e-12 * np.random.default_rng(seed).standard_normal(corners.shape)
    for rows in (corners, corners[:, ::-1]):
        first, *others = fit_mixture(rows, 2, 20, 0)
        assert first.tolist() == [0] * 6 + [1] * 6
        assert [0, 0, 0, 1, 1, 1] * 2 in [labels.tolist() for labels in others]


def settings() -> dict[str, dict[str, str]]:
    """Environment variables by name. numpy takes the names only of what it would use on this processor."""
    known = np._core._multiarray_umath
    able = [name for name in NEWEST if name in known.__cpu_dispatch__ and known.__cpu_features__.get(name)]
    plain = {"ATEN_CPU_CAPABILITY": "default", "OPENBLAS_CORETYPE": "Haswell"}
    return {
        "as it is": {},
        "plain": plain | ({"NPY_DISABLE_CPU_FEATURES": " ".join(able)} if able else {}),
        "avx2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    }


def test_groups_are_the_same_on_any_processor(tmp_path):
    rng = np.random.default_rng(1)
    weights = np.repeat(rng.standard_normal((5, 16)), 6, axis=0) + 0.4 * rng.standard_normal((30, 16))
    np.save(tmp_path / "weights.npy", weights.astype(np.float32))
    np.save(tmp_path / "apart.npy", planted(0.2, 1))
    words = [str(tmp_path / "weights.npy"), str(tmp_path / "apart.npy"), json.dumps(METHODS)]
    without = {
        k: v for k, v in os.environ.items() if k not in {key for s in settings().values() for key in s}
    }
    found = {}
    for name, variables in settings().items():
        path = {"PYTHONPATH": str(REPOSITORY / "workflow/scripts"), "OMP_NUM_THREADS": "1"}
        made = subprocess.run(
            [sys.executable, "-c", GROUPS, *words],
            env=without | path | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, (name, made.stderr)
        found[name] = json.loads(made.stdout)
    first = found.pop("as it is")
    assert first.keys() == METHODS.keys()
    for name, other in found.items():
        for method, of in first.items():
            same = adjusted_rand_score(of["groups"], other[method]["groups"])
            assert same >= 0.95, (name, method)
        assert other["sca"]["tied"] == first["sca"]["tied"], name
