"""What of a config and its sheet cannot be is said by key before any job."""

from pathlib import Path

import pytest

from epigroup.core.errors import InputError
from epigroup.run import (
    baselines,
)
from epigroup.run.checks import check_asked, contig_files
from everything_config import run_of

BED = "chr1\t0\t100\n"


def test_every_file_that_is_not_there_is_named_at_once_by_its_place(config):
    config["genome"] = {**config["genome"], "gtf": "no.gtf", "blacklist": "no.bed"}
    config["external"] = {"SEI": {"file": "<results>/sei.tsv"}}
    with pytest.raises(InputError) as error:
        run_of(config)
    assert [line.partition(";")[0] for line in str(error.value).splitlines()] == [
        "genome.blacklist: 'no.bed' is not there",
        "genome.gtf: 'no.gtf' is not there",
        "external.SEI.file: 'results/sei.tsv' is not there",
    ]


def test_a_bad_place_names_the_key(config):
    config["genome"] = {**config["genome"], "gtf": "no/such.gtf"}
    with pytest.raises(InputError, match=r"^genome\.gtf: 'no/such\.gtf' is not there"):
        run_of(config)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"predict": {"strategy": "SMTL", "seed": 9, "regions": "r.bed"}}, "predict.seed: 9: SMTL is trained with 1"),
        ({"predict": {"strategy": "SMTL", "seed": 1, "regions": "no.bed"}}, "predict.regions: 'no.bed' is not there"),
        ({"predict": {"strategy": "SMTL", "seed": 1, "regions": "<results>/no.bed"}}, "'results/no.bed' is not there"),
        ({"sweep": {"k": [2, 99]}}, "sweep.k: 99 groups of 8 tasks"),
        ({"figures": {"captions": {"none": "x"}}}, "figures.captions.none: no figure is called so; there are: "),
        ({"patience_study": {"strategy": "STL", "tasks": ["x"]}}, "patience_study.tasks: not in the sample sheet: x"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_before_any_job(config, changed, says):
    Path("r.bed").write_text(BED)
    with pytest.raises(InputError, match=says):
        check_asked(run_of(config, **changed))


@pytest.mark.parametrize(
    ("named", "says"),
    [
        (lambda tasks: tasks[:1], r"^groups\.tsv: 7 of 8 tasks have no row"),
        (lambda tasks: ["nobody"], r"^groups\.tsv:2: task_id 'nobody' is no task of the sheet"),
        (lambda tasks: tasks, r"^groupings\.mine\.k: 2, but groups\.tsv has 1 groups: all$"),
    ],
)
def test_a_table_of_groups_that_does_not_fit_the_sheet_is_told_before_any_job(config, named, says):
    mine = {"mine": {"method": "table", "file": "groups.tsv", "k": 2}}
    with pytest.raises(InputError, match=r"^groupings\.mine\.file: 'groups\.tsv' is not there"):
        check_asked(run_of(config, groupings=mine))
    rows = [f"{task}\tall\n" for task in named(run_of(config).tasks)]
    Path("groups.tsv").write_text("".join(["task_id\tgroup\n", *rows]))
    with pytest.raises(InputError, match=says):
        check_asked(run_of(config, groupings=mine))


def test_tables_of_other_forms_and_known_sets_that_do_not_fit_are_told_before_any_job(config):
    mine = {"mine": {"method": "table", "file": "groups.csv", "k": 2}}
    Path("groups.csv").write_text("task_id,group\n")
    with pytest.raises(InputError, match=r"^groups\.csv, line 1: has commas between the columns; save it"):
        check_asked(run_of(config, groupings=mine))
    sets = {"file": "sets.tsv", "bins": 5, "permutations": 99, "seed": 1}
    with pytest.raises(InputError, match=r"^known_sets\.file: 'sets\.tsv' is not there"):
        check_asked(run_of(config, known_sets=sets))
    Path("sets.tsv").write_bytes("task_id\tset\n".encode("utf-16"))
    with pytest.raises(InputError, match=r"^sets\.tsv: is UTF-16 text; save it as UTF-8"):
        check_asked(run_of(config, known_sets=sets))
    Path("sets.tsv").write_text("task_id\tset\nnobody\tBAF\n")
    with pytest.raises(InputError, match=r"^sets\.tsv, line 2: 'nobody' is no task of this run"):
        check_asked(run_of(config, known_sets=sets))


def test_a_table_of_groups_that_the_run_makes_is_not_looked_at(config):
    Path("results/simulation").mkdir(parents=True)
    Path("results/simulation/groups.tsv").write_text("of an earlier sheet")
    mine = {"mine": {"method": "table", "file": "<results>/simulation/groups.tsv", "k": 2}}
    check_asked(run_of(config, groupings=mine))


def test_a_baseline_that_reads_a_network_needs_one_of_all_tasks(config):
    assert baselines.predictions(run_of(config), "mean_prediction") == {
        split: f"results/predictions/SMTL/seed1/{split}.h5" for split in ("validation", "test")
    }
    assert baselines.predictions(run_of(config), "kmer") == {}
    config["groupings"] = {"single": {"method": "single"}}
    config["strategies"] = {"STL": {"grouping": "single"}}
    for part in ("affinities", "choices", "sweep"):
        config.pop(part)
    config["baselines"] = {"names": ["kmer", "mean_prediction"]}
    with pytest.raises(
        InputError, match="baselines.names: 'mean_prediction' needs a strategy of one network"
    ):
        check_asked(run_of(config))


def test_contigs_are_asked_of_every_file_of_the_config_and_the_sheet(config):
    Path("r.bed").write_text(BED)
    run = run_of(
        config,
        genome={"blacklist": "r.bed", "gtf": "r.bed"},
        predict={"strategy": "SMTL", "seed": 1, "regions": "r.bed"},
    )
    of_config = {(key, "") for key in ("genome.blacklist", "genome.gtf", "predict.regions")}
    # what is still to be made is not there
    assert {(one.what, one.who) for one in contig_files(run)} == of_config
    replicates = [one for task in run.tasks for one in run.profiles[task].replicates]
    for path in filter(None, (path for one in replicates for path in (one.peaks, one.bam))):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
    given = {("peaks", task) for task in run.tasks if run.profiles[task].kind == "peaks"}
    asked = {(one.what, one.who) for one in contig_files(run)}
    assert asked == of_config | given | {("alignments", "SKNSH_REST")} and len(given) == 6
