"""Folds of tracks: each is tested once, and none whose cell type or assay is not known then."""

from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.imputation.edge_colouring import colour_edges
from epigroup.imputation.places import Place, Places, read_places
from epigroup.imputation.settings import FoldSettings
from epigroup.imputation.track_folds import (
    TrackFold,
    list_tracks,
    read_track_folds,
    split_track_table,
    split_tracks,
    write_track_folds,
)


def places_of(pairs):
    return Places(tuple(Place(f"C{cell}.A{assay}", f"C{cell}", f"A{assay}") for cell, assay in pairs))


FULL = places_of((cell, assay) for cell in range(4) for assay in range(5))
grids = st.sets(st.tuples(st.integers(0, 7), st.integers(0, 5)), min_size=2).map(sorted)


def lone_tracks(pairs):
    cells, assays = Counter(cell for cell, _ in pairs), Counter(assay for _, assay in pairs)
    return [f"C{cell}.A{assay}" for cell, assay in pairs if cells[cell] == 1 or assays[assay] == 1]


def check_whole(fold, places):
    """By definition: the roles part the tracks, and a test track's cell type and assay have a training track."""
    assert sorted((*fold.train, *fold.validation, *fold.test)) == sorted(places.task_ids)
    assert list(fold.known) == [task for task in places.task_ids if task not in fold.test]
    at = {one.task_id: one for one in places.tracks}
    for task in fold.test:
        assert any(at[other].cell_type == at[task].cell_type for other in fold.train)
        assert any(at[other].assay == at[task].assay for other in fold.train)


@settings(max_examples=150, deadline=None)
@given(pairs=grids, k=st.integers(2, 6), seed=st.integers(0, 5), validation=st.sampled_from([0, 0.2, 0.7]))
def test_k_fold_tests_every_track_once_or_names_what_cannot_be(pairs, k, seed, validation):
    assume(k <= len(pairs))
    places, told = places_of(pairs), FoldSettings(k=k, seed=seed, validation=validation)
    lone = lone_tracks(pairs)
    if lone:
        with pytest.raises(InputError) as error:
            split_tracks(places, told)
        assert all(f"the track {task} is the only one of the" in str(error.value) for task in lone)
        return
    folds = split_tracks(places, told)
    assert [fold.fold for fold in folds] == [str(i + 1) for i in range(k)]
    assert sorted(task for fold in folds for task in fold.test) == sorted(places.task_ids)
    for fold in folds:
        check_whole(fold, places)
    sizes = [len(fold.test) for fold in folds]
    assert max(sizes) - min(sizes) <= 1


@settings(max_examples=150, deadline=None)
@given(data=st.data(), pairs=grids, n_colours=st.integers(1, 6))
def test_colours_are_even_at_every_node_and_in_all(data, pairs, n_colours):
    edges = data.draw(st.permutations(pairs))
    colours = colour_edges(edges, n_colours)

    def check_even(some):
        counts = [some.count(colour) for colour in range(n_colours)]
        assert sum(counts) == len(some) and max(counts) - min(counts) <= 1

    check_even(colours)
    for side in (0, 1):
        for node in {edge[side] for edge in edges}:
            check_even([colour for edge, colour in zip(edges, colours) if edge[side] == node])


def test_the_seed_decides_the_folds_and_nothing_else_does():
    folds = split_tracks(FULL, FoldSettings(seed=3))
    assert folds == split_tracks(FULL, FoldSettings(seed=3))
    assert folds != split_tracks(FULL, FoldSettings(seed=4))


def test_the_share_of_validation_tracks_is_that_asked_for_where_it_can_be(caplog):
    for fold in split_tracks(FULL, FoldSettings(k=5, validation=0.25)):
        assert len(fold.validation) == round(0.25 * 16)
    assert not caplog.text
    for fold in split_tracks(FULL, FoldSettings(k=5, validation=0.9)):
        check_whole(fold, FULL)
        assert 0 < len(fold.validation) < round(0.9 * 16)
    assert "asks for 14" in caplog.text


def test_one_by_one_holds_each_track_out_alone():
    folds = split_tracks(FULL, FoldSettings(method="one_by_one"))
    assert [(fold.fold, fold.test) for fold in folds] == [(task, (task,)) for task in FULL.task_ids]


def test_held_out_is_one_fold_of_the_tracks_named():
    (fold,) = split_tracks(FULL, FoldSettings(method="held_out", held_out=("C3.A1", "C0.A0"), validation=0))
    assert (fold.fold, fold.test, fold.validation) == ("held_out", ("C0.A0", "C3.A1"), ())
    check_whole(fold, FULL)


@pytest.mark.parametrize(
    "told, says",
    [
        ({"k": 1}, "k: 1 folds of 20 tracks"),
        ({"k": 21}, "k: 21 folds of 20 tracks"),
        ({"validation": 1.0}, "1.0 is no share"),
        ({"method": "held_out"}, "names no track"),
        ({"method": "held_out", "held_out": ("C9.A9",)}, "no track 'C9.A9'"),
        ({"method": "held_out", "held_out": ("C1.A1", "C1.A1")}, "C1.A1 twice"),
        (
            {"method": "held_out", "held_out": tuple(f"C2.A{assay}" for assay in range(5))},
            "held_out tests the track C2.A0 and has no training track of the cell type C2",
        ),
        ({"method": "table"}, "needs the key file"),
        ({"method": "k-fold"}, "'k-fold' is none of"),
    ],
)
def test_what_cannot_be_split_is_refused(told, says):
    with pytest.raises(InputError, match=says):
        split_tracks(FULL, FoldSettings(**told))


def test_folds_written_are_read_again_and_serve_as_a_table(tmp_path):
    path, folds = tmp_path / "folds.tsv", split_tracks(FULL, FoldSettings())
    write_track_folds(path, folds, FULL)
    again = read_track_folds(path, FULL)
    assert again == folds and [one.known for one in again] == [one.known for one in folds]
    assert split_tracks(FULL, FoldSettings(method="table", file=str(path), seed=9)) == folds


SQUARE = places_of([(0, 0), (0, 1), (1, 0), (1, 1)])
GOOD = ["C0.A0\t1\ttest", "C0.A1\t1\ttrain", "C1.A0\t1\ttrain", "C1.A1\t1\tvalidation"]


@pytest.mark.parametrize(
    "rows, says",
    [
        (["C9.A0\t1\ttest", *GOOD[1:]], "line 2: there is no track 'C9.A0'"),
        (["C0.A0\t1\ttesting", *GOOD[1:]], "line 2: the role 'testing'"),
        (["C0.A0\t../1\ttest", *GOOD[1:]], "line 2: the fold '../1'"),
        ([*GOOD, GOOD[0]], "line 6: the track C0.A0 is in fold 1 twice"),
        (
            [*GOOD, *(row.replace("\t1\t", "\t2\t") for row in GOOD)],
            "line 6: .* test track of the folds 1 and 2",
        ),
        (GOOD[:3], "fold 1 says nothing of the track C1.A1"),
        (["C0.A0\t1\ttrain", *GOOD[1:]], "fold 1 has no test track"),
        ([*GOOD[:2], "C1.A0\t1\tvalidation", GOOD[3]], "C0.A0 and has no training track of the assay A0"),
        ([], "names no fold"),
    ],
)
def test_a_table_of_folds_that_cannot_be_is_refused(tmp_path, rows, says):
    path = tmp_path / "folds.tsv"
    path.write_text("\n".join(["task_id\tfold\trole", *rows]) + "\n")
    with pytest.raises(InputError, match=says):
        read_track_folds(path, SQUARE)


def test_a_good_table_gives_roles_in_the_order_of_the_tracks(tmp_path):
    path = tmp_path / "folds.tsv"
    path.write_text(
        "\n".join(["role\tfold\ttask_id", *("\t".join(row.split("\t")[::-1]) for row in GOOD[::-1])]) + "\n"
    )
    assert read_track_folds(path, SQUARE) == [TrackFold("1", ("C0.A1", "C1.A0"), ("C1.A1",), ("C0.A0",))]


def test_tracks_and_folds_are_written(tmp_path):
    rows = [{"task_id": one.task_id, "cell_type": one.cell_type, "assay": one.assay} for one in FULL.tracks]
    list_tracks(rows, tmp_path / "tracks.tsv")
    split_track_table(tmp_path / "tracks.tsv", FoldSettings(), tmp_path / "folds.tsv")
    places = read_places(tmp_path / "tracks.tsv")
    assert places == FULL
    assert read_track_folds(tmp_path / "folds.tsv", places) == split_tracks(FULL, FoldSettings())
    with pytest.raises(InputError, match="differ only by case"):
        list_tracks([*rows, {"task_id": "x", "cell_type": "c1", "assay": "A1"}], tmp_path / "a")
    assert not (tmp_path / "a").exists()
