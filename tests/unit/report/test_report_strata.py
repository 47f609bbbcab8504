"""The report's sections on baselines and strata, and their figures."""

import pandas as pd
import pytest

import report_settings
import report_tree
import result_files
import tree_strata
from epigroup.core.errors import InputError
from epigroup.report.figures.draw import draw_figures
from epigroup.report.figures.record import Shown
from epigroup.report.figures.strata_tables import over_correlation, stratum_scores
from epigroup.report.page import render
from epigroup.results.run import load
from report_pages import embedded

COUNTED = "cell types with an accessibility peak"


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A run of two strategies and seeds with strata and baselines."""
    root = tmp_path_factory.mktemp("report")
    found = report_tree.build(root, n_tasks=6, strategies=("SMTL", "KMTL"), validations=3)
    strata, related, variation = [], [], []
    for name, lift in (("SMTL", 0.0), ("KMTL", 0.1)):
        for seed in ("all", "1", "2"):
            for by, counted, rank, stratum, auroc in (
                ("all", "", 0, "all regions", 0.8),
                ("specificity", COUNTED, 0, "[1, 2)", 0.6),
                ("specificity", COUNTED, 1, "[2, 5)", 0.85),
                ("gc", "GC share of the window", 0, "[0.300, 0.500)", 0.7),
            ):
                row = {"strategy": name, "seed": seed, "by": by, "counted": counted, "rank": rank}
                row |= {"stratum": stratum, "level": "All", "n_tasks": 6, "n_nan": 1}
                row |= {
                    "mean_auroc": auroc + lift / 10,
                    "mean_auprc_above_base": 0.123 + lift,
                    "mean_base_rate": 0.2,
                }
                strata.append(row)
        for seed in (1, 2):
            for target, pairs, n, predicted in (
                ("a", "CA", 1, 0.2),
                ("b", "CA", 3, 0.6),
                ("b", "all", 9, 0.9),
            ):
                row = {"strategy": name, "seed": seed, "counted": COUNTED, "target": target, "rank": 0}
                row |= {
                    "stratum": "[1, 2)",
                    "pairs": pairs,
                    "n_pairs": n,
                    "predicted": predicted,
                    "observed": 0.1,
                }
                related.append(row)
        for task, q, share in (("t0", 0.01, 0.7), ("t1", 0.2, 0.6), ("t2", 0.04, 0.3)):
            row = {"strategy": name, "task_id": task, "n_seeds": 2, "share_above": share, "p_value": q / 2}
            row |= {"q_value": q, "median_cv_specific": 0.3, "median_cv_ubiquitous": 0.2}
            variation.append(row)
    scores = [
        {"name": name, "kind": kind, "uses_test_labels": uses, "level": "All", "n_tasks": 6, "n_nan": 1}
        | {"mean_f1": 0.4, "mean_auprc": 0.35, "mean_auroc": 0.7}
        for name, kind, uses in (
            ("prior", "baseline", 0),
            ("mean_label", "baseline", 1),
            ("KMTL", "strategy", 0),
        )
    ]
    marks = [
        {
            "strategy": "KMTL",
            "task_id": "P003_ChIP",
            "baseline": "gc",
            "difference": -0.1,
            "mark": "no better",
        },
        {
            "strategy": "KMTL",
            "task_id": "P004_ChIP",
            "baseline": "gc",
            "difference": 0.1,
            "mark": "not shown",
        },
        {"strategy": "KMTL", "task_id": "P005_ChIP", "baseline": "gc", "difference": 0.3, "mark": ""},
        {
            "strategy": "KMTL",
            "task_id": "P000_ATAC",
            "baseline": "gc",
            "difference": float("nan"),
            "mark": "",
        },
    ]
    tables = {
        "strata": strata, "over_correlation": related, "seed_variation": variation,
        "simple_scores": scores, "marks": marks,
    }  # fmt: skip
    return found | {
        key: result_files.write_tsv(pd.DataFrame(rows), root / f"{key}.tsv") for key, rows in tables.items()
    }


def test_the_page_shows_strata_and_marked_tasks(page):
    assert '<section id="strata">' in page and '<section id="baselines">' in page
    body = page[page.index('<section id="baselines">') : page.index('<section id="groups">')]
    assert "P003_ChIP (gc)" in body and "P004_ChIP (gc)" not in body and "no rival" in body
    row = body[body.index("Which do no better") :]
    assert "<td>1</td><td>1</td><td>3</td>" in row
    assert (
        "[1, 2)" in body
        and "0.610" in body
        and "0.223" in body
        and "F1, precision and AUPRC by itself" in body
    )
    assert embedded(page)


def test_a_run_without_them_has_no_such_sections(inputs):
    plain = {k: v for k, v in inputs.items() if k not in ("strata", "simple_scores", "marks")}
    page = render(load(plain), palette={}, **report_settings.settings())
    assert 'id="strata"' not in page and 'id="baselines"' not in page


def test_targets_are_weighted_by_their_pairs(results):
    table = over_correlation(results)
    assert table["predicted"].tolist() == pytest.approx([0.5, 0.5]) and table["n_pairs"].tolist() == [4, 4]
    assert set(stratum_scores(results)["strategy"]) == {"SMTL", "KMTL"}


def test_the_figures_are_drawn_with_their_numbers(inputs, tmp_path):
    outputs = [str(tmp_path / f"{name}.svg") for name in ("strata", "over_correlation")]
    draw_figures(inputs, outputs, palette={}, dpi=60, shown=Shown(grouping="kmeans"))
    for name, word in (("strata", "AUPRC less base rate"), ("over_correlation", "labels")):
        assert word in (tmp_path / f"{name}.svg").read_text()
        assert (tmp_path / f"{name}.png").stat().st_size > 1000
        assert len(pd.read_csv(tmp_path / f"{name}.tsv", sep="\t")) > 1


def test_the_page_of_a_task_has_its_strata_and_its_baseline(tmp_path):
    made = tree_strata.with_strata(tmp_path, report_tree.build(tmp_path, n_tasks=8, validations=3))
    page = render(load(made), palette={}, **report_settings.settings())
    data = embedded(page)["sections"]
    strata, marks = data["strata"]["per_task"], data["baselines"]["per_task"]
    assert strata["columns"] == ["Strategy", "all regions", "[1, 2)", "[2, 9)", "GC [0, 0.5)", "GC [0.5, 1)"]
    mine = [row for row in strata["rows"] if row[0] == 3]
    assert [row[1] for row in mine] == ["KMTL", "RANDOM", "SMTL", "EMTL", "CMTL", "STL"]
    table = pd.read_csv(
        tmp_path / "strata/EMTL/seed1.tsv", sep="\t", keep_default_na=False, na_values=["NaN"]
    )
    score = table[(table["task_id"] == "P003_ChIP") & (table["stratum"] == "[2, 9)")].iloc[0]
    wanted = f"{score['test_auroc']:.3f} / {score['test_auprc_above_base']:+.3f}".replace(
        "-", "\N{MINUS SIGN}"
    )
    assert mine[3][4] == wanted
    assert {cell for row in strata["rows"] if row[0] == 0 for cell in row[2:]} == {"\N{EN DASH}"}
    told = pd.read_csv(tmp_path / "baselines/marks.tsv", sep="\t", keep_default_na=False).set_index(
        ["strategy", "task_id"]
    )
    for task, strategy, baseline, difference, low, high, mark in marks["rows"]:
        facts = told.loc[
            (strategy, f"P{task:03d}_{('ATAC', 'DNase', 'ChIP', 'ChIP', 'ChIP', 'ChIP')[task % 6]}")
        ]
        assert (baseline, mark) == ("gc", facts["mark"])
        assert [difference, low, high] == pytest.approx(
            [facts["difference"], facts["difference_low"], facts["difference_high"]], abs=1e-4
        )
    table = pd.read_csv(made["task_strata"][0], sep="\t").assign(task_id="stranger")
    result_files.write_tsv(table, tmp_path / "strata/STL/seed1.tsv")
    with pytest.raises(InputError, match="'stranger' is not in tasks.tsv"):
        load(made)
