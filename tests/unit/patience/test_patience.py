"""The patience study on made curves, against early stopping acted out validation by validation."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from epigroup.config.patience import count_profiles, full_length
from epigroup.core.errors import InputError
from epigroup.patience import study as patience

losses_of = st.lists(st.integers(0, 9).map(lambda n: n / 10), min_size=1, max_size=40)


def acted_out(losses: list[float], waits: int) -> int:
    """Number of the validation after which training stops: the trainer's rule, in a loop."""
    lowest, since = float("inf"), 0
    for i, loss in enumerate(losses):
        lowest, since = (loss, 0) if loss < lowest else (lowest, since + 1)
        if since >= waits:
            return i
    return len(losses) - 1


@given(losses_of, st.integers(1, 45))
def test_the_stop_is_that_of_early_stopping(losses, waits):
    assert patience.stop_of(losses, waits) == acted_out(losses, waits)


@given(losses_of)
def test_the_safe_patience_is_the_smallest_that_reaches_the_lowest_loss(losses):
    safe = patience.safe_patience(losses)
    reaching = [w for w in range(1, 45) if min(losses[: acted_out(losses, w) + 1]) == min(losses)]
    assert safe == min(reaching)
    assert set(range(safe, 45)) <= set(reaching)


def test_by_hand():
    #         0    1    2    3    4    5    6    7    8
    losses = [0.9, 0.8, 0.8, 0.9, 0.7, 0.8, 0.8, 0.8, 0.8]
    assert patience.minima(losses).tolist() == [0, 1, 4]
    assert patience.safe_patience(losses) == 3
    assert [patience.stop_of(losses, w) for w in (1, 2, 3, 4, 9)] == [2, 3, 7, 8, 8]
    assert patience.safe_patience([0.5]) == patience.safe_patience([0.5, 0.4, 0.3]) == 1


def tasks_table(shares: dict[str, list[float]]) -> pd.DataFrame:
    rows = [
        (f"{modality}{i}", modality, share, int(share * 1000), 5)
        for modality, values in shares.items()
        for i, share in enumerate(values)
    ]
    return pd.DataFrame(
        rows, columns=["task_id", "modality", "share_train", "positives_train", "positives_validation"]
    )


def test_profiles_are_spread_over_the_shares_of_each_modality():
    shares = np.random.default_rng(0).permutation(np.arange(1, 11) / 100)
    table = tasks_table({"CA": list(shares), "HM": [0.3, 0.1, 0.2], "TFB": [0.5]})
    chosen = patience.choose_profiles(table, 5)
    found = table.set_index("task_id").loc[chosen]
    # ranks 2, 4, 6, 8, 10 of ten: the middles of five runs of two, the upper of each
    assert found[found["modality"] == "CA"]["share_train"].tolist() == [0.02, 0.04, 0.06, 0.08, 0.1]
    assert found[found["modality"] == "HM"]["share_train"].tolist() == [0.1, 0.2, 0.3]
    assert chosen[-1] == "TFB0" and len(chosen) == 9
    assert count_profiles({"per_modality": 5}, table) == 9
    assert table["share_train"].max() not in found[found["modality"] == "CA"]["share_train"].to_list()


def test_profiles_without_positives_are_not_chosen_and_too_few_are_named():
    table = tasks_table({"CA": [0.1, 0.2, 0.3]})
    table.loc[0, "positives_validation"] = 0
    assert patience.choose_profiles(table, 2) == ["CA1", "CA2"]
    with pytest.raises(InputError, match=r"3 profiles of CA are wanted, but only 2"):
        patience.choose_profiles(table, 3)
    with pytest.raises(InputError, match=r"patience_study\.tasks: not in the sample sheet: XY"):
        count_profiles({"tasks": ["CA1", "XY"]}, table)


def test_full_length_means_that_patience_never_ends_a_course():
    training = {"max_steps": 100, "validate_every": 30, "patience": 2, "learning_rate": 0.1}
    full = full_length(training, {"learning_rate": 0.2, "strategy": "STL"})
    # four validations, the first of them a minimum: at most three in a row without one
    assert full == training | {"patience": 4, "learning_rate": 0.2, "keep": "group"}


def test_the_tables_of_a_study(tmp_path, caplog):
    table = tasks_table({"CA": [0.1], "HM": [0.2]})
    table.to_csv(tmp_path / "tasks.tsv", sep="\t", index=False)
    pd.DataFrame({"task_id": ["CA0", "HM0"], "group": [0, 1]}).to_csv(
        tmp_path / "g.tsv", sep="\t", index=False
    )
    courses = {0: [0.9, 0.8, 0.85, 0.86, 0.5, 0.6], 1: [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]}
    rows = [(g, 10 * (i + 1), loss) for g, values in courses.items() for i, loss in enumerate(values)]
    curves = tmp_path / "curves.tsv"
    pd.DataFrame(rows, columns=["group", "step", "validation_loss"]).to_csv(curves, sep="\t", index=False)
    outs = {"study_out": tmp_path / "study.tsv", "regret_out": tmp_path / "regret.tsv"}
    patience.study_patience(tmp_path / "g.tsv", tmp_path / "tasks.tsv", [curves], patience=2, **outs)
    study = pd.read_csv(outs["study_out"], sep="\t").set_index("task_id")
    assert study["safe_patience"].to_dict() == {"CA0": 3, "HM0": 1}
    assert study["best_step"].to_dict() == {"CA0": 50, "HM0": 60}
    assert study["best_at_end"].to_dict() == {"CA0": 0, "HM0": 1}
    assert "HM0" in caplog.text
    regret = pd.read_csv(outs["regret_out"], sep="\t").set_index(["patience", "task_id"])
    assert regret.loc[(1, "CA0")].tolist() == pytest.approx([30, 0.8, 0.3, 0.5])
    assert regret.loc[(2, "CA0")].tolist() == pytest.approx([40, 0.8, 0.3, 4 / 6])
    assert regret.loc[(3, "CA0"), "regret"] == 0
    assert (regret.xs("HM0", level="task_id")["regret"] == 0).all()
    rows = [row for row in rows if row[0] == 0]
    pd.DataFrame(rows, columns=["group", "step", "validation_loss"]).to_csv(curves, sep="\t", index=False)
    with pytest.raises(InputError, match=r"no curve of HM0 \(group 1\)"):
        patience.study_patience(tmp_path / "g.tsv", tmp_path / "tasks.tsv", [curves], patience=2, **outs)


def dataset_of(table, folder):
    """What choose_profiles reads of a data set with these tasks."""
    columns = {one: table[f"positives_{one}"].tolist() for one in ("train", "validation")}
    about = {
        "n_peaks": [1] * len(table),
        "positives": columns | {"test": [1] * len(table)},
        "n_examples": {"train": 1000},
    }
    (folder / "dataset.json").write_text(json.dumps(about))
    return folder / "dataset.json"


def test_profiles_whose_names_are_numbers_keep_them(tmp_path):
    table = tasks_table({"CA": [0.1, 0.2]}).assign(task_id=["007", "1e3"])
    table.to_csv(tmp_path / "tasks.tsv", sep="\t", index=False)
    groups, curves = tmp_path / "groups.tsv", tmp_path / "curves.tsv"
    kinds = table[["task_id", "modality"]].to_dict("records")
    patience.write_profiles(dataset_of(table, tmp_path), groups, modalities=kinds, tasks=None, per_modality=2)
    assert groups.read_text() == "task_id\tgroup\n007\t0\n1e3\t1\n"
    curves.write_text("group\tstep\tvalidation_loss\n0\t10\t0.5\n1\t10\t0.4\n")
    outs = {"study_out": tmp_path / "study.tsv", "regret_out": tmp_path / "regret.tsv"}
    patience.study_patience(groups, tmp_path / "tasks.tsv", [curves], patience=1, **outs)
    assert [line.split("\t")[0] for line in outs["study_out"].read_text().splitlines()] == [
        "task_id",
        "007",
        "1e3",
    ]
