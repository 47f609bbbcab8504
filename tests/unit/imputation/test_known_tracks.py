"""Copies of tracks under other names, tracks that stand alone, and the step that writes the moments."""

import numpy as np
import pytest

from epigroup.core.errors import InputError
from epigroup.imputation.known import check_tracks
from epigroup.imputation.measure_tracks import measure_tracks
from epigroup.imputation.moments import Moments, read_moments
from epigroup.imputation.places import Place, Places, write_places
from epigroup.imputation.settings import FoldSettings
from epigroup.imputation.tensor import write_tensor
from epigroup.imputation.track_folds import TrackFold, split_tracks, write_track_folds

PLACES = Places(tuple(Place(f"C{c}.A{a}", f"C{c}", f"A{a}") for c in range(3) for a in range(3)))
FOLD = TrackFold("1", PLACES.task_ids[1:], (), PLACES.task_ids[:1])


def moments_of(values):
    return Moments(values.shape[1], values.mean(axis=1), np.cov(values, bias=True), tasks=PLACES.task_ids)


@pytest.fixture
def values():
    return np.random.default_rng(1).normal(size=(9, 4000))


def test_tracks_that_differ_pass_without_a_word(values, caplog):
    assert check_tracks(moments_of(values), PLACES, [FOLD]) == []
    assert not caplog.records


def test_a_near_copy_of_a_known_track_is_named_where_the_other_is_tested(values, caplog):
    values[5] = values[0] + 0.05 * values[5]
    values[7] = values[6] + 0.05 * values[7]  # both known
    expected = np.corrcoef(values[0], values[5])[0, 1]
    assert 0.99 < expected < 0.9999
    (found,) = check_tracks(moments_of(values), PLACES, [FOLD])
    assert found[:3] == ("1", "C0.A0", "C1.A2") and found.correlation == pytest.approx(expected)
    (record,) = caplog.records
    assert "C0.A0" in record.getMessage() and "C1.A2" in record.getMessage()


def test_near_copies_held_out_together_are_no_leak(values, caplog):
    values[5] = values[0] + 0.05 * values[5]
    together = TrackFold("1", tuple(set(PLACES.task_ids) - {"C0.A0", "C1.A2"}), (), ("C0.A0", "C1.A2"))
    assert check_tracks(moments_of(values), PLACES, [together]) == []
    assert not caplog.records


def test_the_same_values_and_constant_ones_are_refused_together(values):
    values[4] = values[2]
    values[8] = 3 * values[7] + 1
    values[1] = 0
    with pytest.raises(InputError) as error:
        check_tracks(moments_of(values), PLACES, [FOLD])
    told = str(error.value).split("\n")
    assert len(told) == 3
    assert "C0.A1 has the value 0" in told[0]
    assert "C0.A2 and C1.A1 are the same values under another name" in told[1]
    assert "C2.A1 and C2.A2 are the same" in told[2]


def test_lone_cell_types_and_assays_are_told(values, caplog):
    places = Places((*PLACES.tracks[:-1], Place("x", "C9", "A2")))
    check_tracks(moments_of(values), places, [TrackFold("1", places.task_ids[1:], (), ("C0.A0",))])
    assert "1 cell types have one track only (C9)" in caplog.text and "assays" not in caplog.text


def write_step(folder, values, tasks):
    write_places(folder / "tracks.tsv", PLACES)
    write_track_folds(folder / "folds.tsv", split_tracks(PLACES, FoldSettings(k=3)), PLACES)
    for chrom, part in zip(("chr1", "chr2"), np.split(values, 2, axis=1)):
        told = {"chrom": chrom, "length": 50_000, "bin_size": 25, "transform": "none", "tasks": tasks}
        write_tensor(folder / f"{chrom}.h5", part, np.arange(2000), **told)
    return [
        [folder / "chr1.h5", folder / "chr2.h5"],
        folder / "tracks.tsv",
        folder / "folds.tsv",
        folder / "m.h5",
    ]


def test_the_step_writes_moments_of_all_chromosomes(tmp_path, values):
    measure_tracks(*write_step(tmp_path, values, PLACES.task_ids))
    found = read_moments(tmp_path / "m.h5")
    assert (found.n, found.tasks) == (4000, PLACES.task_ids)
    stored = values.astype(np.float16).astype(np.float64)
    np.testing.assert_allclose(found.covariance, np.cov(stored, bias=True), atol=1e-12)


def test_the_step_writes_nothing_of_other_tracks_or_of_copies(tmp_path, values):
    with pytest.raises(InputError, match="chr1.h5: its tracks are not those"):
        measure_tracks(*write_step(tmp_path, values, PLACES.task_ids[::-1]))
    values[3] = values[0]
    with pytest.raises(InputError, match="C0.A0 and C1.A0 are the same values"):
        measure_tracks(*write_step(tmp_path, values, PLACES.task_ids))
    assert not (tmp_path / "m.h5").exists()
