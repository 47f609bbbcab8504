"""Figures and report of a small results tree: numbers against definitions; a page that is whole and safe."""

import base64
import json
import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import report_settings
import report_tree
from epigroup.core.errors import InputError
from epigroup.networks.model_files import ModelInfo, write_models
from epigroup.quality.tables import read_counts
from epigroup.report import page as report
from epigroup.report.figures import draw as plots
from epigroup.report.figures import numbers as figure_tables
from epigroup.report.figures import style as plot_style
from epigroup.report.figures.record import Shown
from epigroup.report.methods.training_text import one_training
from epigroup.report.order import SECTIONS
from epigroup.report.page import make_report, plain, render
from epigroup.report.section import TEMPLATES, Section, fill
from epigroup.report.sections.comparison import energy_rows
from epigroup.report.sections.headline import headline_rows, lead_sentence, verdict, warnings
from epigroup.report.sections.identity import identity
from epigroup.report.sections.strategies import labels_sentence, span_text
from epigroup.report.sections.tasks import task_details
from epigroup.results.run import load


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return report_tree.build(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def results(inputs):
    return load(inputs)


@pytest.fixture(scope="module")
def page(results):
    return render(results, palette={}, **report_settings.settings())


def embedded(page):
    return json.loads(re.search(r'id="page-data">(.*?)</script>', page, re.DOTALL).group(1))


class Words(HTMLParser):
    """Texts of a page, and the tags that it opens and closes."""

    def __init__(self, page):
        super().__init__()
        self.text, self.open, self.links, self.ids = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        self.links += [facts[key] for key in ("src", "href") if key in facts]
        self.ids += [facts["id"]] if "id" in facts else []
        if tag not in ("meta", "link", "input", "br", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """`<circle/>` opens nothing."""

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text.append(data)


def test_principal_components_are_those_of_the_covariance():
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(30, 7)) @ rng.normal(size=(7, 7)) + 3
    scores, share = figure_tables.principal_components(weights)
    values, vectors = np.linalg.eigh(np.cov(weights.T))
    expected = (weights - weights.mean(axis=0)) @ vectors[:, ::-1][:, :2]
    assert np.allclose(np.abs(scores), np.abs(expected))
    assert np.allclose(share, values[::-1][:2] / values.sum())
    assert (scores[np.abs(scores).argmax(axis=0), [0, 1]] > 0).all()


@pytest.mark.parametrize("shape", [(5, 1), (1, 4)])
def test_principal_components_of_too_little_are_zeros(shape):
    scores, share = figure_tables.principal_components(np.ones(shape))
    assert scores.shape == (shape[0], 2)
    assert not scores.any()
    assert not share.any()


def test_composition_counts_every_task_once_a_category_and_seed(results):
    table = figure_tables.composition(results, "kmeans")
    counts = table.groupby(["seed", "category"])["n_tasks"].sum()
    assert (counts == 24).all()
    assert len(counts) == 4
    assert {"CA (ATAC)", "CA (DNase)", "HM", "TFB"} == set(
        table.loc[table["category"] == "modality", "level"]
    )


def test_scores_are_means_over_seeds(results, inputs):
    mine = [
        pd.read_csv(p, sep="\t").set_index("task_id")["test_f1"] for p in inputs["metrics"] if "/KMTL/" in p
    ]
    expected = (mine[0] + mine[1]) / 2
    found = figure_tables.task_scores(results)["KMTL:test_f1"]
    assert np.allclose(found.to_numpy(), expected[found.index].to_numpy(), equal_nan=True)
    assert np.isnan(found.iloc[0])


def test_pairs_leave_out_tasks_without_a_score(results):
    points = figure_tables.pair_points(results, [("STL", "KMTL")])
    assert len(points) == 23
    assert results.tasks.index[0] not in set(points["task_id"])


def test_long_curves_are_thinned_and_keep_their_minimum(tmp_path):
    inputs = report_tree.build(tmp_path, n_tasks=8, seeds=(1,), validations=900, strategies=("SMTL",))
    whole = pd.read_csv(inputs["curves"][0], sep="\t")
    thin = figure_tables.curves(load(inputs))
    assert len(thin) <= figure_tables.LONGEST_CURVE + 1
    assert thin["validation_loss"].min() == whole["validation_loss"].min()
    assert {whole["step"].iloc[0], whole["step"].iloc[-1]} <= set(thin["step"])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((0.01, 0.001, 0.02), "gain beyond the interval"),
        ((-0.01, -0.02, -0.001), "loss beyond the interval"),
        ((0.01, -0.001, 0.02), "no difference shown"),
        ((0.01, 0.0, 0.02), "no difference shown"),
        ((0.01, None, None), "no interval"),
        ((None, None, None), "not measured"),
    ],
)
def test_verdict_follows_the_interval(row, words):
    assert verdict(*row)[0] == words


def test_headline_keeps_the_configs_order_and_puts_marks_on_one_scale(results):
    rows = headline_rows(results, {})
    assert [row["baseline"] for row in rows] == ["RANDOM", "SMTL", "EMTL", "CMTL", "STL"]
    assert rows[0]["matched"]
    assert not rows[1]["matched"]
    assert rows[0]["n_tasks"] == 23
    per_unit = {round((row["x"] - row["zero"]) / row["difference"], -1) for row in rows}
    assert len(per_unit) <= 2
    assert "random groups of the same sizes" in lead_sentence(rows, results)


def test_seeds_that_disagree_take_a_verdict_back():
    assert verdict(0.01, 0.005, 0.02, [0.04, 0.001])[0] == "gain beyond the interval"
    assert verdict(0.01, 0.005, 0.02, [0.04, -0.02]) == ("seeds disagree", "none")
    assert verdict(0.01, -0.005, 0.02, [0.04, -0.02])[0] == "no difference shown"


def test_a_loss_is_called_a_loss(results):
    rows = headline_rows(results, {})
    worse = rows[0] | {"difference": -0.02, "low": -0.03, "high": -0.01, "gain_percent": -5.0, "tone": "bad"}
    assert "loses" in lead_sentence([worse], results)
    assert "\N{MINUS SIGN}0.020" in lead_sentence([worse], results)


def test_warnings_name_tasks_and_withheld_intervals(results):
    found = " ".join(warnings(results, headline_rows(results, {})))
    assert "1 task (P000_ATAC) has no positive in the test split" in found
    assert "One seed" not in found
    withheld = results.headline | {"interval_withheld": "only 3 test blocks"}
    object.__setattr__(results, "headline", withheld)
    assert any("only 3 test blocks" in text for text in warnings(results, headline_rows(results, {})))
    object.__setattr__(results, "headline", withheld | {"interval_withheld": None})


def test_page_is_well_formed_and_asks_nothing_of_the_network(page):
    words = Words(page)
    assert not words.open
    assert len(words.ids) == len(set(words.ids))
    assert all(link.startswith(("#", "data:")) for link in words.links)
    to_tasks = {link for link in words.links if link.startswith("#task=")}
    assert len(to_tasks) == 24
    assert {link[1:] for link in set(words.links) - to_tasks if link.startswith("#")} <= set(words.ids)
    assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg", "", page)


def test_figures_that_were_drawn_are_linked_and_the_configs_caption_stands_under_them(results, tmp_path):
    looks = {"captions": {"embedding": "Where <each> task lies."}, "watts": {"gpu": 300.0, "cpu": 7.0}}
    drawn = {name: tmp_path / f"{name}.svg" for name in ("embedding", "gains")}
    for kind, content in (("svg", b"<svg/>" * 20_000), ("png", b"\x89PNG and pixels")):
        for name in drawn:
            (tmp_path / f"{name}.{kind}").write_bytes(content)
    page = render(results, palette={}, figures=looks, drawn=drawn, **report_settings.settings())
    words = Words(page)
    files = sorted(link for link in words.links if link.startswith("../"))
    assert files == [
        f"../figures/{n}.{kind}" for n in ("embedding", "gains") for kind in ("png", "svg", "tsv")
    ]
    assert "Where <each> task lies." in "".join(words.text)
    # the page draws the embedding itself; what it cannot draw it holds, by the smaller of the two files
    held = [link for link in words.links if link.startswith("data:image")]
    assert held == [f"data:image/png;base64,{base64.b64encode(content).decode()}"]
    drawn["gains"].write_bytes(b"<svg/>")
    assert base64.b64encode(b"<svg/>").decode() in render(
        results, palette={}, drawn=drawn, **report_settings.settings()
    )
    for kind in ("svg", "png"):
        (tmp_path / f"gains.{kind}").write_bytes(bytes(2_000_000))
    large = render(results, palette={}, drawn=drawn, **report_settings.settings())
    assert "data:image" not in large and "Figure gains is too large" in large
    assert "matrix of head weights of the network trained on all tasks (compare" not in page
    assert "compare Table III" in page


def test_what_is_known_of_a_task_is_of_one_seed_and_in_the_order_of_the_tasks(results, inputs):
    found = task_details(results)
    assert found["seed"] == dict.fromkeys(results.strategy_names, 1)
    path = next(p for p in inputs["metrics"] if "KMTL/seed1/" in p)
    metrics = pd.read_csv(path, sep="\t").set_index("task_id").loc[results.tasks.index]
    for fact, column in (("low", "test_f1_low"), ("recall", "test_recall"), ("group", "group")):
        assert np.allclose(found["facts"]["KMTL"][fact], metrics[column], equal_nan=True)
    points = found["points"]["KMTL"]
    assert points[0] is None and len(points) == 24
    assert [p[-2] for p in points[1:]] == list(metrics["positives_test"].iloc[1:])
    assert all((np.diff(p[side::2]) >= 0).all() for p in points[1:] for side in (0, 1))
    assert task_details(replace(results, points=None))["points"] == {}
    assert found["baseline"] == "STL"


def test_energy_is_hours_times_what_the_config_takes_a_device_to_draw():
    rows = [
        {"device": device, "hours_in_all": hours}
        for device, hours in (("cuda", 5.0), ("cpu", 8.0), ("mixed", 8.0), ("cpu", None))
    ]
    found = [row["energy"] for row in energy_rows(rows, {"gpu": 300.0, "cpu": 10.0})]
    assert found == [1.5, 0.08, None, None]


def test_the_identity_says_with_what_the_networks_were_trained(inputs, tmp_path):
    """torch wrote the files; the report reads them without it."""
    paths = [str(tmp_path / f"pack{i}.safetensors") for i in range(2)]
    for path, torch_version, written in zip(paths, ("2.12.0", "2.13.0"), (86_400, 200_000), strict=True):
        info = ModelInfo(
            groups={0: ["a"]}, network={"name": "small"}, window=101, bin_size=20, dataset_hash="d",
            genome_sha256="g", seed=1, code="c", settings={}, precision="fp32", task_ids=["a"],
            versions={"python": "3.11.9", "torch": torch_version},
        )  # fmt: skip
        write_models(path, info, {0: {"weight": torch.ones(2)}})
        os.utime(path, (written, written))
    results = load(inputs | {"models": paths})
    facts = dict(identity(results, report_settings.settings()["report"]))
    assert facts["Trained with"] == "Python 3.11.9, torch 2.12.0 and 2.13.0, fp32"
    assert facts["Networks trained"].startswith("1970-01-02 00:00 to 1970-01-03 07:33 UTC")
    assert f"numpy {np.__version__}" in facts["Report made with"]
    bare = dict(identity(load(inputs), report_settings.settings()["report"]))
    assert bare["Trained with"] == bare["Networks trained"] == "not recorded"
    damaged = Path(paths[0]).read_bytes().replace(b"2.12.0", b"2.11.0")
    Path(paths[0]).write_bytes(damaged)
    with pytest.raises(InputError, match="pack0.safetensors: damaged"):
        load(inputs | {"models": paths})
    Path(paths[0]).write_bytes(damaged[:40])
    with pytest.raises(InputError, match="pack0.safetensors: not a model file"):
        load(inputs | {"models": paths})


def test_a_section_that_has_nothing_is_left_out_and_one_that_is_added_is_shown(results, monkeypatch):
    def mine(page):
        return Section("mine", "My own", fill("cost", costs=[], watts={"gpu": 1, "cpu": 1}, page=page))

    monkeypatch.setattr(report, "SECTIONS", (*SECTIONS, mine, lambda page: None))
    page = render(results, palette={}, **report_settings.settings())
    assert '<a href="#mine">My own</a>' in page and '<section id="mine">' in page
    assert not Words(page).open


def luminance(colour):
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_text_stands_out_from_its_ground_by_day_and_by_night():
    """WCAG 2.1, 1.4.3: a contrast of at least 4.5 to 1."""
    style = (TEMPLATES / "style.css").read_text()
    for night in (False, True):
        block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[int(night)]
        shades = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
        for ground in ("paper", "panel"):
            for ink in ("ink", "soft", "link", "good", "bad"):
                light, dark = sorted((luminance(shades[ink]), luminance(shades[ground])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (night, ink, ground)


# Machado, Oliveira & Fernandes 2009, Table 1, severity 1: linear RGB as seen without red or green cones.
SEEN = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
}  # fmt: skip


@pytest.mark.parametrize("kind", SEEN)
def test_colours_are_told_apart_without_red_or_green_cones(kind):
    """The colours, which stand for strategies before any repeats, lie at least 8 apart in CIELAB."""
    shades = plot_style.OKABE_ITO
    parts = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in shades]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(SEEN[kind]).T, 0, 1)
    to_xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                       [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip
    xyz = seen @ to_xyz.T / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    lab = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=2)[np.triu_indices(len(lab), 1)]
    assert apart.min() >= 8


def test_page_escapes_what_the_sheet_says(page):
    assert "</script><b>x" not in page
    assert embedded(page)["tasks"]["target"][1] == "</script><b>x"
    assert "</script><b>x" in "".join(Words(page).text)


def test_page_says_what_matters(page):
    text = " ".join(Words(page).text)
    for words in (
        "gain beyond the interval",
        "never shows that the method does",
        "random, same sizes",
        "arXiv:2209.11892",
        "learning rate 0.002",
        "k-means on the rows of E of SMTL, K = 4, 50 starts",
        "chr4:1,000-900,000",
        "cdcdcdcdcdcdcdcd",
        "0123456789abcdef",
        "P000_ATAC.rep1",
    ):
        assert words in text, words


def test_table_of_tasks_has_every_task_and_strategy(page, results):
    rows = re.findall(r'<tr data-row="\d+">(.*?)</tr>', page, re.DOTALL)
    assert len(rows) == 24
    head = re.search(r'id="task-table">\s*<thead>(.*?)</thead>', page, re.DOTALL).group(1)
    labels = re.findall(r"<button[^>]*>(.*?)</button>", head)
    assert set(report_settings.STRATEGIES) <= set(labels)
    assert all(row.count("<td") + 1 == len(labels) for row in rows)
    data = embedded(page)
    assert len(data["scores"]["STL"]["test_f1"]) == 24
    assert data["scores"]["STL"]["test_f1"][0] is None


def test_a_run_without_comparison_heads_or_truth_has_a_report(tmp_path):
    inputs = report_tree.build(tmp_path, n_tasks=8, seeds=(3,), strategies=("STL",))
    for key in ("agreement", "ceiling", "fastp", "flagstat"):
        del inputs[key]
    settings = report_settings.settings() | {"grouping": None}
    out = tmp_path / "report.html"
    make_report(inputs, str(out), figures={"palette": {}, "dpi": 100}, **settings)
    page = out.read_text()
    assert "Planted truth" not in page
    assert "no comparison was asked for" in page
    assert "there is one seed" in page
    assert not Words(page).open


def test_a_strategy_of_some_tasks_is_compared_over_those_and_said(tmp_path):
    inputs = report_tree.build(tmp_path, n_tasks=12, seeds=(1,))
    path = next(p for p in inputs["metrics"] if "/STL/" in p)
    pd.read_csv(path, sep="\t").iloc[:5].to_csv(path, sep="\t", index=False)
    results = load(inputs)
    assert any(
        "STL was trained for 5 of 12 tasks" in w for w in warnings(results, headline_rows(results, {}))
    )
    assert len(figure_tables.pair_points(results, [("STL", "KMTL")])) == 4
    assert not Words(render(results, palette={}, **report_settings.settings())).open


def test_an_empty_pack_changes_nothing(inputs, results, tmp_path):
    empty = tmp_path / "models" / "STL" / "seed1" / "pack9.curves.tsv"
    empty.parent.mkdir(parents=True)
    empty.write_text("group\tstep\texamples\ttrain_loss\tvalidation_loss\tseconds\n")
    found = load(inputs | {"curves": [str(empty), *inputs["curves"]]}).curves
    pd.testing.assert_frame_equal(found, results.curves)


def test_figures_are_written_as_svg_png_and_numbers(inputs, tmp_path):
    names = [
        "strategies",
        "gains",
        "pairs",
        "embedding",
        "composition",
        "sweep",
        "curves",
        "examples",
        "positives",
        "planted",
    ]
    outputs = [str(tmp_path / f"{name}.{kind}") for name in names for kind in ("svg", "png", "tsv")]
    plots.draw_figures(inputs, outputs, palette={"KMTL": "#123456"}, dpi=60, shown=Shown(grouping="kmeans"))
    for name in names:
        assert (tmp_path / f"{name}.svg").read_text().rstrip().endswith("</svg>")
        assert (tmp_path / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
        assert len(pd.read_csv(tmp_path / f"{name}.tsv", sep="\t")) > 0
    assert "#123456" in (tmp_path / "strategies.svg").read_text()
    first = (tmp_path / "gains.svg").read_bytes()
    plots.draw_figures(
        inputs,
        [str(tmp_path / "gains.svg")],
        palette={"KMTL": "#123456"},
        dpi=60,
        shown=Shown(grouping="kmeans"),
    )
    assert (tmp_path / "gains.svg").read_bytes() == first


def test_an_unknown_figure_is_refused(inputs, tmp_path):
    with pytest.raises(InputError, match="'pie'"):
        plots.draw_figures(inputs, [str(tmp_path / "pie.svg")], palette={}, dpi=60)


def test_colours_are_distinct_and_the_configs_win():
    names = ["a", "b", "c", "d", "e", "f", "g", "h"]
    found = plot_style.colours(names, {"c": "#0072B2", "z": "#000000"})
    assert found["c"] == "#0072B2"
    assert len({found[name] for name in names if name != "h"}) == 7
    assert list(found) == names


def test_files_of_another_run_are_refused(inputs, tmp_path):
    stray = tmp_path / "evaluation" / "STL" / "seed1" / "metrics.tsv"
    stray.parent.mkdir(parents=True)
    text = Path(inputs["metrics"][0]).read_text().replace("P003_ChIP", "stranger")
    stray.write_text(text)
    with pytest.raises(InputError, match="stranger"):
        load(inputs | {"metrics": [str(stray)]})
    stray.write_text("task_id\tgroup\nP003_ChIP\t0\n")
    with pytest.raises(InputError, match="test_f1"):
        load(inputs | {"metrics": [str(stray)]})


def test_reads_are_counted_from_fastp_and_flagstat(inputs):
    table = read_counts(inputs["fastp"], inputs["flagstat"]).set_index("Replicate")
    assert table.loc["P000_ATAC.rep1", "Reads"] == 2100
    assert table.loc["P000_ATAC.rep1", "After trimming"] == 2000
    assert table.loc["P001_DNase.rep1", "Reads"] == 2000
    assert table.loc["P001_DNase.rep1", "Aligned, %"] == 95.0
    assert table.loc["P001_DNase.rep1", "Duplicates"] == 40
    assert table.loc["P001_DNase.rep1", "Aligned fragments"] == 900 + 100
    assert read_counts([], []) is None


def test_plain_refuses_nothing_json_can_say():
    found = plain({"a": [np.float32(0.123456789), np.nan, np.int64(3), "x", None, float("inf")]})
    assert json.dumps(found, allow_nan=False) == '{"a": [0.12346, null, 3, "x", null, null]}'


def test_spans_are_written_half_open():
    assert span_text({"chrom": "chr7", "start": 16059400, "end": 32570400}) == "chr7:16,059,400-32,570,400"
    assert span_text({"chrom": "chr8", "start": 0, "end": None}) == "chr8"
    assert span_text({"chrom": "chr8", "start": 5, "end": None}) == "chr8:5-end"


def test_methods_say_what_was_trained():
    plain = one_training(report_settings.TRAINING)
    assert "a hidden layer of 64 units that the tasks of a group share" in plain
    assert "on the binary cross-entropy, averaged" in plain
    private = {key: value for key, value in report_settings.NETWORK.items() if key != "hidden"}
    private |= {"head": "private", "private_hidden": 16}
    text = one_training(
        report_settings.TRAINING | {"network": private, "loss": "focal", "positive_weights": 3.0}
    )
    assert "a hidden layer of 16 units for each task alone" in text
    assert "on the focal loss with gamma 2, positives weighted by 3, averaged" in text
    assert "balanced" not in plain and "started from" not in plain
    text = one_training(report_settings.TRAINING | {"balancing": "famo", "warm_start": "SMTL"})
    assert "these were balanced by FAMO (Liu et al. 2023)" in text and "from that of SMTL with" in text
    text = one_training(report_settings.TRAINING | {"positive_weights": "balanced"})
    assert "ratio of negatives to positives of the task (at most 100), averaged" in text


@pytest.fixture(scope="module")
def with_both(inputs, tmp_path_factory):
    """The same run with scores over all mappable bins: a tenth of those over bins with a peak."""
    folder = tmp_path_factory.mktemp("both")
    strategies = pd.read_csv(inputs["strategies"], sep="\t").assign(mean_auprc=0.5, mean_auroc=0.75)
    means = ["mean_f1", "mean_auprc", "mean_auroc"]
    strategies.to_csv(folder / "strategies.tsv", sep="\t", index=False)
    strategies.assign(**strategies[means] / 10).to_csv(folder / "mappable.tsv", sep="\t", index=False)
    headline = json.loads(Path(inputs["headline"]).read_text())
    for pair in headline["pairs"]:
        pair |= {"difference": -0.002, "low": -0.003, "high": -0.001, "per_seed": [{"difference": -0.002}]}
    (folder / "mappable.json").write_text(json.dumps(headline))
    dataset = json.loads(Path(inputs["dataset"]).read_text())
    dataset["n_evaluation"] = {
        "any_peak": {"validation": 11, "test": 1234},
        "all_mappable": {"validation": 44_444, "test": 55_555},
    }
    (folder / "dataset.json").write_text(json.dumps(dataset))
    return load(
        inputs
        | {
            "strategies": str(folder / "strategies.tsv"),
            "mappable_strategies": str(folder / "mappable.tsv"),
            "mappable_headline": str(folder / "mappable.json"),
            "dataset": str(folder / "dataset.json"),
        }
    )


def test_scores_over_all_mappable_bins_stand_beside_those_over_bins_with_a_peak(with_both, page):
    assert 'id="regions"' not in page
    settings = report_settings.settings()
    settings["report"]["config"]["dataset"]["evaluation_regions"] = "both"
    both = render(with_both, palette={}, **settings)
    words = Words(both)
    assert not words.open and "regions" in words.ids
    text = " ".join(
        " ".join(Words(both.split('<section id="regions">')[1].split("</section>")[0]).text).split()
    )
    for said in ("(1,234 test bins)", "all mappable bins (55,555)", "chosen on 44,444 validation bins"):
        assert said in text
    f1 = with_both.strategies.query("strategy == 'STL' and by == 'all' and seed == 'all'")["mean_f1"].iloc[0]
    assert f"STL {f1:.3f} 0.500 0.750 {f1 / 10:.3f} 0.050 0.075" in text
    # the headline of bins with a peak stays what it was, gain and all; the second one has its own verdict
    assert "\N{MINUS SIGN}0.002 [\N{MINUS SIGN}0.003, \N{MINUS SIGN}0.001] loss beyond the interval" in text
    assert "gain beyond the interval" in text
    assert both.split('id="headline"')[1].split("</section>")[0].count("loss beyond") == 0
    methods = " ".join(words.text)
    assert "also scored on all mappable bins" in methods and "bins with a peak alone" in methods


def test_weighted_sampling_is_described():
    text = one_training(report_settings.TRAINING | {"sampling": "weighted"})
    assert "proportional to the mean, over the group's tasks, of label over share of positives" in text
    assert "(at least 1, at most 100)" in text


def test_the_count_of_bins_at_borders_is_told(results, page):
    assert (
        "Left out at borders: 12 bins" in page
        and "; 12 bins whose window crosses a border were left out" in page
    )
    literal = replace(
        results, dataset=results.dataset | {"splits": results.dataset["splits"] | {"rule": "bin"}}
    )
    other = render(literal, palette={}, **report_settings.settings())
    assert "The start of a bin decides" in other and "12 bins" not in other


def test_the_sweep_shows_a_line_a_seed_or_a_method(results, page):
    lines = figure_tables.sweep_lines(results)
    assert list(lines["line"].unique()) == [f"seed {seed}" for seed in results.seeds]
    assert list(lines.columns) == ["line", "k", "inertia", "silhouette"]
    assert "Most stable number of groups: 4 by kmeans on head weights." in " ".join(page.split())
    other = results.sweep.assign(method="ward", inertia=1.0, most_stable=results.sweep["k"] == 2)
    other.loc[other["seed"] == results.seeds[0], "most_stable"] = other["k"] == 5
    both = replace(results, sweep=pd.concat([results.sweep, other], ignore_index=True))
    lines = figure_tables.sweep_lines(both)
    assert list(lines["line"].unique()) == ["kmeans on head weights", "ward on head weights"]
    mean = results.sweep.groupby("k")["inertia"].mean()
    mine = lines[lines["line"] == "kmeans on head weights"].set_index("k")["inertia"]
    pd.testing.assert_series_equal(mine, mean, check_names=False)
    n = len(results.seeds)
    if n > 1:
        assert figure_tables.most_stable(both)[1] == (
            "ward on head weights",
            f"2 ({n - 1} of {n} seeds), 5 (1 of {n} seeds)",
        )


@pytest.mark.parametrize(
    ("labels", "heads", "words"),
    [
        (0.4, 0.9, "They fooled it, and not the heads"),
        (0.2, 0.5, "They fooled it more than the heads"),
        (0.95, 1.0, "They did not fool it"),
    ],
)
def test_whether_decoys_fooled_the_labels_is_said(labels, heads, words):
    rows = [
        {"grouping": "labels", "vectors": "labels", "seed": 1, "k": 4, "ari_planted": labels},
        {"grouping": "kmeans", "vectors": "raw", "seed": 1, "k": 4, "ari_planted": heads},
        {"grouping": "kmeans7", "vectors": "raw", "seed": 1, "k": 7, "ari_planted": 1.0},
        {"grouping": "modality", "vectors": "", "seed": 1, "k": 4, "ari_planted": 0.0},
    ]
    text = labels_sentence(pd.DataFrame(rows))
    assert words in text and f"by labels: labels {labels:.2f}; by heads: kmeans {heads:.2f})" in text
    assert labels_sentence(pd.DataFrame(rows[1:])) is None


def test_the_page_says_whether_decoys_fooled_the_labels(page):
    assert "They fooled it, and not the heads" in page
