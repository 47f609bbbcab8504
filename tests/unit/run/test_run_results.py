"""What stages after training read and are told: groupings, predictions, scores, the comparison and the report."""

from pathlib import Path

from epigroup.baselines.judge import JudgeSettings
from epigroup.baselines.mark_tasks import MarkSettings
from epigroup.comparison.best_of import ChoiceSettings
from epigroup.comparison.costs import CostSettings
from epigroup.comparison.k_choice import Family, KSettings
from epigroup.comparison.planted import AgreementSettings
from epigroup.comparison.strategies import ComparisonSettings
from epigroup.core.settings import read_settings
from epigroup.evaluation.settings import EvaluationSettings
from epigroup.grouping.make_grouping import GroupingSettings
from epigroup.grouping.sweep import SweepSettings
from epigroup.results.catalogue import FILES
from epigroup.run import (
    affinity,
    audit,
    baselines,
    comparison,
    evaluation,
    grouping,
    paper,
    prediction,
    report,
    search,
    strata,
    training,
)
from epigroup.run.settings import SECTIONS, settings
from epigroup.strata.bins import StrataSettings
from everything_config import run_of


def test_figures_and_report_are_given_what_they_need(run):
    found = report.findings(run)
    absent = {
        "known_sets",
        "study",
        "regret",
        "study_groups",
        "study_curves",
    }  # sections that tests/mini has not
    needed = {key for key, about in FILES.items() if about.needed}
    assert needed - set(found) == absent
    assert all(found[key] for key in needed - absent - {"trials", "choices"})
    assert {key.removeprefix("mappable_") for key in found} <= set(FILES)
    assert len(found["metrics"]) == len(run.scored_runs()) >= 6


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


def test_what_groupings_and_the_sweep_are_told_is_what_their_jobs_read(run):
    for name in run.groupings:
        read = read_settings(GroupingSettings, grouping.method_settings(run, name), name)
        assert read.k >= 1 and read.method == run.config["groupings"][name]["method"]
    swept = read_settings(SweepSettings, grouping.sweep_settings(run), "sweep")
    assert tuple(swept.entries) == swept.methods and len(swept.tasks) == len(run.tasks)


def test_each_set_of_regions_has_a_folder(run):
    assert list(evaluation.folders(run)) == list(run.regions)
    assert len(set(evaluation.folders(run).values())) == len(run.regions)


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


def test_the_paper_is_met_by_the_first_strategy_of_each_kind(run):
    assert paper.paper_strategies(run) == {name: name for name in ("STL", "SMTL", "EMTL", "CMTL", "KMTL")}
    told = paper.paper_settings(run, [])
    assert (told["k"], told["by_k"], told["by_algorithm"]) == (3, {"KMTL": "K = 3"}, {"KMTL": "k-means"})
    assert told["single_rate"] == run.config["training"]["learning_rate"]


def test_predictions_of_another_sequence_take_no_genome(config):
    for name in ("r.bed", "other.fa"):
        Path(name).touch()
    told = {"strategy": "KMTL", "seed": 1, "regions": "r.bed"}
    assert "fasta" not in prediction.inputs(run_of(config, predict=told))
    found = prediction.inputs(run_of(config, predict={**told, "fasta": "other.fa"}))
    assert found["fasta"] == "other.fa" and found["models"] == training.models(run_of(config), "KMTL", 1)
    assert len(prediction.tracks(run_of(config, predict=told))) == 8


def test_external_predictions_are_stratified_once(config):
    Path("theirs.tsv").write_text("")
    run = run_of(config, seeds=[1, 2], external={"THEIRS": {"file": "theirs.tsv"}})
    assert strata.stratified(run).count(["THEIRS", 1]) == 1
    assert len(strata.tables(run, "tsv")) == len(run.trained_runs()) + 1


def test_stages_after_training_are_told_what_they_read(config):
    run = run_of(config, choices={"BEST": {"among": ["STL", "SMTL"]}})
    sections = {
        AgreementSettings: {**grouping.made_settings(run), "affinities": affinity.measured(run)},
        ChoiceSettings: evaluation.choice_settings(run, "BEST"),
        ComparisonSettings: evaluation.comparison_settings(run),
        CostSettings: comparison.cost_settings(run),
        EvaluationSettings: evaluation.scoring_settings(run, run.regions[0], "STL"),
        JudgeSettings: baselines.fit_settings(run),
        KSettings: comparison.k_settings(run),
        MarkSettings: baselines.mark_settings(run),
        StrataSettings: strata.strata_settings(run),
    }
    for kind, told in sections.items():
        assert read_settings(kind, told, kind.__name__), kind
    families = [read_settings(Family, one, "families") for one in comparison.k_families(run)]
    assert families and all(one.strategies for one in families)
