"""Predictions of both splits, evaluated."""

import pytest

from scored_examples import PlantedEvaluation


@pytest.fixture
def place(tmp_path):
    return PlantedEvaluation(tmp_path)
