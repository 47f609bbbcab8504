"""The grid of cell types and assays, its table, and names that are refused."""

import numpy as np
import pytest

from epigroup.core.errors import InputError
from epigroup.imputation.known import check_names
from epigroup.imputation.places import Place, Places, read_places, write_places


def places_of(*rows):
    return Places(tuple(Place(*row) for row in rows))


GIVEN = (("t3", "K562", "H3K4me3"), ("t1", "A549", "H3K9me3"), ("NA", "K562", "H3K27me3"))


def test_rows_keep_their_order_and_the_axes_are_sorted():
    places = places_of(*GIVEN)
    assert places.cell_types == ("A549", "K562")
    assert places.assays == ("H3K27me3", "H3K4me3", "H3K9me3")
    np.testing.assert_array_equal(places.cell, [1, 0, 1])
    np.testing.assert_array_equal(places.assay, [1, 2, 0])
    assert places.cell.dtype == places.assay.dtype == np.int64
    assert [places.index(task) for task in ("t3", "t1", "NA")] == [0, 1, 2]
    assert places.target("t1") == (0, 2)
    assert places.missing() == [("A549", "H3K27me3"), ("A549", "H3K4me3"), ("K562", "H3K9me3")]
    with pytest.raises(InputError, match="no track 't9'"):
        places.index("t9")


def test_the_table_gives_back_what_was_written(tmp_path):
    places = places_of(*GIVEN)
    write_places(tmp_path / "tracks.tsv", places)
    assert read_places(tmp_path / "tracks.tsv") == places


@pytest.mark.parametrize(
    "rows, says",
    [
        ((), "no track"),
        ((("a", "K562", ""),), "'a' has the assay ''"),
        ((("a", " K562", "x"),), "cell_type ' K562'"),
        ((("a", "K5\t62", "x"),), "control character"),
        ((("a", "K|562", "x"),), r"\| may not be part"),
        ((("a", "K562", "x"), ("a", "A549", "x")), "2 tracks have the task id 'a'"),
        ((("a", "K562", "x"), ("b", "K562", "x")), "a, b are all x of K562"),
    ],
)
def test_tracks_that_make_no_grid_are_refused(rows, says):
    with pytest.raises(InputError, match=says):
        places_of(*rows)


def test_faults_of_a_table_are_told_together_and_name_it(tmp_path):
    table = tmp_path / "tracks.tsv"
    table.write_text("task_id\tcell_type\tassay\na\tK562\tx\nb\tK562\tx\na\tA549\t\n")
    with pytest.raises(InputError) as told:
        read_places(table)
    lines = str(told.value).split("\n")
    assert len(lines) == 3 and all(line.startswith(f"{table}: ") for line in lines)


@pytest.mark.parametrize(
    "rows, says",
    [
        ((("a", "K562", "x"), ("b", "k562", "x")), "cell types 'K562' and 'k562'"),
        ((("a", "K562", "H3K4me3"), ("b", "A549", "H3K4 Me3")), "assays 'H3K4 Me3' and 'H3K4me3'"),
    ],
)
def test_names_that_differ_by_case_or_blanks_alone_are_refused(rows, says):
    with pytest.raises(InputError, match=says):
        check_names(places_of(*rows))
    check_names(places_of(("a", "K562", "x"), ("b", "K56-2", "x")))
