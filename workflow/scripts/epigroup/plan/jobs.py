"""How many jobs a run has and how many files they leave, rule by rule, counted from what its rules make.

A test holds it against Snakemake's own list of outputs, rule by rule.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from epigroup.config.groupings import grouping_runs, head_runs, reads_labels
from epigroup.grouping import WITH_TORCH
from epigroup.run import (
    affinity,
    audit,
    comparison,
    evaluation,
    grouping,
    imputation,
    patience,
    report,
    search,
    strata,
    training,
)
from epigroup.run.data import peaks, reads, simulation
from epigroup.run.facts import Run


@dataclass(frozen=True)
class RuleJobs:
    """The jobs of a rule on an empty results folder, and their outputs: those that stay, and those that go when no job
    is to read them any more (`passing`). `kept` and `passing` are of all its jobs together. `inside`: files of an
    output that is a folder, without the first.
    """

    stage: str
    rule: str
    jobs: int
    kept: int
    passing: int = 0
    inside: int = 0


def each(stage: str, rule: str, jobs: int, kept: int = 1, passing: int = 0) -> RuleJobs:
    """A rule each of whose jobs makes as many files."""
    return RuleJobs(stage, rule, jobs, jobs * kept, jobs * passing)


def count_rules(run: Run) -> list[RuleJobs]:
    """Every rule that has jobs, in about the order in which they run."""
    if run.alone:
        return [
            one
            for one in [each("downloads", "fetch_file", len(run.sheet.downloads)), *count_imputation(run)]
            if one.jobs
        ]
    found = [
        *count_simulation(run),
        RuleJobs("genome", "build_genome", 1, 6),
        each("downloads", "fetch_file", len(run.sheet.downloads)),
        *count_checks(run),
        *count_reads(run),
        *count_labels(run),
        *count_trainings(run),
        *count_groupings(run),
        *count_scores(run),
        *count_report(run),
        *count_imputation(run),
    ]
    return [one for one in found if one.jobs]


def count_jobs(rules: Iterable[RuleJobs]) -> Counter:
    """Jobs by stage."""
    jobs: Counter = Counter()
    for one in rules:
        jobs[one.stage] += one.jobs
    return jobs


def count_simulation(run: Run) -> list[RuleJobs]:
    """The simulated genome, reads and alignments, and what is held against their truth."""
    if not run.simulated:
        return []
    made = run.path("simulation", "")
    replicates = [one for name in run.profiles for one in run.profiles[name].replicates]
    fastq = [one for one in replicates if one.fastq_1 and one.fastq_1.startswith(made)]
    pairs = sum(one.fastq_2 is not None for one in fastq)
    alignments = {one.bam for one in replicates if one.bam and one.bam.startswith(made)}
    return [
        RuleJobs("simulation", "simulate_genome", 1, 8 + len(simulation.simulated_peaks(run))),
        each("simulation", "simulate_reads", len(fastq) - pairs),
        each("simulation", "simulate_pairs", pairs, 2),
        each("simulation", "simulate_alignments", len(alignments), 2),
        each("simulation", "compare_groupings", 1, 2),
        each("simulation", "compare_with_truth", 1),
    ]


def count_imputation(run: Run) -> list[RuleJobs]:
    """Tracks binned, imputed, judged and written."""
    stage, folds = "imputation", len(imputation.fold_names(run))
    there = int(imputation.imputes(run))
    written = len(imputation.imputed_places(run)) if there else 0
    return [
        each(stage, "list_tracks", there),
        each(stage, "split_tracks", there),
        each(stage, "make_tensor", len(imputation.chromosomes(run))),
        each(stage, "measure_moments", there),
        each(stage, "fit_track_models", folds, 2),
        each(stage, "fit_all_tracks", int(written > 0), 2),
        each(stage, "judge_tracks", folds, 2),
        each(stage, "compare_track_models", there, 2),
        each(stage, "write_imputed", int(written > 0), written + 5),
        each(stage, "make_imputation_page", there),
    ]


def count_checks(run: Run) -> list[RuleJobs]:
    """What is looked at before the work: devices and their precision."""
    devices = {run.training_of(name)["device"] for name in run.strategies}
    return [
        each("device check", "check_device", int("cuda" in devices)),
        each("precision", "choose_precision", len(devices)),
    ]


def count_reads(run: Run) -> list[RuleJobs]:
    """Reads to called peaks, their quality and their signals."""
    stage, given = "reads to peaks", run.from_reads
    fastq, bam = (
        sum(len(run.profiles[name].replicates) for name in run.of_kind(kind)) for kind in ("fastq", "bam")
    )
    several = peaks.supported(run)
    called = [name for name in given if not run.profiles[name].is_input and name not in several]
    signals = len(peaks.all_pileups(run)) // 2 if run.config["peaks"]["signal"] else 0
    return [
        each(stage, "check_fastq", fastq),
        each(stage, "join_lanes", len(reads.joined_lanes(run)), 0, passing=1),
        each(stage, "trim_reads", len(reads.trimmed_counts(run)), 2, passing=1),
        # six files of bowtie2, their checksums, and the date that Snakemake puts into an output that is a folder
        RuleJobs(stage, "index_genome", int(fastq > 0), int(fastq > 0), inside=7 * int(fastq > 0)),
        each(stage, "align_reads", fastq, passing=1),
        each(stage, "check_alignments", bam, 2),
        each(stage, "mark_alignments", bam, passing=1),
        each(stage, "count_places", fastq + bam),
        each(stage, "filter_alignments", fastq + bam, 6),
        each(stage, "pool_replicates", len(reads.pooled_whole(run)), 2),
        each(stage, "thin_alignments", len(reads.thinned(run)), 2),
        each(stage, "correlate_strands", len(given)),
        each(stage, "count_bases", int(bool(given))),
        each(stage, "call_peaks", len(called)),
        each(stage, "find_idr", int(any(peaks.idr_program(run, name) for name in several)), 0, passing=1),
        each(stage, "compare_replicates", len(several), 2),
        each(stage, "measure_quality", len(given)),
        each(stage, "gather_quality", int(bool(given)), 4),
        each(stage, "check_grades", int(bool(given) and run.config["qc"]["min_grade"] != "fail")),
        each(stage, "find_multiqc", len(reads.multiqc_page(run)), 0, passing=1),
        each(stage, "multiqc", len(reads.multiqc_page(run))),
        each("signals", "make_pileups", signals, passing=2),
        each("signals", "write_signals", signals, 2),
    ]


def count_labels(run: Run) -> list[RuleJobs]:
    """Peaks to labels, and what the labels say of each other."""
    stage, n_tasks = "peaks to labels", len(run.tasks)
    return [
        RuleJobs(stage, "standardise_peaks", 1, n_tasks + 1),
        RuleJobs(stage, "index_peaks", 1, 2 * n_tasks),
        each(stage, "check_signals", int(run.signal)),
        each(stage, "make_shard", len(run.chromosomes)),
        each(stage, "summarise_dataset", 1),
        each(stage, "describe_tasks", 1, 2),
    ]


def count_trainings(run: Run) -> list[RuleJobs]:
    """Trainings, searches of rates and the patience study."""
    rates = len(search.of_searches(run, "rates.tsv"))
    trials = sum(len(search.trials(run, strategy, seed)) for strategy, seed in run.searched_runs())
    studied = "patience_study" in run.config
    return [
        each("training", "train_pack", len(audit.networks(run)), 2),
        each("search of rates", "run_trials", trials),
        each("search of rates", "choose_rates", rates, 2),
        each("patience study", "choose_profiles", int(studied)),
        each("patience study", "train_full_length", len(patience.packs(run)) if studied else 0, passing=1),
        each("patience study", "study_patience", int(studied), 2),
    ]


def count_groupings(run: Run) -> list[RuleJobs]:
    """Groupings, and what they, the sweep of K and the report read: heads, covariances, the labels' correlation."""
    runs = grouping_runs(run.config)
    methods = Counter(run.config["groupings"][name]["method"] in WITH_TORCH for name, _ in runs)
    measured = len(affinity.measured(run))
    return [
        each("grouping", "group_tasks", methods[False], 2),
        each("grouping", "group_tasks_with_torch", methods[True], 2),
        each("grouping", "read_heads", len(head_runs(run.config, runs))),
        each("grouping", "measure_hidden", len(head_runs(run.config, runs, "covariance"))),
        each("grouping", "correlate_labels", int(reads_labels(run.config, runs))),
        each("grouping", "sweep_k", len(grouping.sweep_tables(run))),
        each("affinity", "measure_affinity", measured, 2),
        each("affinity", "study_affinities", int(measured > 0), 3),
    ]


def count_scores(run: Run) -> list[RuleJobs]:
    """Predictions and their scores, the comparison, baselines, strata, and predictions from elsewhere."""
    trained, external, seeds = len(run.trained_runs()), len(run.external), len(run.seeds)
    chosen, second = len(evaluation.choice_seeds(run)), len(run.regions) - 1
    averaged = len(evaluation.made_averages(run))
    kept = 2 if run.config["evaluation"]["keep_predictions"] else 0
    taught = sum(name in run.averages for name, _ in training.teachers(run))
    found = [
        each("evaluation", "choose_groups", len(audit.decision_files(run)["serving"])),
        each("evaluation", "predict_splits", trained, kept, passing=2 - kept),
        each("evaluation", "predict_training", len(training.teaching_networks(run)), 0, passing=1),
        each("evaluation", "average_training", taught, 0, passing=1),
        each("evaluation", "evaluate_strategy", trained, 3),
        each("evaluation", "evaluate_all_mappable", trained * second, 3),
        each("evaluation", "choose_strategies", chosen, 3),
        each("evaluation", "choose_all_mappable", chosen * second, 3),
        each("evaluation", "weigh_members", averaged),
        each("evaluation", "average_members", averaged, 1, passing=2),
        each("evaluation", "evaluate_average", averaged, 3),
        each("evaluation", "evaluate_average_all_mappable", averaged * second, 3),
        each("evaluation", "compare_strategies", 1, 7),
        each("evaluation", "compare_all_mappable", second, 7),
        each("baselines", "judge_baseline", len(run.baselines), 2, passing=2),
        each("baselines", "mark_tasks", int(bool(run.baselines)), 3),
        each("external predictions", "import_predictions", external, passing=2),
        each("external predictions", "evaluate_external", external * seeds, 3),
        each("external predictions", "evaluate_external_all_mappable", external * seeds * second, 3),
    ]
    if "strata" in run.config:
        found += [
            each("strata", "stratify_bins", 1),
            each("strata", "score_strata", len(strata.stratified(run)) - external, 3),
            each("strata", "score_external_strata", external, 3),
            each("strata", "compare_strata", 1, 3),
        ]
    return found


def count_report(run: Run) -> list[RuleJobs]:
    """The audit, and what the report shows."""
    thresholds = 0 if run.signal else len(run.trained_runs())
    figures, data_figures = (
        report.figure_files(run, which(run)) for which in (report.figures, report.data_figures)
    )
    return [
        each("audit", "audit_dataset", 1),
        each("audit", "audit_thresholds", thresholds),
        each("audit", "audit_all_mappable_thresholds", thresholds * (len(run.regions) - 1)),
        each("audit", "audit_run", 1, 2),
        each("report", "compare_units", 1, 2),
        each("report", "count_costs", 1),
        each("report", "find_confounders", 1),
        each("report", "choose_k", int(bool(comparison.k_families(run)))),
        each("report", "find_known_sets", int("known_sets" in run.config)),
        each("report", "compare_with_paper", int(run.config["paper"] is not None), 9),
        RuleJobs("report", "draw_data_figures", 1, len(data_figures)),
        RuleJobs("report", "draw_figures", 1, len(figures)),
        each("report", "make_report", 1),
    ]
