"""A run's files, read for its report: an empty one changes nothing, and those of another run are refused."""

from pathlib import Path

import pandas as pd
import pytest

import report_tree
from epigroup.core.errors import InputError
from epigroup.results.run import load


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return report_tree.build(tmp_path_factory.mktemp("tree"))


def test_an_empty_pack_changes_nothing(inputs, tmp_path):
    empty = tmp_path / "models" / "STL" / "seed1" / "pack9.curves.tsv"
    empty.parent.mkdir(parents=True)
    empty.write_text("group\tstep\texamples\ttrain_loss\tvalidation_loss\tseconds\n")
    found = load(inputs | {"curves": [str(empty), *inputs["curves"]]}).curves
    pd.testing.assert_frame_equal(found, load(inputs).curves)


def test_files_of_another_run_are_refused(inputs, tmp_path):
    stray = tmp_path / "evaluation" / "STL" / "seed1" / "metrics.tsv"
    stray.parent.mkdir(parents=True)
    text = Path(inputs["metrics"][0]).read_text().replace("P003_ChIP", "stranger")
    stray.write_text(text)
    with pytest.raises(InputError, match="stranger"):
        load(inputs | {"metrics": [str(stray)]})
    stray.write_text("task_id\tgroup\nP003_ChIP\t0\n")
    with pytest.raises(InputError, match="test_f1"):
        load(inputs | {"metrics": [str(stray)]})
