"""What the report says of the making of its networks, as the model files record it."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

import report_settings
from epigroup.core.errors import InputError
from epigroup.networks.model_files import ModelInfo, write_models
from epigroup.report.sections.identity import identity
from epigroup.results.run import load


def test_the_identity_says_with_what_the_networks_were_trained(inputs, tmp_path):
    """torch wrote the files; the report reads them without it."""
    paths = [str(tmp_path / f"pack{i}.safetensors") for i in range(2)]
    for path, torch_version, written in zip(paths, ("2.12.0", "2.13.0"), (86_400, 200_000), strict=True):
        info = ModelInfo(
            groups={0: ["a"]}, network={"name": "small"}, window=101, bin_size=20, dataset_hash="d",
            genome_sha256="g", seed=1, code="c", settings={}, precision="fp32", task_ids=["a"],
            versions={"python": "3.11.9", "torch": torch_version},
        )  # fmt: skip
        write_models(path, info, {0: {"weight": torch.ones(2)}})
        os.utime(path, (written, written))
    results = load(inputs | {"models": paths})
    facts = dict(identity(results, report_settings.settings()["report"]))
    assert facts["Trained with"] == "Python 3.11.9, torch 2.12.0 and 2.13.0, fp32"
    assert facts["Networks trained"].startswith("1970-01-02 00:00 to 1970-01-03 07:33 UTC")
    assert f"numpy {np.__version__}" in facts["Report made with"]
    bare = dict(identity(load(inputs), report_settings.settings()["report"]))
    assert bare["Trained with"] == bare["Networks trained"] == "not recorded"
    damaged = Path(paths[0]).read_bytes().replace(b"2.12.0", b"2.11.0")
    Path(paths[0]).write_bytes(damaged)
    with pytest.raises(InputError, match="pack0.safetensors: damaged"):
        load(inputs | {"models": paths})
    Path(paths[0]).write_bytes(damaged[:40])
    with pytest.raises(InputError, match="pack0.safetensors: not a model file"):
        load(inputs | {"models": paths})
