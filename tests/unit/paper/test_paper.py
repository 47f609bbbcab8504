"""A run beside Shiri & Sun 2022: what is printed adds up, differences are given for the paper's profiles alone, and a
run that lacks things says so.
"""

import json
import runpy

import numpy as np
import pandas as pd
import pytest
import yaml

import report_settings
import report_tree
import result_files
from checkouts import REPOSITORY
from epigroup.config.schema import check_config_text
from epigroup.config.settings import complete_config
from epigroup.paper import shiri2022 as printed
from epigroup.paper import tables as paper
from epigroup.paper.tables import NOT_COMPARABLE, NOT_HERE, compare_with_paper, outputs_of
from epigroup.report.page import render
from epigroup.results.run import load

NAMES = {"STL": "STL", "SMTL": "SMTL", "EMTL": "EMTL", "CMTL": "CMTL", "KMTL": "KMTL"}
CFG = {
    "paper": "shiri2022", "names": NAMES, "k": 4, "single_rate": 0.01,
    "training": {"max_steps": 1_920_000, "batch_size": 64, "validate_every": 16_000},
    "by_k": {"KMTL": "K = 4"}, "by_algorithm": {"KMTL": "k-means"}, "figures": ["gains", "strategies", "pairs"],
}  # fmt: skip


def test_the_printed_tables_add_up_to_their_totals():
    assert {group: sum(cells) for group, cells in printed.TABLE_1.items()} == printed.TABLE_1_TOTALS
    assert tuple(map(sum, zip(*printed.TABLE_1.values(), strict=True))) == printed.TABLE_1_BOTTOM[:4]
    assert sum(printed.TABLE_1_TOTALS.values()) == printed.TABLE_1_BOTTOM[4] == 367
    kinds = [printed.TABLE_2[kind] for kind in printed.KINDS]
    groups = [printed.TABLE_2[group] for group in printed.TABLE_1]
    assert tuple(map(sum, zip(*kinds, strict=True))) == printed.GROUP_SIZES
    assert tuple(map(sum, zip(*groups, strict=True))) == printed.GROUP_SIZES
    assert [sum(row) for row in kinds] == list(printed.TABLE_1_BOTTOM[:4])
    assert {name: sum(printed.TABLE_2[name]) for name in printed.TABLE_1} == printed.TABLE_1_TOTALS


def test_table_3_is_a_ratio_of_means():
    """Its last column from its others, with the mean F1 that section IV.A gives."""
    n, f1 = np.array([86, 191, 90]), np.array([0.42, 0.34, 0.34])
    for *levels, over_all in printed.TABLE_3.values():
        baseline = f1 / (1 + np.array(levels) / 100)
        ratio = 100 * ((n @ f1) / (n @ baseline) - 1)
        assert abs(ratio - over_all) < 0.05
    means_of_ratios = [abs(n @ np.array(row[:3]) / 367 - row[3]) for row in printed.TABLE_3.values()]
    assert 0.2 < max(means_of_ratios) < 0.26


def test_what_the_list_says_of_the_paper_is_in_its_numbers():
    assert round(100 * 85 / 151, 2) == 56.29 and round(100 * 85 / 150, 2) == 56.67
    assert printed.TABLE_2["TFB"][1] == 85 and round(100 * 80 / 151, 2) == 52.98
    neuron, mix = printed.TABLE_2["Neuron"], printed.TABLE_2["Mix"]
    assert (
        (neuron[3], mix[3], neuron[2]) == (10, 20, 8)
        and round(100 * 8 / 34) == 24
        and round(100 * 10 / 52) == 19
    )
    best = {name: printed.LEVELS[int(np.argmax(row[:3]))] for name, row in printed.TABLE_3.items()}
    assert best == {"STL": "TFB", "SMTL": "TFB", "CMTL": "CA", "EMTL": "CA"}


def sheet_tasks():
    """tasks.tsv of the paper's own sheet, as config/make_shiri2022_sheet.py writes it."""
    made = runpy.run_path(str(REPOSITORY / "config" / "make_shiri2022_sheet.py"))
    assert made["TABLE_I"] == printed.TABLE_1
    rows = [
        {"modality": kind if kind in ("HM", "TFB") else "CA", "assay": kind if kind in ("ATAC", "DNase") else "ChIP",
         "cell_group": group}
        for group, cells in printed.TABLE_1.items()
        for kind, n in zip(printed.KINDS, cells, strict=True)
        for _ in range(n)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    table.insert(0, "task_id", [f"p{i}" for i in range(367)])
    return table.assign(share_train=0.01)


def paper_groups(tasks, seed=0):
    """Groups with the counts of the modality rows of Table II, under numbers of their own."""
    rng = np.random.default_rng(seed)
    number = rng.permutation(4)
    group = np.empty(367, int)
    for kind, cells in list(printed.TABLE_2.items())[:4]:
        members = rng.permutation(np.flatnonzero(paper.kinds(tasks) == kind))
        group[members] = np.repeat(number, cells)
    return pd.DataFrame({"task_id": tasks["task_id"], "group": group})


def run(folder, tasks, groups=None, f1=0.4, **of_cfg):
    """The tables of a run of these tasks whose strategies have mean F1 around f1."""
    folder.mkdir(exist_ok=True)
    levels = [("all", "All"), *(("modality", m) for m in sorted(set(tasks["modality"])))]
    strategies = pd.DataFrame([
        {"strategy": s, "seed": "all", "n_seeds": 1, "by": by, "level": level, "mean_f1": f1, "low": f1, "high": f1,
         "mean_validation_f1_half": f1}
        for s in NAMES for by, level in levels
    ])  # fmt: skip
    gains = pd.DataFrame([
        {"strategy": "KMTL", "baseline": s, "seed": "all", "by": by, "level": level, "gain_percent": 3.0 + i}
        for i, s in enumerate(NAMES) if s != "KMTL" for by, level in levels
    ])  # fmt: skip
    about = {
        "n_examples": {"train": 9_373_724, "validation": 65_531, "test": 947_056},
        "chromosomes": dict.fromkeys(map(str, range(24))),
    }
    (folder / "dataset.json").write_text(json.dumps(about))
    inputs = {
        "tasks": result_files.write_tsv(tasks, folder / "tasks.tsv"),
        "strategies": result_files.write_tsv(strategies, folder / "strategies.tsv"),
        "gains": result_files.write_tsv(gains, folder / "gains.tsv"),
        "dataset": str(folder / "dataset.json"),
    }
    if groups is not None:
        inputs["groups"] = result_files.write_tsv(groups, folder / "groups.tsv")
    outputs = outputs_of(folder / "paper")
    compare_with_paper(inputs, outputs, CFG | of_cfg)
    tables = {name: pd.read_csv(path, sep="\t") for name, path in outputs.items() if path.endswith(".tsv")}
    return tables, outputs["summary"]


def test_the_papers_profiles_are_held_against_the_paper(tmp_path):
    tasks = sheet_tasks()
    tables, _ = run(tmp_path, tasks, paper_groups(tasks))
    assert (tables["table1"]["difference"].astype(float) == 0).all() and len(tables["table1"]) == 35
    two = tables["table2"].set_index("category")
    # whatever our groups are called, they are dealt to the paper's
    assert (two.loc[["N", *printed.KINDS], "difference"].astype(float) == 0).all()
    three = tables["table3"].set_index(["baseline", "level"])
    assert float(three.loc[("SMTL", "All"), "difference"]) == pytest.approx(4.0 - 3.20)
    stated = tables["stated"].set_index("what")["difference"]
    assert (
        float(stated["examples"]) == float(stated["validation examples"]) == float(stated["chromosomes"]) == 0
    )
    # 85 of 151, which is not what the text says
    assert float(stated["Group 2, transcription factor binding, %"]) == pytest.approx(56.29 - 56.67)
    assert stated["mean F1, chromatin accessibility"] == NOT_COMPARABLE  # a bound, not a number
    figures = tables["figures"].set_index("number")["ours"]
    assert figures["Figure 7"] == "figures/pairs.svg" and figures["Figure 3"] == NOT_HERE
    assert figures["Table III"] == "figures/gains.svg; paper/table3.tsv"


def test_another_run_is_not_held_against_it(tmp_path):
    tasks = sheet_tasks().iloc[:60].copy()
    tasks["cell_group"] = "blood"
    names = {"SMTL": "SMTL", "KMTL": "KMTL"}
    groups = pd.DataFrame({"task_id": tasks["task_id"], "group": np.arange(60) % 3})
    for of_groups in (None, groups, groups.assign(group=np.arange(60) % 4)):
        tables, summary = run(tmp_path, tasks, of_groups, names=names, by_k={}, by_algorithm={})
        for name in ("table1", "table2", "table3", "stated"):
            assert (tables[name]["difference"] == NOT_COMPARABLE).all()
    assert (tables["table2"].query("category == 'Cancer'")["ours"] == NOT_HERE).all()
    assert tables["table2"].query("category == 'N'")["ours"].tolist() == ["15"] * 4
    three = tables["table3"].set_index("baseline")["ours"]
    assert (three[["STL", "CMTL", "EMTL"]] == NOT_HERE).all() and (three["SMTL"] != NOT_HERE).sum() >= 2
    assert tables["figures"].set_index("number").loc["Figure 6A", "ours"].startswith(NOT_HERE)
    results = load(report_tree.build(tmp_path / "tree") | {"paper": summary})
    page = render(results, palette={}, **report_settings.settings())
    assert '<section id="paper">' in page and "no difference is given" in page and "6,5531" in page


def test_one_number_of_groups_or_one_algorithm_is_no_figure_6(tmp_path):
    """config/shiri2022.yaml alone has one K and one algorithm; config/shiri2022_figure6.yaml adds the rest."""
    tasks, figures = sheet_tasks(), ["algorithms", "by_k", "strategies"]
    one = {"by_k": {"KMTL": "K = 4"}, "by_algorithm": {"KMTL": "k-means"}}
    two = {
        "by_k": {"KMTL": "K = 4", "EMTL": "K = 5"},
        "by_algorithm": {"KMTL": "k-means", "CMTL": "spectral clustering"},
    }
    for folder, of_cfg in (("one", one), ("two", two)):
        tables, summary = run(tmp_path / folder, tasks, figures=figures, **of_cfg)
        ours = tables["figures"].set_index("number")["ours"]
        for number in ("Figure 6A", "Figure 6B"):
            if folder == "one":
                assert ours[number].startswith(NOT_HERE) and "config/shiri2022_figure6.yaml" in ours[number]
            else:
                table = f"paper/figure{number[-2:].lower()}.tsv"
                figure = "by_k" if number == "Figure 6A" else "algorithms"
                assert ours[number] == f"figures/{figure}.svg; {table}"
        assert ours["Figure 6C"] == "figures/strategies.svg; paper/figure6c.tsv"


def test_both_halves_of_table_ii_sum_to_the_sizes_of_its_groups():
    for rows in (printed.KINDS, printed.TABLE_1):
        assert tuple(np.sum([printed.TABLE_2[row] for row in rows], axis=0)) == printed.GROUP_SIZES
    first = [
        printed.TABLE_2[row][0]
        for row in ("Cancer", "Circulation", "Glial cell", "Mix", "Neuron", "Progenitor")
    ]
    assert f"{' + '.join(map(str, first))} = {sum(first)}" in printed.CHECKED
    text = " ".join((REPOSITORY / "docs" / "shiri2022.md").read_text().split())
    assert printed.CHECKED in text


def test_the_page_of_the_paper_holds_the_whole_list():
    text = (REPOSITORY / "docs" / "shiri2022.md").read_text()
    for row in (*printed.DISAGREES, *printed.SILENT):
        assert f"| {' | '.join(row)} |" in text
    for number, *_ in printed.FIGURES:
        assert f"| {number} |" in text
    assert "docs/shiri2022.md" in (REPOSITORY / "README.md").read_text()


def test_the_config_of_figure_6_adds_66_joint_groups():
    files = [REPOSITORY / "config" / name for name in ("shiri2022.yaml", "shiri2022_figure6.yaml")]
    whole = {}
    for path in files:
        check_config_text(path)
        for key, value in yaml.safe_load(path.read_text()).items():
            whole[key] = whole[key] | value if isinstance(value, dict) and key in whole else value
    config = complete_config(whole, "both")
    assert config["paper"] == "shiri2022"
    groups = {name: config["groupings"][s["grouping"]] for name, s in config["strategies"].items()}
    added = [
        spec["k"]
        for name, spec in groups.items()
        if name not in yaml.safe_load(files[0].read_text())["strategies"]
    ]
    assert sum(added) == 66
    assert sorted(spec["k"] for spec in groups.values() if spec["method"] == "kmeans") == list(range(2, 11))
    assert {spec["method"] for spec in groups.values() if spec["k"] == 4} >= {
        "kmeans",
        "ward",
        "spectral",
        "dbscan",
        "ssc",
    }
