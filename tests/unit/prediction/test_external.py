"""Scores from elsewhere: the same metrics as a strategy's own predictions, and what is wrong refused by name."""

import gzip

import h5py
import numpy as np
import pandas as pd
import pytest

from epigroup.core.errors import InputError
from epigroup.dataset.dataset import open_dataset
from epigroup.dataset.labels import unpack
from epigroup.evaluation.predictions import evaluate_strategy
from epigroup.prediction.external import import_predictions
from stratified_examples import EVALUATION, write_files, write_groups, write_predictions

TASKS = ["a", "b", "c"]


def label(aim, rng):
    return rng.random((len(aim), 3)) < np.stack([aim, 1 - aim, np.full(len(aim), 0.1)], axis=1)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A data set, a network's own predictions with their metrics, and the same scores as a table."""
    folder = tmp_path_factory.mktemp("external")
    files = write_files(folder, TASKS, label, bins=150)
    dataset = open_dataset(files["dataset_json"], files["shard_paths"])
    rows = []
    for split in ("validation", "test"):
        bins = dataset.split(split, dataset.evaluation_regions[-1])
        truth = unpack(bins.labels, 3)
        scores = np.clip(np.random.default_rng(len(split)).normal(0.4, 0.2, truth.shape) + 0.2 * truth, 0, 1)
        write_predictions(folder / f"{split}.h5", files, split, scores)
        names = [dataset.chromosomes[c] for c in bins.chrom]
        place = pd.DataFrame({"chrom": names, "start": bins.start, "end": bins.start + 200})
        rows.append(
            pd.concat([place, pd.DataFrame(scores.astype(np.float16).astype(float), columns=TASKS)], axis=1)
        )
    evaluate(
        folder, files, folder / "validation.h5", folder / "test.h5", write_groups(folder / "g.tsv", TASKS)
    )
    return folder, files, pd.concat(rows, ignore_index=True)


def evaluate(folder, files, validation, test, groups):
    out = folder / "metrics.tsv", folder / "blocks.h5"
    evaluate_strategy(validation, test, groups, files["dataset_json"], *out, EVALUATION | {"tasks": TASKS})


def taken_in(files, folder, file):
    outputs = {name: folder / f"in_{name}" for name in ("validation", "test", "groups")}
    import_predictions(file, files["dataset_json"], files["shard_paths"], outputs, "OTHER")
    return outputs


def write(table, path):
    """The table as the file that its name says."""
    if path.suffix != ".h5":
        with gzip.open(path, "wt") if path.suffix == ".gz" else open(path, "w") as handle:
            table.to_csv(handle, sep="\t", index=False, na_rep="NaN")
        return path
    with h5py.File(path, "w") as store:
        tasks = [column for column in table if column not in ("chrom", "start", "end")]
        store["scores"], store["task_ids"] = table[tasks].to_numpy(np.float32), tasks
        store["chrom"] = table["chrom"].tolist()
        store["start"], store["end"] = table["start"].to_numpy(), table["end"].to_numpy()
    return path


@pytest.mark.parametrize("name", ["scores.tsv", "scores.tsv.gz", "scores.h5"])
def test_exported_predictions_have_the_metrics_of_the_network(own, tmp_path, name):
    folder, files, table = own
    mixed = table.sample(frac=1, random_state=1)[["c", "chrom", "end", "a", "start", "b"]]
    beyond = mixed.iloc[:5].assign(chrom=["chrTrain", "chrTrain", "chrX", "chrX", "chrTrain"])
    outputs = taken_in(files, tmp_path, write(pd.concat([mixed, beyond]), tmp_path / name))
    evaluate(tmp_path, files, outputs["validation"], outputs["test"], outputs["groups"])
    assert (tmp_path / "metrics.tsv").read_bytes() == (folder / "metrics.tsv").read_bytes()


def with_value(column, value, row=7):
    def change(table):
        table = table.copy()
        table[column] = table[column].astype(object)
        table.loc[row, column] = value
        return table

    return change


WRONG = {
    "missing_bin": (
        lambda t: t.drop(index=len(t) - 1),
        "no row for 1 of the .* test bins, the first of them chrTest:",
    ),
    "other_bins": (lambda t: t.assign(start=t["start"] + 100, end=t["end"] + 100), "another set of bins"),
    "other_width": (lambda t: t.assign(end=t["end"] + 1), "row 1: .* is no bin of 200 bp"),
    "twice": (lambda t: pd.concat([t, t.iloc[3:4]]), "has a row already"),
    "no_task": (lambda t: t.drop(columns="b"), r"no scores of task 'b' \(1 of 3"),
    "strange_task": (lambda t: t.assign(z=0.5), "'z' is no task of the data set"),
    "above": (with_value("b", 1.5), "row 8: the score of task 'b' is 1.5"),
    "below": (with_value("b", -0.1), "row 8: the score of task 'b' is -0.1"),
    "missing": (with_value("a", float("nan")), "row 8: the score of task 'a' is nan"),
}


@pytest.mark.parametrize("kind", ["tsv", "h5"])
@pytest.mark.parametrize("fault", list(WRONG))
def test_what_is_wrong_is_named(own, tmp_path, fault, kind):
    _, files, table = own
    change, message = WRONG[fault]
    with pytest.raises(InputError, match=f"external.OTHER.file: .*scores.{kind}: .*{message}"):
        taken_in(files, tmp_path, write(change(table), tmp_path / f"scores.{kind}"))
    assert not list(tmp_path.glob("in_*"))


def test_files_that_cannot_be_read_are_named(own, tmp_path):
    _, files, table = own
    write(with_value("a", "high")(table), tmp_path / "words.tsv")
    write(table.drop(columns="start"), tmp_path / "places.tsv")
    whole = write(table, tmp_path / "cut.tsv.gz").read_bytes()
    (tmp_path / "cut.tsv.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "not.h5").write_text("text")
    write(table, tmp_path / "lacking.h5")
    with h5py.File(tmp_path / "lacking.h5", "a") as store:
        del store["chrom"]
    for name, message in (
        ("words.tsv", "cannot be read as a table of scores"),
        ("places.tsv", "no column start"),
        ("cut.tsv.gz", "cannot be read as a table of scores"),
        ("not.h5", "cannot be read as HDF5 of scores"),
        ("lacking.h5", "no data set chrom; see docs/guide/evaluation.md, external$"),
    ):
        with pytest.raises(InputError, match=message):
            taken_in(files, tmp_path, tmp_path / name)
