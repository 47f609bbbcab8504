"""Benchmark files read, and what is proposed of them."""

import re
import sys

import pytest

from checkouts import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "benchmarks"))
from resources import MARKER, Used, propose, read_asked, read_used, rule_names, table  # noqa: E402

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
DRY_RUN = """
group job train (jobs in lexicogr. order):

    rule train_pack:
        input: results/genome/genome.h5
        benchmark: results/benchmarks/train_pack/STL.seed1.pack0.tsv
        reason: Forced execution
        threads: 2
        resources: tmpdir=<TBD>, mem_mb=3000, mem=3 GB, mem_mib=2862, runtime=60, gpu=0


rule make_shard:
    output: results/dataset/shards/chr1.h5
    benchmark: results/benchmarks/make_shard/chr1.tsv
    resources: tmpdir=<TBD>, mem_mb=<TBD>, runtime=30
Shell command: None

localrule all:
    resources: tmpdir=<TBD>
"""


def write(results, name, *rows):
    path = results / "benchmarks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{s}\t0:00:00\t{rss}\t0\t0\t0\t0\t0\t0\t{cpu}\n" for s, rss, cpu in rows]
    path.write_text(HEADER + "".join(lines))


def test_what_jobs_ask_for_is_read_from_a_dry_run():
    asked = read_asked(DRY_RUN)
    assert asked.keys() == {"train_pack/STL.seed1.pack0.tsv", "make_shard/chr1.tsv"}
    train, shard = asked["train_pack/STL.seed1.pack0.tsv"], asked["make_shard/chr1.tsv"]
    assert (train.rule, train.memory, train.minutes, train.threads) == ("train_pack", 3000, 60, 2)
    assert (shard.rule, shard.memory, shard.minutes, shard.threads) == ("make_shard", None, 30, 1)


def test_the_largest_job_counts_with_a_margin(tmp_path):
    write(tmp_path, "train_pack/STL.seed1.pack0.tsv", (600, 2001, 900))
    write(tmp_path, "make_shard/chr1.tsv", (1, 900, 0.5))
    write(tmp_path, "make_shard/chr2.tsv", (2, 300, 1))
    write(tmp_path, "describe_tasks.tsv", ("0.2", "NA", "NA"))
    lines = {line.rule: line for line in propose(read_used(tmp_path), read_asked(DRY_RUN), 1.5, 4)}
    assert lines.keys() == {"train_pack", "make_shard", "describe_tasks"}
    train, shard = lines["train_pack"], lines["make_shard"]
    assert (train.proposed_memory, train.proposed_minutes, train.proposed_threads) == (3500, 40, 2)
    assert (shard.jobs, shard.proposed_memory, shard.proposed_minutes) == (2, 1500, 5)
    assert shard.proposed_threads is None, "jobs of seconds say nothing of threads"
    assert not train.too_low and lines["describe_tasks"].proposed_memory == 500


@pytest.mark.parametrize("seconds, memory, word", [(60, 3001, "3001 MB of 3000"), (3660, 10, "61 min of 60")])
def test_a_job_that_used_more_than_it_asked_for_is_named(seconds, memory, word):
    name = "train_pack/STL.seed1.pack0.tsv"
    (line,) = propose([Used(name, memory, seconds, 1)], read_asked(DRY_RUN), 1.5, 4)
    assert line.too_low == f"{name}: {word}"


@pytest.mark.parametrize("text", ["", HEADER, HEADER + "one\t0\tx\t0\t0\t0\t0\t0\t0\t0\n", "a\tb\n1\t2\n"])
def test_a_file_that_is_no_benchmark_is_named(tmp_path, text):
    path = tmp_path / "benchmarks/make_shard/chr1.tsv"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(SystemExit, match="make_shard/chr1.tsv"):
        read_used(tmp_path)


def test_the_table_has_every_rule_and_says_what_is_not_measured(tmp_path):
    runs = {
        "one": [Used("train_pack/STL.seed1.pack0.tsv", 2001, 600, 900), Used("make_shard/chr1.tsv", 0, 1, 1)],
        "two": [Used("train_pack/STL.seed1.pack0.tsv", 10, 60, 1), Used("train_pack/X.tsv", 1500, 90, 1)],
    }
    rows = [
        line.strip("| \n").split(" | ")
        for line in table(runs, read_asked(DRY_RUN), ["align_reads"]).splitlines()
    ]
    rows = {row[0]: [cell.strip() for cell in row[1:]] for row in rows[2:]}
    assert rows["`train_pack`"] == ["3,000", "60", "1", "2,001", "10.0", "2", "1,500", "1.5"]
    assert rows["`make_shard`"][:5] == ["-", "30", "1", "-", "0.0"]
    assert rows["`align_reads`"][:3] == ["-", "-", "not measured"]


def test_the_document_holds_each_rule_of_the_workflow():
    text = (REPOSITORY / "docs/reference/resources.md").read_text().split(MARKER)[1]
    assert {"train_pack", "align_reads", "fetch_file", "evaluate_all_mappable"} <= set(rule_names())
    missing = set(rule_names()) - set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert not missing, (
        "make the table anew as docs/reference/resources.md says, or add a row that says `not measured`"
    )
