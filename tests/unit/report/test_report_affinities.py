"""The report's section on affinities, and their heat maps."""

import base64
import json
import re

import numpy as np
import pandas as pd
import pytest

import report_settings
import report_tree
import result_files
from epigroup.affinity.matrix import Affinity, write_affinity
from epigroup.core.errors import InputError
from epigroup.report.figures import draw as plots
from epigroup.report.figures.affinity_stability import study_affinities
from epigroup.report.figures.record import Shown
from epigroup.report.page import make_report, render
from epigroup.report.sections.affinities import curve_rows, measured_rows, pair_rows, said
from epigroup.results.affinities import load_affinities, matrix_table, read_matrix
from epigroup.results.run import load
from report_pages import section_of, text_of

N = 12
RUNS = [[name, "SMTL", seed] for name in ("near", "pilot") for seed in (1, 2)]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """The tree with two affinities of two seeds: distances of all tasks, similarities of a pilot of six."""
    root = tmp_path_factory.mktemp("tree")
    made = report_tree.build(root, n_tasks=N)
    tasks = pd.read_csv(made["tasks"], sep="\t")["task_id"].tolist()
    rng = np.random.default_rng(3)
    figures, matrices, truth = [], [], []
    for name, _, seed in RUNS:
        path = root / "affinity" / name / "SMTL" / f"seed{seed}.h5"
        path.parent.mkdir(parents=True, exist_ok=True)
        kind, ids = ("distance", tasks) if name == "near" else ("similarity", tasks[5::-1])
        pieces = np.abs(rng.normal(size=(3, len(ids), len(ids)))).cumsum(axis=0)
        axis = "samples" if name == "near" else "step"
        write_affinity(
            path, Affinity(kind, pieces[-1], pieces, np.array([50, 100, 150]), axis), ids, {"seed": seed}
        )
        facts = {
            "affinity": name,
            "measure": "sca",
            "strategy": "SMTL",
            "seed": seed,
            "kind": kind,
            "tasks": len(ids),
        }
        facts |= {"auc_modality": 0.8125 + seed / 100, "seconds": 12.34, "rate": 0.002, "pilot": ids}
        if name == "near":
            facts |= {
                "trunk_spearman": 0.987,
                "trunk_checks": 10,
                "trunk_tasks": 9,
                "look_ahead_share": 0.017,
            }
        figures.append(path.with_suffix(".json"))
        figures[-1].write_text(json.dumps(facts))
        matrices.append(path)
        truth.append({"affinity": name, "strategy": "SMTL", "seed": seed, "auc_planted": 0.5 + seed / 10})
    study_affinities(
        [str(p) for p in matrices], root / "affinity" / "stability.tsv", {"runs": RUNS, "dpi": 40}
    )
    return made | {
        "affinity_figures": list(map(str, figures)),
        "affinity_stability": str(root / "affinity" / "stability.tsv"),
        "affinity_matrices": [str(path) for path in matrices if "seed1" in path.name],
        "affinity_truth": result_files.write_tsv(pd.DataFrame(truth), root / "affinities.tsv"),
    }


def test_what_was_measured_has_a_row_a_run(results):
    rows = measured_rows(results.affinities, {"near": {"network": "tied"}})
    assert [[row["affinity"], row["strategy"], row["seed"]] for row in rows] == RUNS
    assert rows[0]["network"] == "tied" and rows[0]["auc_modality"] == pytest.approx(0.8225)
    assert [row["auc_planted"] for row in rows] == pytest.approx([0.6, 0.7, 0.6, 0.7])
    assert rows[0]["trunk_spearman"] == 0.987 and rows[0]["checked"] == "10 on 9 tasks"
    assert (
        rows[2]["trunk_spearman"] is None and rows[2]["checked"] == "" and rows[2]["auc_cell_group"] is None
    )
    assert [what for what, _ in rows[0]["more"]] == ["rate", "pilot"]
    assert (
        said(["a", "b", "c", "d"]) == "4 (a, b, c, …)" and said([]) == "0" and said(0.00123456) == "0.001235"
    )


def test_stability_is_that_of_the_study(results):
    table = results.affinities.stability
    curves = curve_rows(results.affinities)
    assert [(row["compared"], row["affinity"], row["seed"]) for row in curves] == [
        ("samples", "near", 1), ("samples", "near", 2), ("step", "pilot", 1), ("step", "pilot", 2),
    ]  # fmt: skip
    for row in curves:
        mine = table[(table["affinity"] == row["affinity"]) & (table["seed"] == row["seed"])]
        mine = mine[mine["compared"] == row["compared"]].set_index("at")
        assert [at for at, _ in row["points"]] == [50, 100, 150]
        assert row["points"][0][1] == pytest.approx(mine.loc["50", "spearman"])
        assert row["points"][-1][1] == pytest.approx(1)
    pairs = {row["name"]: row for row in pair_rows(results.affinities)}
    assert set(pairs) == {"near", "pilot", "near and pilot"} and pairs["near and pilot"]["n"] == 2
    between = table.loc[table["compared"] == "affinity", "spearman"]
    assert [pairs["near and pilot"][key] for key in ("low", "high")] == pytest.approx(
        [between.min(), between.max()]
    )


def test_heat_maps_hold_the_matrix_with_tasks_by_group(results, inputs, tmp_path):
    plots.draw_figures(
        inputs, [str(tmp_path / "affinities.svg")], palette={}, dpi=50, shown=Shown(grouping="kmeans")
    )
    numbers = pd.read_csv(tmp_path / "affinities.tsv", sep="\t")
    assert numbers["affinity"].value_counts().to_dict() == {"near": N, "pilot": 6} and set(
        numbers["seed"]
    ) == {1}
    groups = results.groups[(results.groups["grouping"] == "kmeans") & (results.groups["seed"] == 1)]
    of = groups.set_index("task_id")["group"]
    for name, (kind, matrix, ids) in zip(
        ("near", "pilot"), results.affinities.matrices.values(), strict=True
    ):
        mine = numbers[numbers["affinity"] == name].set_index("task_id")
        assert set(mine["kind"]) == {kind} and mine["group"].is_monotonic_increasing
        assert (mine["group"] == of[mine.index] + 1).all()
        expected = pd.DataFrame(matrix, ids, ids).loc[mine.index, mine.index]
        np.testing.assert_allclose(mine[list(mine.index)], expected, rtol=1e-5)
        assert mine[[task for task in numbers["task_id"] if task not in ids]].isna().all().all()
    # without a grouping they stay in the file's order, and no task has a number
    plain = matrix_table(results.affinities, {})
    assert (plain["group"] == 0).all() and plain["task_id"].tolist()[:N] == results.tasks.index.tolist()


def test_the_page_has_a_section_on_them_only_when_there_are_some(results, inputs, tmp_path):
    svg = tmp_path / "affinities.svg"
    plots.draw_figures(inputs, [str(svg)], palette={}, dpi=50, shown=Shown(grouping="kmeans"))
    settings = report_settings.settings() | {"grouping": "kmeans"}
    page = render(results, palette={}, drawn={"affinities": svg}, **settings)
    part = section_of(page, "affinities")
    words = text_of(part)
    assert "AUC, planted groups" in words and "0.987" in words and "1.7 %" in words and "12.3" in words
    assert 'href="../affinity/stability.svg"' in part and 'href="../figures/affinities.svg"' in part
    lacking = {k: v for k, v in inputs.items() if not k.startswith("affinity")}
    assert 'id="affinities"' not in render(load(lacking), palette={}, **report_settings.settings())
    without_truth = {k: v for k, v in inputs.items() if k != "affinity_truth"}
    assert "AUC, planted groups" not in render(load(without_truth), palette={}, **report_settings.settings())


def test_the_page_holds_the_heat_maps_that_were_drawn(inputs, tmp_path):
    plots.draw_figures(
        inputs, [str(tmp_path / "affinities.svg")], palette={}, dpi=50, shown=Shown(grouping="kmeans")
    )
    figures = [str(tmp_path / f"affinities.{kind}") for kind in ("svg", "png", "tsv")]
    settings = report_settings.settings() | {"figures": {"palette": {}}}
    make_report(inputs | {"figures": figures}, str(tmp_path / "page.html"), **settings)
    page = (tmp_path / "page.html").read_text()
    kind, coded = re.search(r'src="data:image/(png|svg)[^;]*;base64,([^"]+)"', page).groups()
    assert base64.b64decode(coded) == (tmp_path / f"affinities.{kind}").read_bytes()


def test_a_study_of_another_form_is_named(inputs, tmp_path):
    result_files.write_tsv(pd.DataFrame({"affinity": ["near"], "at": ["1"]}), tmp_path / "stability.tsv")
    with pytest.raises(InputError, match=r"stability.tsv: lacks the column\(s\) compared"):
        load_affinities([], str(tmp_path / "stability.tsv"), [], None)
    with pytest.raises(InputError, match="holds neither distance nor similarity"):
        read_matrix(inputs["heads"][0])
