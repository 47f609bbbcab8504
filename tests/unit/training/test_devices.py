"""A GPU that is asked for is there, or a job ends in its first second with the cause."""

import re

import pytest
import torch

from epigroup.affinity.measure import AffinityFiles, AffinitySettings, network_inputs
from epigroup.core.errors import InputError
from epigroup.evaluation.choose_groups import choose_groups
from epigroup.prediction.feature_covariance import CovarianceSettings, measure_hidden
from epigroup.prediction.predict import ScoringSettings, predict_split
from epigroup.prediction.regions import predict_regions
from epigroup.training.devices import BATCH_SYSTEMS, check_device, choose_device, missing_gpu_cause
from planted_examples import SETTINGS


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_refused_with_the_cause(tmp_path):
    with pytest.raises(InputError, match="CPU only|no NVIDIA driver|no device|update the driver"):
        check_device("cuda", tmp_path / "device.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_auto_takes_the_cpu_with_a_word_and_not_at_all_where_a_gpu_was_asked_for(monkeypatch, caplog):
    for name in BATCH_SYSTEMS:
        monkeypatch.delenv(name, raising=False)
    assert choose_device("auto").type == "cpu"
    assert re.search("auto, and .*(CPU only|no NVIDIA driver|no device).*: the CPU computes", caplog.text)
    for name in BATCH_SYSTEMS:
        with monkeypatch.context() as job:
            job.setenv(name, "17")
            with pytest.raises(InputError, match=r"device is auto, but .*; or set training\.device: cpu"):
                choose_device("auto")
            assert choose_device("cpu").type == "cpu"


def test_a_usable_gpu_needs_no_file_of_the_driver(monkeypatch):
    """As under WSL or in containers, where /proc/driver is not that of the host."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert missing_gpu_cause() is None and choose_device("auto").type == "cuda"


CUDA = {"batch_size": 8, "device": "cuda"}
SCORING = ScoringSettings(**CUDA)
DRAWN = CovarianceSettings(1, 1, 8)
ASKED = AffinitySettings("sca", "m:f", "network", {"network": "trained"}, [], SETTINGS | CUDA)


@pytest.mark.parametrize(
    "start",
    [
        lambda gone: predict_split([gone], gone, gone, [gone], split="test", out=gone, scoring=SCORING),
        lambda gone: measure_hidden([gone], gone, gone, [gone], gone, DRAWN, device="cuda"),
        lambda gone: predict_regions(
            [gone], gone, genome_h5=gone, table_out=gone, bigwig_out={}, scoring=SCORING
        ),
        lambda gone: network_inputs(ASKED, AffinityFiles(gone, gone, gone, gone, [gone], [gone]), "n", 1),
        lambda gone: choose_groups([gone], gone, gone, [gone], out=gone, **CUDA),
    ],
    ids=["predict_split", "measure_hidden", "predict_regions", "affinity", "choose_groups"],
)
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_missing_gpu_is_found_before_any_file_is_opened(tmp_path, start):
    with pytest.raises(InputError, match=r"training\.device is cuda, but"):
        start(tmp_path / "not_there")
