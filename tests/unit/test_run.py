"""What a run's config and sheet mean in files and settings: by definition, and against what Snakemake makes."""

import shutil
from pathlib import Path

import pytest
import yaml

from conftest import EVERYTHING, REPOSITORY
from epigroup.config.settings import complete_config
from epigroup.core.errors import InputError
from epigroup.results.files import NEEDED
from epigroup.run import affinity, audit, evaluation, grouping, peaks, reads, report, search, training
from epigroup.run.facts import Run, open_run
from epigroup.run.settings import SECTIONS, settings


def merged(one: dict, other: dict) -> dict:
    """As Snakemake puts one config file over another."""
    both = {**one, **other}
    return {
        key: merged(one[key], value) if isinstance(value, dict) and isinstance(one.get(key), dict) else value
        for key, value in both.items()
    }


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Everything that tests/mini knows, read in a folder of its own."""
    shutil.copytree(REPOSITORY / "tests/mini", tmp_path / "tests/mini")
    monkeypatch.chdir(tmp_path)
    whole: dict = {}
    for name in EVERYTHING:
        whole = merged(whole, yaml.safe_load(Path(name).read_text()))
    return whole


@pytest.fixture
def run(config) -> Run:
    return open_run(complete_config(config), "mini.yaml")


def test_models_are_the_packs_of_each_strategy(config):
    config["strategies"]["STL"]["groups_per_pack"] = 3
    run = open_run(complete_config(config), "mini.yaml")
    for strategy, seed in run.trained_runs():
        models = training.models(run, strategy, seed)
        assert len(models) == len(run.packs(strategy)) == len(set(models))
        assert training.curves(run, strategy, seed) == [
            path.replace("safetensors", "curves.tsv") for path in models
        ]
    n_packs = len(run.packs("STL"))
    assert n_packs == 3
    for group in range(len(run.tasks)):
        of_group = training.model_of_group(run, "STL", 1, str(group))
        assert of_group == f"results/models/STL/seed1/pack{group % n_packs}.safetensors"


def test_figures_and_report_are_given_what_they_need(run):
    found = report.findings(run)
    absent = {"known_sets", "study", "regret"}  # sections that tests/mini has not
    assert set(NEEDED) - set(found) == absent
    assert all(found[key] for key in set(NEEDED) - absent - {"trials", "choices"})
    assert len(found["metrics"]) == len(run.scored_runs()) >= 6


def test_each_section_of_settings_holds_plain_values_in_one_order(run):
    names = {"grouping": "kmeans", "evaluation": "any_peak", "audit_thresholds": "any_peak"}
    for section in SECTIONS:
        wants = {"training": run.strategies[0], "trials": (run.searched or [None])[0]}
        name = names.get(section, wants.get(section))
        if (section == "trials" and not run.searched) or (
            section == "study" and "patience_study" not in run.config
        ):
            continue
        once, again = settings(run, section, name), settings(run, section, name)
        assert once == again and repr(once) == repr(again), section


def test_threads_and_what_only_looks_different_rerun_no_training(config):
    one = open_run(complete_config(config), "one")
    config["training"] = {**config["training"], "threads": 7}
    config["figures"] = {"dpi": 77}
    other = open_run(complete_config(config), "other")
    assert training.threads(other, "SMTL") == 7
    for strategy in one.strategies:
        assert settings(one, "training", strategy) == settings(other, "training", strategy)


def test_a_bad_place_names_the_config_and_the_key(config):
    config["genome"] = {**config["genome"], "gtf": "no/such.gtf"}
    with pytest.raises(InputError, match=r"^mine\.yaml: genome\.gtf: 'no/such\.gtf' is not there"):
        open_run(complete_config(config), "mine.yaml")


def test_reads_go_to_the_aligner_as_the_sheet_gives_them(run):
    [profile] = [name for name in run.of_kind("fastq") if run.profiles[name].paired][:1]
    trimmed = bool(run.config["reads"]["trim"])
    arguments = reads.align_arguments(run, profile, "1")
    assert arguments[0] == "--maxins" and ("--interleaved" in arguments) == trimmed
    assert len(reads.trim_arguments(run, profile, "1")) == 3
    assert all("<results>" not in str(word) for word in arguments)


def test_peaks_are_called_or_given(run):
    for task in run.tasks:
        path = peaks.peaks_of(run, task)
        if run.profiles[task].kind == "peaks":
            assert path == run.profiles[task].replicates[0].peaks
        else:
            assert path in (
                f"results/peaks/{how}/{task}_peaks.narrowPeak.gz" for how in ("called", "supported")
            )


def test_decisions_are_files_below_the_results_each_once(run):
    decisions = audit.decision_files(run)
    files = [path for kind in decisions.values() for path in kind]
    assert len(files) == len(set(files)) and all(path.startswith("results/") for path in files)
    assert len(decisions["networks"]) == sum(
        len(run.packs(name)) * len(run.strategy_seeds(name)) for name in run.strategies
    )
    assert decisions["rates"] == search.of_searches(run, "rates.tsv")
    assert decisions["affinities"] == affinity.files(run, "h5") != []


def test_groups_of_one_or_all_are_compared_with_nothing(run):
    ways = {run.config["groupings"][name]["method"] for name, *_ in grouping.made(run)}
    assert ways and not ways & {"single", "all"}
    assert {tuple(one[:2]) for one in grouping.trained(run)} <= {tuple(one[:2]) for one in grouping.made(run)}


def test_each_set_of_regions_has_a_folder(run):
    assert list(evaluation.folders(run)) == list(run.regions)
    assert len(set(evaluation.folders(run).values())) == len(run.regions)
