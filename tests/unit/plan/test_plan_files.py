"""Jobs and outputs of the plan against Snakemake's own lists of them, rule by rule, for configs that use all rules."""

from collections import Counter
from functools import partial
from pathlib import Path

import pytest
import yaml

from checkouts import EVERYTHING, MINI, copy_checkout, run_snakemake
from epigroup.config.settings import complete_config
from epigroup.plan.files import count_files
from epigroup.plan.jobs import count_jobs, count_rules
from epigroup.plan.strategies import plan_strategy
from epigroup.run.facts import Run, sheet_of
from everything_config import laid_over

DEMO = "config/config.yaml"
# What the files in tests/mini leave out: replicates, lanes, a search, choices, the patience study, the paper, and
# predictions from elsewhere.
MORE = {
    "samples": "more.tsv",
    "seeds": [1, 2],
    "peaks": {"signal": True, "replicates": "idr"},
    "qc": {"min_grade": "warn"},
    "evaluation": {"keep_predictions": True},
    "external": {"SEI": {"file": "sei.tsv.gz"}},
    "choices": {"BEST": {"among": ["STL", "SMTL"]}},
    "known_sets": {"file": "known.tsv"},
    "searches": {"few": {"rates": [0.01, 0.1], "refine": 0.02, "steps_share": 0.5}},
    "strategies": {"SMTL": {"search": "few"}},
    "patience_study": {"strategy": "STL", "per_modality": 1, "groups_per_pack": 2},
    "training": {"device": "cuda"},
    "paper": "shiri2022",
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A checkout where nothing has run, with a config of MORE beside those of tests/mini."""
    folder = copy_checkout(tmp_path_factory.mktemp("planned"))
    rows = [line.split("\t") for line in (folder / "tests/mini/samples.tsv").read_text().splitlines()]
    pairs = next(row for row in rows if row[0] == "K562_ATAC")
    lanes = [f"L{lane}_{mate}.fq" for mate in (1, 2) for lane in (1, 2)]
    for name in lanes:
        (folder / name).write_text("@r\nA\n+\nF\n")
    second = [*pairs[:6], "2", ";".join(lanes[:2]), ";".join(lanes[2:]), *pairs[9:]]
    reads = "<results>/simulation/reads/K562_DNase.rep1.fastq.gz"
    single = ["K562_DNase", "CA", "DNase", *pairs[3:7], reads, "", *pairs[9:]]
    (folder / "more.tsv").write_text("".join("\t".join(row) + "\n" for row in [*rows, second, single]))
    (folder / "more.yaml").write_text(yaml.safe_dump(MORE))
    (folder / "sei.tsv.gz").write_bytes(b"")
    (folder / "known.tsv").write_text("task_id\tset\nK562_ATAC\topen\nK562_DNase\topen\n")
    return folder


def planned(folder: Path, configs: tuple[str, ...]) -> Run:
    whole: dict = {}
    for name in configs:
        whole = laid_over(whole, yaml.safe_load((folder / name).read_text()))
    config = complete_config(whole)
    return Run(config, sheet_of(config, exist=lambda _: True))


@pytest.mark.parametrize(
    "configs", [(MINI,), EVERYTHING, (*EVERYTHING, "more.yaml"), (DEMO,)], ids=lambda one: one[-1]
)
def test_jobs_and_outputs_are_those_of_snakemake(checkout, monkeypatch, configs):
    monkeypatch.chdir(checkout)
    rules = count_rules(planned(checkout, configs))
    listed = run_snakemake(checkout, "--summary", "--configfile", *configs).stdout.splitlines()[1:]
    assert Counter(line.split("\t")[2] for line in listed) == {
        one.rule: one.kept + one.passing for one in rules
    }
    counted = run_snakemake(checkout, "-n", "--quiet", "rules", "--configfile", *configs).stdout.splitlines()
    words = [line.split() for line in counted]
    jobs = {one[0]: int(one[1]) for one in words if len(one) == 2 and one[1].isdigit()}
    assert jobs == {one.rule: one.jobs for one in rules} | {"everything": 1, "total": jobs["total"]}
    assert jobs["total"] - 1 == sum(count_jobs(rules).values())
    assert count_files(rules).logs == 2 * (jobs["total"] - 1)


def test_what_keeps_predictions_has_none_in_passing(checkout, monkeypatch):
    monkeypatch.chdir(checkout)
    with_them = {one.rule: one for one in count_rules(planned(checkout, (*EVERYTHING, "more.yaml")))}
    without = {one.rule: one for one in count_rules(planned(checkout, EVERYTHING))}
    assert (without["predict_splits"].kept, without["predict_splits"].passing) == (0, 2 * 6)
    assert (with_them["predict_splits"].kept, with_them["predict_splits"].passing) == (2 * 6 * 2, 0)
    assert with_them["make_pileups"].passing == 2 * 3  # two bedGraphs of each of three profiles from reads


def test_weights_that_are_kept_task_by_task_count(checkout, monkeypatch):
    """SMTL of tests/mini: 8 tasks in one group, 4 validations, so that 4 weights are kept at most."""
    monkeypatch.chdir(checkout)
    (checkout / "keep.yaml").write_text("training: {keep: task}\n")
    once, more = (
        {one.name: one.model_bytes for one in map(partial(plan_strategy, run), run.strategies)}
        for run in (planned(checkout, (MINI,)), planned(checkout, (MINI, "keep.yaml")))
    )
    assert more["SMTL"] == 4 * once["SMTL"]
    assert more["STL"] == 2 * once["STL"]  # the task's and the group's
