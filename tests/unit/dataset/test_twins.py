"""Tasks with the same labels or signal are found, and no others; the report names them where their gains stand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import report_settings
import report_tree
import result_files
from epigroup.audit import twins
from epigroup.audit.run_checks import audit_dataset
from epigroup.core.text_files import read_json
from epigroup.dataset.labels import pack, unpack_columns
from epigroup.dataset.shards import TRAINS, Shard, write_shard
from epigroup.dataset.summary import summarise_dataset
from epigroup.dataset.twins import shown_sets, twin_sets
from epigroup.report.page import render
from epigroup.report.sections.differences import clear_tasks
from epigroup.report.sections.strategies import task_flags
from epigroup.report.sections.twins import together, twin_flags, twin_warnings, twins_of
from epigroup.results.run import load

TASKS = ("a", "b", "twin_of_a", "c", "empty", "void", "third_a")
SIZES = {"chr1": 40_000, "chr2": 10_000, "chr3": 10_000}
SPLIT = {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}], "train": "rest", "rule": "window"}


def planted():
    """Labels by chromosome: a and its two twins, two tasks without a positive, two like no other."""
    rng = np.random.default_rng(11)
    found = {chrom: rng.random((size // 200, len(TASKS))) < 0.3 for chrom, size in SIZES.items()}
    for labels in found.values():
        labels[:, [2, 6]] = labels[:, [0]]
        labels[:, [4, 5]] = False
    return found


def build(folder, labels, signal=None, role=None):
    """Shards and dataset.json: the inputs of the check."""
    paths = []
    for chrom, size in SIZES.items():
        n = size // 200
        paths.append(str(folder / f"{chrom}.h5"))
        write_shard(paths[-1], Shard(
            chrom=chrom, size=size, bin_size=200, window=401, min_overlap=50, assembly="toy", genome_sha256="ab",
            task_ids=TASKS, counts={"n_examples": n}, start=(np.arange(n) * 200).astype(np.int32),
            labels=pack(labels[chrom]), n_peaks=np.arange(len(TASKS)),
            role=np.full(n, 7, np.uint8) if role is None else role[chrom],
            signal=None if signal is None else signal[chrom].astype(np.float16),
            signal_transform=None if signal is None else "log1p",
        ))  # fmt: skip
    summarise_dataset(paths, folder / "dataset.json", splits=SPLIT, task_ids=TASKS)
    return {"dataset": str(folder / "dataset.json"), "shards": paths}


def test_planted_twins_are_named_in_one_set_and_empty_tasks_are_not(tmp_path):
    found = twins.check(build(tmp_path, planted()), {})
    assert found.verdict == "warn"
    assert found.details == {"targets": "labels", "sets": [["a", "twin_of_a", "third_a"]]}
    assert "3 of 7 tasks have the same labels" in found.figure and "a = twin_of_a = third_a." in found.figure
    assert (
        "not one from relatedness" in found.advice and "counts their profile more than once" in found.advice
    )


@pytest.mark.parametrize("chrom", SIZES)
def test_one_bin_of_any_split_parts_them(tmp_path, chrom):
    labels = planted()
    labels[chrom][-3, 2] ^= True
    labels[chrom][5, 6] ^= True
    found = twins.check(build(tmp_path, labels), {})
    assert found.verdict == "pass" and found.details["sets"] == [], found.figure


def test_a_bin_that_is_no_example_parts_nobody(tmp_path):
    """A bin outside of the training regions, on which nothing is learnt or scored."""
    labels, role = planted(), {chrom: np.full(size // 200, 7, np.uint8) for chrom, size in SIZES.items()}
    labels["chr1"][40, 2] ^= True
    role["chr1"][40] = 0
    assert twins.check(build(tmp_path, labels, role=role), {}).details["sets"] == [
        list(TASKS[::2][:2]) + ["third_a"]
    ]
    role["chr1"][40] = TRAINS
    assert twins.check(build(tmp_path, labels, role=role), {}).details["sets"] == [["a", "third_a"]]


def test_signals_are_compared_where_they_are_the_targets(tmp_path):
    """Of a and its twins, whose peaks are the same, two have one signal, as two of other peaks have; 0 is -0."""
    rng = np.random.default_rng(2)
    signal = {chrom: rng.gamma(1, 2, (size // 200, len(TASKS))) for chrom, size in SIZES.items()}
    for values in signal.values():
        values[:, 6], values[:, 3] = values[:, 0], values[:, 1]
        values[7, [0, 6]] = 0.0, -0.0
        values[:, [4, 5]] = 0.0
    found = twins.check(build(tmp_path, planted(), signal), {})
    assert found.details == {"targets": "signal", "sets": [["a", "third_a"], ["b", "c"]]}
    assert "4 of 7 tasks have the same signal in every example" in found.figure
    signal["chr3"][-1, 3] += 1
    assert twins.check(build(tmp_path, planted(), signal), {}).details["sets"] == [["a", "third_a"]]


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 12), st.integers(1, 40), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_sets_are_those_of_all_pairs(n_tasks, n_rows, at_once, seed):
    labels = np.random.default_rng(seed).random((n_rows, n_tasks)) < 0.2 / n_rows**0.5
    packed = pack(labels)

    def parts():
        for row in range(0, n_rows, at_once):
            yield lambda tasks, row=row: unpack_columns(packed[row : row + at_once], tasks)

    expected = [
        [i for i in range(n_tasks) if np.array_equal(labels[:, i], labels[:, first])]
        for first in range(n_tasks)
    ]
    expected = [one for i, one in enumerate(expected) if one[0] == i and len(one) > 1 and labels[:, i].any()]
    assert twin_sets(parts(), [range(n_tasks)]) == expected


def test_reading_ends_when_all_are_told_apart():
    def parts():
        yield lambda tasks: np.eye(3, dtype=bool)[:, tasks]
        raise AssertionError("a second part was asked for")

    assert twin_sets(parts(), [[0, 1, 2]]) == [] == twin_sets(parts(), [[0], [1], [2]])


def test_long_sets_are_cut():
    assert shown_sets([["a", "b"], list("cdefghi")]) == "a = b; c = d = e = f = g and 2 more"
    assert shown_sets([["a", "b"]] * 7).endswith("a = b; and 2 more sets")


@pytest.fixture
def told(tmp_path):
    """Inputs of a report whose audit found two twins; one has the top gain, and the other's interval holds 0."""
    inputs = report_tree.build(tmp_path / "tree")
    tasks = pd.read_csv(inputs["tasks"], sep="\t")["task_id"].tolist()
    top, twin = tasks[6], tasks[3]
    table = pd.DataFrame(
        {"task_id": tasks, "strategy": "KMTL", "baseline": "SMTL", "headline": 1, "seeds": "1,2"}
    )
    table["difference"] = np.where(
        table["task_id"] == top, 0.2, np.where(table["task_id"] == twin, -0.012, 0.0)
    )
    table["low"], table["high"] = table["difference"] - 0.03, table["difference"] + 0.03
    table["excludes_zero"] = (table["task_id"] == top).astype(float)
    finding = {"check": "twins", "title": "Tasks with the same labels or signal", "verdict": "warn", "figure": "f.",
               "advice": "a.", "pitfall": "p", "details": {"targets": "labels", "sets": [[twin, top]]}}  # fmt: skip
    audit = {"verdict": "warn", "source": "s", "findings": [finding]}
    differences = result_files.write_tsv(table, tmp_path / "differences.tsv")
    return replace(load(inputs | {"differences": differences}), audit=audit), top, twin


def test_the_top_gain_has_its_twin_beside_it_and_how_that_one_did(told):
    results, top, twin = told
    page = render(results, palette={}, **report_settings.settings())
    part = page[page.index('id="headline"') : page.index('id="strategies"')]
    row = part[part.index(f'<th scope="row">{top}') :].split("</th>")[0]
    assert f"same labels as {twin}: \N{MINUS SIGN}0.012 [\N{MINUS SIGN}0.042 to +0.018], in " in row
    assert f"2 of 24 tasks have the same labels in every example as another ({twin} = {top})" in part
    assert f'<td class="flag">same labels as {twin}</td>' in page
    assert f'<td class="flag">same labels as {top}</td>' in page
    assert page.count('class="flag">same labels') == 2
    flags = dict(zip(results.tasks.index, task_flags(results), strict=True))
    assert flags[top] == f"same labels as {twin}" and flags[results.tasks.index[0]] == "no positives in test"
    without = replace(results, audit=None)
    assert "same labels" not in render(without, palette={}, **report_settings.settings())
    assert twins_of(without) == {} and twin_warnings(without) == []


def test_a_twin_that_was_not_compared_is_said_to_be_so(told):
    results, top, twin = told
    kept = results.differences[results.differences["task_id"] != twin]
    (note,) = clear_tasks(replace(results, differences=kept))[0]["rows"][0]["twins"]
    assert note["task"] == twin and note["difference"] is None and note["together"] == ""
    page = render(replace(results, differences=kept), palette={}, **report_settings.settings())
    assert f"same labels as {twin}: not compared" in page


def test_of_many_twins_three_are_named(told):
    results, top, _ = told
    names = results.tasks.index[2:9].tolist()
    results.audit["findings"][0]["details"]["sets"] = [names]
    others = [name for name in names if name != top]
    notes = clear_tasks(results)[0]["rows"][0]["twins"]
    assert [note["task"] for note in notes] == others[:3]
    assert [note["rest"] for note in notes] == ["", "", " and 3 more"]
    assert f"same labels as {', '.join(others[:3])} and 3 more" in task_flags(results)
    page = render(results, palette={}, **report_settings.settings())
    assert page.count("; and 3 more</span>") == 1


def test_signals_are_called_so(told):
    results, top, twin = told
    of_signals = replace(results, dataset=results.dataset | {"signal_transform": "log1p"})
    assert twin_flags(of_signals)[top] == f"same signal as {twin}"
    assert "2 of 24 tasks have the same signal in every example" in twin_warnings(of_signals)[0]


def test_twins_in_overlapping_groups_are_together_where_any_group_holds_both(told):
    results, top, twin = told
    rows = [(1, top, 0), (1, top, 1), (1, twin, 1), (1, twin, 2), (2, top, 0), (2, twin, 1)]
    tables = {"some": rows, "all": rows[:4], "none": rows[4:], "elsewhere": [(1, top, 0), (2, twin, 0)]}
    groups = pd.DataFrame(
        [(name, *row) for name, of in tables.items() for row in of],
        columns=["grouping", "seed", "task_id", "group"],
    )
    overlapping = replace(results, groups=groups)
    words = {name: together(overlapping, name, top, twin) for name in [*tables, "unknown"]}
    assert words == {
        "some": "in one group under 1 of 2 seeds", "all": "in one group", "none": "in no group together",
        "elsewhere": "in no group together", "unknown": "",
    }  # fmt: skip
    (note,) = clear_tasks(overlapping, {"KMTL": "all"})[0]["rows"][0]["twins"]
    assert (note["task"], note["together"]) == (twin, "in one group")


def test_the_file_of_the_data_set_s_audit_holds_the_sets(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "epigroup.audit.DATASET", {"twins": ("epigroup.audit.twins:check", "Tasks with the same labels", "p")}
    )
    audit_dataset(build(tmp_path, planted()), tmp_path / "audit.json", {})
    (finding,) = read_json(tmp_path / "audit.json")["findings"]
    assert finding["details"]["sets"] == [["a", "twin_of_a", "third_a"]]
