"""Looks at test figures are written down, and a set is opened again only where validation got better."""

import sys

import pandas as pd
import pytest

from checkouts import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "benchmarks"))

from open_test import COLUMNS, open_test


@pytest.fixture
def run(tmp_path):
    """A run whose two strategies have these validation AUPRC; (tree, config, table of looks)."""

    def build(better, other, config="a: 1\n", test=0.3):
        tree = tmp_path / "human"
        (tree / "comparison").mkdir(parents=True, exist_ok=True)
        rows = [
            [name, fold, 1, score, test, value]
            for name, value in (("SMTL", other), ("LABELS", better))
            for fold in (1, 2)
            for score in ("auprc", "f1")
        ]
        columns = ["strategy", "fold", "seed", "score", "mean", "mean_validation"]
        pd.DataFrame(rows, columns=columns).to_csv(tree / "comparison/units.tsv", sep="\t", index=False)
        (tmp_path / "config.yaml").write_text(config)
        return tree, tmp_path / "config.yaml", tmp_path / "OPENED.tsv"

    return build


def test_a_look_is_a_row_and_the_same_run_is_not_written_twice(run):
    tree, config, out = run(0.2, 0.1)
    said = open_test(tree, config, out)
    assert said == "look 1 at human: SMTL 0.3000 0.3000; LABELS 0.3000 0.3000"
    rows = pd.read_csv(out, sep="\t")
    assert list(rows) == list(COLUMNS) and len(rows) == 1
    assert rows.loc[0, ["best", "best_validation_auprc", "n_folds", "n_seeds"]].tolist() == [
        "LABELS",
        0.2,
        2,
        1,
    ]
    before = out.read_bytes()
    assert said.split(": ")[1] in open_test(tree, config, out) and out.read_bytes() == before


def test_a_set_stays_closed_unless_validation_got_better(run):
    open_test(*run(0.2, 0.1))
    with pytest.raises(
        SystemExit, match=r"validation AUPRC 0.2 \(LABELS\) is not above the 0.2 of the last look"
    ):
        open_test(*run(0.2, 0.15, test=0.4))
    with pytest.raises(SystemExit, match="the test stays closed"):
        open_test(*run(0.19, 0.1, config="a: 2\n"))
    with pytest.raises(SystemExit, match=r"validation AUPRC 0.15 \(SMTL\)"):
        open_test(*run(0.3, 0.15, config="choices: {LABELS: {among: [SMTL]}}\n"))
    assert "look 2 at human" in open_test(*run(0.21, 0.1, config="a: 2\n"))


def test_the_committed_table_has_these_columns():
    rows = pd.read_csv(REPOSITORY / "benchmarks/OPENED.tsv", sep="\t")
    assert list(rows) == list(COLUMNS) and (rows.groupby("set").cumcount() + 1 == rows["look"]).all()
