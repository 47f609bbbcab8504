"""The report's sections on strategies and data: scores over all mappable bins, planted groups, spans and borders."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import report_settings
from epigroup.report.page import render
from epigroup.report.sections.strategies import labels_sentence, span_text
from epigroup.results.run import load
from report_pages import Words, section_of, text_of


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
    text = text_of(section_of(both, "regions"))
    for said in ("(1,234 test bins)", "all mappable bins (55,555)", "chosen on 44,444 validation bins"):
        assert said in text
    f1 = with_both.strategies.query("strategy == 'STL' and by == 'all' and seed == 'all'")["mean_f1"].iloc[0]
    assert f"STL {f1:.3f} 0.500 0.750 {f1 / 10:.3f} 0.050 0.075" in text
    # the headline of bins with a peak stays what it was, gain and all; the second one has its own verdict
    assert "\N{MINUS SIGN}0.002 [\N{MINUS SIGN}0.003, \N{MINUS SIGN}0.001] loss beyond the interval" in text
    assert "gain beyond the interval" in text
    assert section_of(both, "headline").count("loss beyond") == 0
    methods = text_of(both)
    assert "also scored on all mappable bins" in methods and "bins with a peak alone" in methods


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


def test_spans_are_written_half_open():
    assert span_text({"chrom": "chr7", "start": 16059400, "end": 32570400}) == "chr7:16,059,400-32,570,400"
    assert span_text({"chrom": "chr8", "start": 0, "end": None}) == "chr8"
    assert span_text({"chrom": "chr8", "start": 5, "end": None}) == "chr8:5-end"


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
