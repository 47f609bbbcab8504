"""What a run's config and sheet mean in files and settings."""

import shutil
from pathlib import Path

import pytest

from checkouts import REPOSITORY
from epigroup.baselines.judge import JudgeSettings
from epigroup.baselines.mark_tasks import MarkSettings
from epigroup.comparison.best_of import ChoiceSettings
from epigroup.comparison.costs import CostSettings
from epigroup.comparison.k_choice import Family, KSettings
from epigroup.comparison.planted import AgreementSettings
from epigroup.comparison.strategies import ComparisonSettings
from epigroup.config.settings import complete_config
from epigroup.core.errors import InputError
from epigroup.core.settings import read_settings
from epigroup.evaluation.settings import EvaluationSettings
from epigroup.grouping.make_grouping import GroupingSettings
from epigroup.grouping.sweep import SweepSettings
from epigroup.results.catalogue import FILES
from epigroup.run import (
    affinity,
    audit,
    baselines,
    calibration,
    comparison,
    dataset,
    downloads,
    evaluation,
    grouping,
    paper,
    patience,
    peaks,
    prediction,
    reads,
    report,
    search,
    simulation,
    strata,
    tracks,
    training,
)
from epigroup.run.checks import check_asked, contig_files
from epigroup.run.facts import Run, open_run
from epigroup.run.settings import SECTIONS, settings
from epigroup.strata.bins import StrataSettings
from everything_config import everything_config, laid_over


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Everything that tests/mini knows, read in a folder of its own."""
    shutil.copytree(REPOSITORY / "tests/mini", tmp_path / "tests/mini")
    monkeypatch.chdir(tmp_path)
    return everything_config()


@pytest.fixture
def run(config) -> Run:
    return open_run(complete_config(config))


def test_models_are_the_packs_of_each_strategy(config):
    config["strategies"]["STL"]["groups_per_pack"] = 3
    run = open_run(complete_config(config))
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
    one = open_run(complete_config(config))
    config["training"] = {**config["training"], "threads": 7}
    config["figures"] = {"dpi": 77}
    other = open_run(complete_config(config))
    assert training.threads(other, "SMTL") == 7
    for strategy in one.strategies:
        assert settings(one, "training", strategy) == settings(other, "training", strategy)


def test_a_bad_place_names_the_key(config):
    config["genome"] = {**config["genome"], "gtf": "no/such.gtf"}
    with pytest.raises(InputError, match=r"^genome\.gtf: 'no/such\.gtf' is not there"):
        open_run(complete_config(config))


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


def test_what_groupings_and_the_sweep_are_told_is_what_their_jobs_read(run):
    for name in run.groupings:
        read = read_settings(GroupingSettings, grouping.method_settings(run, name), name)
        assert read.k >= 1 and read.method == run.config["groupings"][name]["method"]
    swept = read_settings(SweepSettings, grouping.sweep_settings(run), "sweep")
    assert tuple(swept.entries) == swept.methods and len(swept.tasks) == len(run.tasks)


def test_each_set_of_regions_has_a_folder(run):
    assert list(evaluation.folders(run)) == list(run.regions)
    assert len(set(evaluation.folders(run).values())) == len(run.regions)


def opened(config: dict, **changed) -> Run:
    return open_run(complete_config(laid_over(config, changed)))


BED = "chr1\t0\t100\n"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"predict": {"strategy": "SMTL", "seed": 9, "regions": "r.bed"}}, "predict.seed: 9: SMTL is trained with 1"),
        ({"predict": {"strategy": "SMTL", "seed": 1, "regions": "no.bed"}}, "predict.regions: 'no.bed' is not there"),
        ({"sweep": {"k": [2, 99]}}, "sweep.k: 99 groups of 8 tasks"),
        ({"figures": {"captions": {"none": "x"}}}, "figures.captions.none: no figure is called so; there are: strateg"),
        ({"patience_study": {"strategy": "STL", "tasks": ["x"]}}, "patience_study.tasks: not in the sample sheet: x"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_before_any_job(config, changed, says):
    Path("r.bed").write_text(BED)
    with pytest.raises(InputError, match=says):
        check_asked(opened(config, **changed))


def test_a_baseline_that_reads_a_network_needs_one_of_all_tasks(config):
    assert baselines.predictions(opened(config), "mean_prediction") == {
        split: f"results/predictions/SMTL/seed1/{split}.h5" for split in ("validation", "test")
    }
    assert baselines.predictions(opened(config), "kmer") == {}
    config["groupings"] = {"single": {"method": "single"}}
    config["strategies"] = {"STL": {"grouping": "single"}}
    for part in ("affinities", "sweep"):
        config.pop(part)
    config["baselines"] = {"names": ["kmer", "mean_prediction"]}
    with pytest.raises(
        InputError, match="baselines.names: 'mean_prediction' needs a strategy of one network"
    ):
        check_asked(opened(config))


def test_the_fine_trials_of_a_search_follow_the_coarse_ones_of_their_own_groups(config):
    searched = opened(
        config,
        searches={
            "joint": {"rates": [0.001, 0.01], "refine": 0.004},
            "alone": {"method": "halving", "rates": [0.001, 0.01, 0.1], "tasks": 2, "steps_share": 0.5},
        },
        strategies={
            "FOUND": {"grouping": "modality", "groups_per_pack": 2, "search": "joint"},
            "ALONE": {"grouping": "single", "groups_per_pack": 8, "search": "alone"},
        },
    )
    folder = "results/search/FOUND/seed1"
    assert searched.searched == ["ALONE", "FOUND"]
    assert search.trials(searched, "FOUND", 1) == [
        f"{folder}/{phase}{part}.tsv" for phase in ("coarse", "fine") for part in (0, 1)
    ]
    assert search.coarse_trials(searched, "FOUND", 1, "fine", "1") == [f"{folder}/coarse1.tsv"]
    assert search.coarse_trials(searched, "FOUND", 1, "coarse", "1") == []
    assert search.trials(searched, "ALONE", 1) == ["results/search/ALONE/seed1/halving0.tsv"]
    assert len(search.part_settings(searched, "ALONE", 1)["sample"]) == 2
    assert (
        training.rates(searched, "FOUND", 1) == f"{folder}/rates.tsv"
        and training.rates(searched, "SMTL", 1) == []
    )
    assert settings(searched, "training", "FOUND")["learning_rate"] is None
    costs = comparison.cost_inputs(searched)
    assert costs["trials"] == [f"results/search/{name}/seed1/trials.tsv" for name in searched.searched]
    assert len(costs["groups"]) == len(searched.trained_runs()) and len(costs["affinities"]) == 0


def test_the_patience_study_has_a_pack_for_so_many_groups(config):
    study = {"strategy": "STL", "per_modality": 1, "groups_per_pack": 2}
    told = patience.tables(opened(config, patience_study=study))
    assert told["study_curves"] == [f"results/patience/STL/seed1/pack{pack}.curves.tsv" for pack in (0, 1)]
    assert patience.tables(opened(config)) == {}


def test_the_paper_is_met_by_the_first_strategy_of_each_kind(run):
    assert paper.paper_strategies(run) == {name: name for name in ("STL", "SMTL", "EMTL", "CMTL", "KMTL")}
    told = paper.paper_settings(run, [])
    assert (told["k"], told["by_k"], told["by_algorithm"]) == (3, {"KMTL": "K = 3"}, {"KMTL": "k-means"})
    assert told["single_rate"] == run.config["training"]["learning_rate"]


def test_a_network_is_run_in_the_precision_that_was_measured(config):
    auto = opened(config, training={"precision": "auto"})
    trained = settings(auto, "training", "SMTL")
    assert calibration.in_precision(auto, trained)["precision"] == "auto"
    [network] = calibration.calibration_settings(auto, "cpu")["networks"]
    assert network["network"] == trained["network"] and network["window"] == 301
    named = calibration.calibration_settings(opened(config), "cpu")
    assert (named["named"], named["networks"]) == ("fp32", [])


def test_only_what_the_simulation_makes_of_the_sheet_is_simulated(run):
    told = {one["profile_id"]: one["peaks"] for one in simulation.genome_settings(run)["profiles"]}
    assert list(told) == run.tasks
    assert told["K562_ATAC"] is told["SKNSH_REST"] is None
    assert simulation.simulated_peaks(run) == [path for path in told.values() if path]
    assert simulation.read_settings(run, "K562_ATAC")["profile"]["assay"] == "ATAC"


def test_what_is_called_and_what_is_given(run):
    assert dataset.peak_files(run)[0] == "results/peaks/called/K562_ATAC_peaks.narrowPeak.gz"
    assert dataset.peak_files(run)[1] == "results/simulation/peaks/K562_H3K4me3.narrowPeak.gz"
    assert dataset.unlikely(run) == [
        {"peaks": "refuse"}.get(run.profiles[task].kind, "take") for task in run.tasks
    ]
    assert set(tracks.signals_of(run, "K562_ATAC")) == {"enrichment", "pvalue"}
    assert tracks.signals_of(run, "K562_CTCF") == {}
    assert peaks.all_pileups(run) == tracks.all_signals(run) != []
    assert reads.of_replicates(run, "K562_ATAC", "x/{profile}.{replicate}") == ["results/x/K562_ATAC.1"]
    assert set(reads.counted_before(run, "SKNSH_REST", "1")) == {"checked"}
    assert set(reads.counted_before(run, "K562_ATAC", "1")) == {"checked", "trimmed"}


def test_contigs_are_asked_of_every_file_of_the_config_and_the_sheet(config):
    Path("r.bed").write_text(BED)
    run = opened(
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


def test_predictions_of_another_sequence_take_no_genome(config):
    for name in ("r.bed", "other.fa"):
        Path(name).write_text(BED)
    told = {"strategy": "KMTL", "seed": 1, "regions": "r.bed"}
    assert "fasta" not in prediction.inputs(opened(config, predict=told))
    found = prediction.inputs(opened(config, predict={**told, "fasta": "other.fa"}))
    assert found["fasta"] == "other.fa" and found["models"] == training.models(opened(config), "KMTL", 1)
    assert len(prediction.tracks(opened(config, predict=told))) == 8


def test_external_predictions_are_stratified_once(config):
    Path("theirs.tsv").write_text("")
    run = opened(config, seeds=[1, 2], external={"THEIRS": {"file": "theirs.tsv"}})
    assert strata.stratified(run).count(["THEIRS", 1]) == 1
    assert len(strata.tables(run, "tsv")) == len(run.trained_runs()) + 1


def test_the_address_of_an_accession_is_the_archives_and_its_place(config):
    sheet = Path("tests/mini/samples.tsv")
    header, *rows = sheet.read_text().splitlines()
    [place] = [number for number, row in enumerate(rows) if row.startswith("K562_CTCF")]
    path = "<results>/simulation/peaks/K562_CTCF.narrowPeak.gz"
    rows = [row.replace(path, "") + "\t" * 2 for row in rows]
    rows[place] = rows[place].rstrip("\t").removesuffix("mini1") + "mini1\tENCFF000ABC\tpeaks"
    sheet.write_text("\n".join([header + "\taccession\tformat", *rows, ""]))
    run = opened(config, downloads={"encode": "https://mirror.example/"})
    [file] = run.sheet.downloads
    assert downloads.address(run, file).startswith("https://mirror.example/ENCFF000ABC/")
    assert "profile K562_CTCF, replicate 1, column accession ENCFF000ABC" in downloads.row(run, file)


def test_stages_after_training_are_told_what_they_read(config):
    run = opened(config, choices={"BEST": {"among": ["STL", "SMTL"]}})
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
