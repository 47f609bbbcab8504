"""How many jobs a run has, counted from what its rules make; a test holds it against Snakemake's own count."""

from collections import Counter

from epigroup.config.groupings import grouping_runs, head_runs, reads_labels
from epigroup.run import (
    affinity,
    audit,
    comparison,
    evaluation,
    grouping,
    patience,
    peaks,
    reads,
    search,
    strata,
)
from epigroup.run.facts import Run


def count_jobs(run: Run) -> Counter:
    """Jobs by stage on an empty results folder; those that make and check a simulation are left out."""
    jobs = Counter(genome=1, downloads=len(run.sheet.downloads))
    devices = {run.training_of(name)["device"] for name in run.strategies}
    jobs["device check"] = int("cuda" in devices)
    jobs["precision"] = len(devices)
    jobs["reads to peaks"] = count_reads(run)
    jobs["signals"] = len(peaks.all_pileups(run)) if run.config["peaks"]["signal"] else 0
    # standardise and index all peaks, a shard a chromosome, their summary, the table of tasks; the check of the signals
    jobs["peaks to labels"] = 2 + len(run.chromosomes) + 2 + run.signal
    jobs["training"] = len(audit.networks(run))
    jobs["grouping"] = count_groupings(run)
    measured = len(affinity.measured(run))
    jobs["affinity"] = measured + bool(measured)
    trained, sets = len(run.trained_runs()), len(run.regions)
    # who serves a task of several groups, predictions; by set of evaluation regions metrics, choices, the comparison
    serving = len(audit.decision_files(run)["serving"])
    jobs["evaluation"] = serving + trained + (trained + len(evaluation.choice_seeds(run)) + 1) * sets
    # each baseline, and the marks; the strata, their scores of each run, all of them side by side
    jobs["baselines"] = len(run.baselines) + bool(run.baselines)
    jobs["strata"] = len(strata.stratified(run)) + 2 if "strata" in run.config else 0
    jobs["external predictions"] = len(run.external) * (1 + len(run.seeds) * sets)
    # the data set's, the thresholds of each run, all of them
    jobs["audit"] = trained + 2
    # costs, confounders, figures of the data, figures of the results, the page; the paper's tables, the choice of K
    jobs["report"] = 5 + (run.config["paper"] is not None) + bool(comparison.k_families(run))
    # trials, and the rates of each search; the choice of profiles, their trainings, the tables
    rates = search.of_searches(run, "rates.tsv")
    jobs["search of rates"] = len(rates) + sum(
        len(search.trials(run, strategy, seed)) for strategy, seed in run.searched_runs()
    )
    jobs["patience study"] = 2 + len(patience.packs(run)) if "patience_study" in run.config else 0
    return +jobs


def count_reads(run: Run) -> int:
    """Reads to called peaks and their quality."""
    given = run.from_reads
    if not given:
        return 0
    called = [name for name in given if not run.profiles[name].is_input]
    # FASTQ: check, trim, align, places, filter; BAM: check, mark, places, filter
    replicates = len(reads.marked_counts(run))
    steps = 4 * replicates + len(reads.trimmed_counts(run))
    # a profile: pool, strands, quality, and peaks of what is no control; once: effective size, the table of qualities,
    # the index, the check of the grades
    steps += (
        3 * len(given)
        + len(called)
        + 2
        + bool(run.of_kind("fastq"))
        + (run.config["qc"]["min_grade"] != "fail")
    )
    several = peaks.supported(run)
    return steps + len(several) + any(peaks.idr_program(run, name) for name in several)


def count_groupings(run: Run) -> int:
    """Groupings, and what they, the sweep of K and the report read: heads, covariances, the labels' correlation."""
    runs = grouping_runs(run.config)
    heads = len(head_runs(run.config, runs)) + len(head_runs(run.config, runs, "covariance"))
    return len(runs) + heads + reads_labels(run.config, runs) + len(grouping.sweep_tables(run))
