"""Groupings in which a task is in several groups: tables, training, and the choice of the network that serves
a task."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from sklearn import metrics as reference

from epigroup.config.settings import complete_config
from epigroup.config.strategies import overlaps
from epigroup.core.errors import InputError
from epigroup.dataset.dataset import open_dataset
from epigroup.dataset.groups import read_groups
from epigroup.evaluation.choose_groups import choose_groups
from epigroup.genome.codes import open_genome
from epigroup.grouping.make_grouping import GroupingFiles, make_grouping
from epigroup.grouping.method import checked, overlapping
from epigroup.networks.model_files import load_network, read_info
from epigroup.prediction.predict import ScoringSettings, predict_split
from grouping_examples import SHEET, TASKS, inputs, run
from minimal_config import with_change
from planted_examples import BIN, SETTINGS, WINDOW, run_pack, write_files, write_groups

GROUPS = {0: ["task0", "task1", "task2"], 1: ["task1", "task2", "task3"], 2: ["task2"]}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("overlap")
    files = write_files(folder)
    write_groups(folder / "groups.tsv", GROUPS)
    cfg = SETTINGS | {"max_steps": 12}
    models = [run_pack(folder, files, cfg=cfg, name=f"pack{i}", pack=i, n_packs=2) for i in range(2)]
    choose_groups(models, **files, out=folder / "serving.tsv", batch_size=50, device="cpu")
    return folder, files, models


def probabilities(folder, files, models, split):
    """(task, group) -> probabilities of the split's examples, each network loaded by itself."""
    dataset = open_dataset(files["dataset_json"], files["shard_paths"])
    chrom = {"validation": "chrVal", "test": "chrTest"}[split]
    left = (WINDOW - BIN) // 2
    codes = torch.from_numpy(np.array(open_genome(folder / "genome.h5").codes(chrom)).astype(np.int64))
    padded = F.pad(codes, (left, WINDOW), value=4)
    x = torch.stack(
        [F.one_hot(padded[s : s + WINDOW], 5)[:, :4].T.float() for s in dataset.split(split).start]
    )
    found = {}
    for model in models:
        for group, tasks in read_info(model).groups.items():
            with torch.inference_mode():
                scores = torch.sigmoid(load_network(model, read_info(model), group)(x)).numpy()
            found |= {(task, group): scores[:, i] for i, task in enumerate(tasks)}
    labels = np.unpackbits(dataset.split(split).labels, axis=1, count=4, bitorder="little")
    return found, labels


def test_the_network_of_the_best_validation_precision_serves_a_task(trained):
    folder, files, models = trained
    serving = pd.read_csv(folder / "serving.tsv", sep="\t").set_index("task_id")
    scores, labels = probabilities(folder, files, models, "validation")
    assert serving.index.tolist() == ["task0", "task1", "task2", "task3"]
    assert serving["n_groups"].tolist() == [1, 2, 3, 1]
    assert serving.loc["task0", "group"] == 0 and serving.loc["task3", "group"] == 1
    for task in ("task1", "task2"):
        truth = labels[:, int(task[-1])]
        found = {
            group: reference.average_precision_score(truth, values.astype(np.float16))
            for (one, group), values in scores.items()
            if one == task
        }
        assert len(set(np.round(list(found.values()), 6))) == len(found)
        assert serving.loc[task, "group"] == max(found, key=found.get)
        assert serving.loc[task, "validation_auprc"] == pytest.approx(max(found.values()), abs=2e-3)


def test_predictions_are_those_of_the_serving_networks(trained, tmp_path):
    folder, files, models = trained
    scores, _ = probabilities(folder, files, models, "test")
    for table in (
        folder / "serving.tsv",
        write_groups(tmp_path / "own.tsv", {0: ["task0", "task1"], 2: ["task2"], 1: ["task3"]}),
    ):
        predict_split(
            models,
            **files,
            split="test",
            out=tmp_path / "test.h5",
            scoring=ScoringSettings(50, device="cpu"),
            serving=table,
        )
        chosen = pd.read_csv(table, sep="\t").set_index("task_id")["group"]
        with h5py.File(tmp_path / "test.h5") as file:
            found = file["probability"][:].astype(np.float32)
        expected = np.stack([scores[f"task{i}", chosen[f"task{i}"]] for i in range(4)], axis=1)
        np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize(
    "groups",
    [
        {0: ["task0", "task1"], 1: ["task3"]},
        {0: ["task0", "task1", "task3"], 1: ["task2"]},
        {0: ["task0", "task1", "task2"], 1: ["task2", "task3"]},
    ],
)
def test_a_serving_table_that_does_not_fit_is_refused(trained, tmp_path, groups):
    _, files, models = trained
    table = write_groups(tmp_path / "wrong.tsv", groups)
    with pytest.raises(InputError, match=r"wrong.tsv: task 'task\d' needs one row, with a group that learns"):
        predict_split(
            models, **files, split="test", out=tmp_path / "x.h5", scoring=ScoringSettings(50), serving=table
        )


ROWS = ["t0\tx", "t1\ty", "t0\ty", "t2\tx", "t3\tz", "t3\tx", *(f"t{i}\tz" for i in range(4, 8))]


def test_a_table_may_name_a_task_in_several_groups(tmp_path):
    path = tmp_path / "own.tsv"
    path.write_text("task_id\tgroup\n" + "\n".join(ROWS) + "\n")
    found = run("table", inputs(3, table=path, options={"overlap": True}))
    assert found.members.astype(int).tolist()[:4] == [[1, 1, 0], [0, 1, 0], [1, 0, 0], [1, 0, 1]]
    assert found.measures["members"] == {0: "x", 1: "y", 2: "z"}
    with pytest.raises(
        InputError, match="own.tsv:4: task 't0' comes a second time; a task belongs to one group"
    ):
        run("table", inputs(3, table=path))
    path.write_text("task_id\tgroup\n" + "\n".join([*ROWS, "t3\tx"]) + "\n")
    with pytest.raises(InputError, match="own.tsv:12: task 't3' comes a second time in group 'x'"):
        run("table", inputs(3, table=path, options={"overlap": True}))
    path.write_text("task_id\tgroup\n" + "\n".join(ROWS[:-1]) + "\n")
    with pytest.raises(InputError, match="1 of 8 tasks have no row, the first is 't7'"):
        run("table", inputs(3, table=path, options={"overlap": True}))


def test_written_and_dealt_at_random_with_the_same_sizes(tmp_path):
    (tmp_path / "own.tsv").write_text("task_id\tgroup\n" + "\n".join(ROWS) + "\n")
    cfg = {"k": 3, "tasks": SHEET.to_dict("records"), "entry": "epigroup.grouping.table:group_tasks"}
    groups, measures = tmp_path / "groups.tsv", tmp_path / "measures.json"
    own = GroupingFiles(table=tmp_path / "own.tsv")
    make_grouping(groups, measures, cfg | {"options": {"overlap": True}}, name="own", seed=1, files=own)
    assert pd.read_csv(groups, sep="\t")["group"].tolist() == [0, 1, 1, 0, 0, 2, 2, 2, 2, 2]
    assert read_groups(groups, TASKS, overlap=True).joined().tolist()[:4] == ["0+1", "1", "0", "0+2"]
    sizes = json.loads(measures.read_text())["sizes"]
    assert sizes == [3, 2, 5]
    random = {"k": 3, "tasks": cfg["tasks"], "entry": "epigroup.grouping.random_matched:group_tasks"}
    dealt = make_grouping(
        tmp_path / "random.tsv", tmp_path / "m.json", random | {"options": {"seed": 3}},
        name="random", seed=1, files=GroupingFiles(like=groups),
    )  # fmt: skip
    assert sorted(json.loads((tmp_path / "m.json").read_text())["sizes"]) == sorted(sizes)
    assert sorted(dealt.members.sum(axis=1)) == [1, 1, 1, 1, 1, 1, 2, 2]


def test_members_are_checked():
    members = np.eye(8, 3, dtype=bool)
    with pytest.raises(InputError, match="task 't3' is in none"):
        checked(overlapping(members), inputs(3))
    members[3:, 1] = True
    with pytest.raises(InputError, match="k is 2, but the tasks fall into 3 groups"):
        checked(overlapping(members), inputs(2))
    turned = overlapping(members[:, ::-1])
    np.testing.assert_array_equal(turned.members, members)


def test_overlap_is_of_methods_that_know_it():
    with pytest.raises(InputError, match="groupings.km.overlap: the method 'kmeans' gives a task one group"):
        complete_config(with_change(("groupings", "km", "overlap"), True))
    config = with_change(("groupings", "own"), {"method": "table", "file": "x.tsv", "k": 2, "overlap": True})
    config["groupings"]["dealt"] = {"method": "random", "like": "own"}
    full = complete_config(config)
    assert [overlaps(full, name) for name in ("own", "dealt", "km")] == [True, True, False]
