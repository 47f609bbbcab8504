"""Imputed bigWigs read back, what is said of them, and the page of the imputation."""

import xml.etree.ElementTree as ET

import numpy as np
import pyBigWig
import pytest

from epigroup.core.errors import InputError
from epigroup.imputation import write_imputed as module
from epigroup.imputation.file_names import file_names, safe_name
from epigroup.imputation.fit_models import fit_models
from epigroup.imputation.imputed_browsers import write_imputed_browsers
from epigroup.imputation.settings import FoldSettings
from epigroup.imputation.tensor import open_tensor
from epigroup.imputation.weights import read_fitted
from epigroup.imputation.write_imputed import write_imputed
from planted_tracks import planted_places, planted_values, write_planted

PLACES = planted_places(("A_K4", "E_K9"))
WRITTEN = [("A", "K4"), ("E", "K9"), ("B", "K27")]


@pytest.fixture
def fitted(tmp_path):
    values = np.abs(planted_values(PLACES, 1, n=900)).astype(np.float16).astype(np.float32)
    values[PLACES.index("B_K4"), 100:140] = np.nan
    files = write_planted(tmp_path, values, PLACES, FoldSettings(k=2))
    fit_models(
        files["moments"], files["tracks"], files["folds"], None, tmp_path / "models.h5", tmp_path / "choices.tsv",
        ["average", "scaled_average"],
    )  # fmt: skip
    return tmp_path, files


def write(fitted, folder, places=WRITTEN):
    here, files = fitted
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{name}.bw" for name in file_names(places)]
    write_imputed(
        files["tensors"], files["tracks"], here / "models.h5", here / "choices.tsv", places, paths,
        folder / "README.txt", "hg38",
    )  # fmt: skip
    return paths


def test_bigwigs_hold_what_is_imputed_bin_for_bin(fitted, tmp_path):
    paths = write(fitted, tmp_path / "out")
    models = read_fitted(tmp_path / "models.h5")
    raised = 0
    for place, path in zip(WRITTEN, paths, strict=True):
        one = models.of("ensemble", place)
        with pyBigWig.open(str(path)) as track:
            for file in fitted[1]["tensors"]:
                tensor = open_tensor(file)
                assert track.chroms(tensor.chrom) == tensor.length
                values = tensor.read().astype(np.float64)
                needed = np.isnan(values[one.weights != 0]).any(axis=0)
                expected = one.weights @ np.nan_to_num(values) + one.intercept
                floor = min(
                    float(
                        np.nanmin(
                            open_tensor(f).read(np.flatnonzero(PLACES.assay == PLACES.assays.index(place[1])))
                        )
                    )
                    for f in fitted[1]["tensors"]
                )
                raised += int((expected[~needed] < floor).sum())
                expected = np.sinh(np.maximum(expected, floor))
                every = np.full(tensor.length, np.nan)
                for at, value, lost in zip(tensor.bins, expected, needed, strict=True):
                    every[at * 25 : (at + 1) * 25] = np.nan if lost else value
                found = track.values(tensor.chrom, 0, tensor.length, numpy=True)
                np.testing.assert_allclose(found, every, rtol=1e-6)
    told = [
        line.split("\t") for line in (tmp_path / "out/README.txt").read_text().splitlines() if "\t" in line
    ]
    assert [row[0] for row in told[1:]] == [path.name for path in paths]
    assert [row[3] for row in told[1:]] == ["-", "-", "B_K27"]
    assert sum(int(row[6]) for row in told[1:]) == raised
    assert [int(row[5]) for row in told[1:]] == [40, 0, 0]
    assert "None of these files is a measurement" in (tmp_path / "out/README.txt").read_text()


def test_the_same_twice_and_in_pieces_of_any_size(fitted, tmp_path, monkeypatch):
    first = [path.read_bytes() for path in write(fitted, tmp_path / "one")]
    assert [path.read_bytes() for path in write(fitted, tmp_path / "two")] == first
    before = [values_of(path) for path in write(fitted, tmp_path / "three")]
    monkeypatch.setattr(module, "_AT_ONCE", 77)
    for path, values in zip(write(fitted, tmp_path / "four"), before, strict=True):
        np.testing.assert_array_equal(values_of(path), values)


def values_of(path):
    with pyBigWig.open(str(path)) as track:
        return np.concatenate(
            [track.values(name, 0, size, numpy=True) for name, size in track.chroms().items()]
        )


def test_what_a_bigwig_cannot_hold_is_refused_by_place(fitted, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_HIGHEST", 1e-6)
    with pytest.raises(
        InputError, match=r"K4 of A: what is imputed at chr1:\d+ is beyond what a bigWig holds"
    ):
        write(fitted, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_a_place_that_no_model_imputes_is_refused(fitted, tmp_path):
    with pytest.raises(InputError, match="K4 of Z cannot be imputed"):
        write(fitted, tmp_path / "out", [("Z", "K4")])


def test_names_of_files_are_plain_and_apart():
    assert safe_name("T cell, CD4+", "H3K4me3/2") == "T_cell_CD4_.H3K4me3_2"
    with pytest.raises(InputError, match=r"K4 of a_b and K4 of a b would be one file, a_b.K4.bw"):
        file_names([("a b", "K4"), ("a_b", "K4")])
    with pytest.raises(InputError, match="would be one file"):
        file_names([("k562", "K4"), ("K562", "K4")])


def test_browsers_show_measured_and_imputed_side_by_side(tmp_path):
    files = (
        ("hub", "hub.txt"),
        ("genomes", "genomes.txt"),
        ("trackdb", "trackDb.txt"),
        ("session", "igv.xml"),
    )
    outs = {key: tmp_path / "imputed" / name for key, name in files}
    measured = {("A", "K4"): str(tmp_path / "given/a.bw"), ("B", "K 27"): "https://example.org/b.bw"}
    imputed = {("A", "K 27"): str(tmp_path / "imputed/a27.bw"), ("A", "K4"): str(tmp_path / "imputed/a4.bw")}
    told = {"name": "my run", "assembly": "hg38", "email": "a@b.c", "locus": "chr1"}
    write_imputed_browsers(outs, measured, imputed, **told)
    stanzas = [
        dict(line.split(" ", 1) for line in block.splitlines())
        for block in outs["trackdb"].read_text().strip().split("\n\n")
    ]
    assert [one["longLabel"] for one in stanzas] == [
        "A", "K 27 of A, imputed", "K4 of A, measured", "K4 of A, imputed", "B", "K 27 of B, measured",
    ]  # fmt: skip
    assert [one.get("bigDataUrl") for one in stanzas] == [
        None, "a27.bw", "../given/a.bw", "a4.bw", None, "https://example.org/b.bw",
    ]  # fmt: skip
    assert len({one["track"] for one in stanzas}) == 6 and stanzas[2]["color"] == stanzas[3]["color"]
    session = ET.parse(outs["session"]).getroot()
    assert [one.get("name") for one in session.iter("Track")] == [
        "A K 27 imputed", "A K4 measured", "A K4 imputed", "B K 27 measured",
    ]  # fmt: skip
    assert session.get("genome") == "hg38"
