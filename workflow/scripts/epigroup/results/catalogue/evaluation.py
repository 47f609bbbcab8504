"""Scores of strategies and of simple baselines, over all bins and by stratum: what a run leaves of these."""

from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

LABELS = "`dataset.targets: labels`"
SIGNALS = "`dataset.targets: signal`"
STRATA = "`strata`"
BASELINES = "`baselines.names` names any"
REGIONS = Column("regions", "Set of evaluation regions: `any_peak` or `all_mappable`.")

AT_THRESHOLD = (
    Column("test_f1", "F1 at the frozen threshold, 0 to 1."),
    Column("test_f1_at_half", "F1 at 0.5."),
    Column("test_precision", "Precision at the frozen threshold; 0 where nothing is called."),
    Column("test_recall", "Recall at the frozen threshold."),
    Column("test_precision_at_half", "Precision at 0.5; 0 where nothing is called."),
    Column("test_recall_at_half", "Recall at 0.5."),
    Column("test_auprc", "Average precision."),
    Column("test_auroc", "Area under the ROC curve."),
)
CALIBRATION = (
    Column("test_brier", "Brier score: mean squared difference of score and label."),
    Column(
        "test_calibration_error",
        "Expected calibration error: in 15 bins of equal width, the mean of share of positives less mean score, "
        "without sign.",
    ),
)
BASE_RATE = "Share of positives among the test examples, 0 to 1; NaN without examples."


def _only(columns: tuple[Column, ...], when: str) -> tuple[Column, ...]:
    return tuple(Column(one.name, one.meaning, one.needed, when) for one in columns)


def _of_signals(split: str) -> tuple[Column, ...]:
    """The scores of a split where the targets are signals."""
    constant = "; NaN where one of them never changes"
    scores = (
        ("pearson", f"Pearson's r of prediction and target on the {split} examples{constant}."),
        ("spearman", f"Spearman's rho of the same{constant}."),
        ("mse", f"Mean squared error on the {split} examples, on the scale of the targets."),
        (
            "poisson_deviance",
            f"Mean Poisson deviance on the {split} examples; NaN where a target is below 0 or a prediction not above "
            "it.",
        ),
        ("signal_mean", f"Mean of the targets on the {split} examples."),
    )
    return tuple(Column(f"{split}_{score}", meaning, when=SIGNALS) for score, meaning in scores)


METRICS = (
    Column("task_id", "The task.", needed=True),
    Column("chosen", "The strategy that was chosen for the task.", when="a choice"),
    Column("group", "The group that learnt the task."),
    REGIONS,
    Column("n_validation", "Validation examples."),
    Column("positives_validation", "Positives among them; of signals, bins with a peak of the task."),
    *_of_signals("validation"),
    Column("n_test", "Test examples."),
    Column("positives_test", "Positives among them; of signals, bins with a peak of the task.", needed=True),
    *_of_signals("test"),
    *_only(
        (
            Column(
                "threshold",
                "The score with the highest F1 on validation, frozen for test: positive from it on.",
            ),
            Column("threshold_flag", "1: too few positives on validation, so 0.5; else 0."),
            Column(
                "validation_f1",
                "F1 on the validation examples, on which the threshold was chosen; optimistic.",
            ),
            Column("validation_auprc", "Average precision on the validation examples."),
            Column("validation_auroc", "Area under the ROC curve on the validation examples."),
            Column("validation_log_loss", "Mean log loss on the validation examples."),
            *AT_THRESHOLD,
        ),
        LABELS,
    ),
    Column("test_base_rate", BASE_RATE, needed=True),
    *_only(
        (
            *CALIBRATION,
            Column(
                "positives_half", "Positives in one half of the validation blocks: what choices weigh by."
            ),
            Column(
                "validation_f1_half",
                "F1 there at the threshold of the other half: what choices look at.",
            ),
        ),
        LABELS,
    ),
    *_only(
        tuple(
            Column(
                f"test_{score}_{end}",
                f"{words} end of the 95 % interval of the test {name}, by blocks; NaN where it is withheld.",
            )
            for score, name in (("f1", "F1"), ("auprc", "AUPRC"))
            for end, words in (("low", "Lower"), ("high", "Upper"))
        ),
        LABELS,
    ),
    *_only(
        (
            Column(
                "test_pearson_low",
                "Lower end of the 95 % interval of the test Pearson's r, by blocks; NaN where it is withheld.",
            ),
            Column("test_pearson_high", "Upper end of that interval."),
        ),
        SIGNALS,
    ),
)
STRATUM = (
    Column(
        "by",
        "What strata are of: `all` (one stratum), `specificity`, `gc` or `tss`.",
        needed=True,
    ),
    Column("counted", "What is counted in a bin, in words; empty for `all`.", needed=True),
    Column("rank", "Place of the stratum, from 0 in ascending order.", needed=True),
    Column("stratum", "The stratum: `[1, 3)` holds 1 and 2.", needed=True),
)
TARGET = Column("target", "The target whose cell types are counted; empty where it is none.")
RELATED = (
    Column("pairs", "Which pairs of tasks: `all`, or those of one modality."),
    Column("n_bins", "Test bins of the stratum."),
    Column("n_pairs", "Pairs of tasks whose predictions and labels vary there."),
    Column("predicted", "Mean Pearson correlation of the predictions of two tasks."),
    Column("observed", "Mean Pearson correlation of their labels."),
)

EVALUATION_FILES = (
    ResultFile(
        "metrics",
        "evaluation/{strategy}/seed{seed}/metrics.tsv",
        "Scores of each task on test, at thresholds frozen on validation; a row a task. `strategy` may be a choice, or "
        "predictions from elsewhere. NaN: the figure has no meaning there, above all without a test positive.",
        METRICS,
        mappable=True,
    ),
    ResultFile(
        "points",
        "evaluation/{strategy}/seed{seed}/points.tsv",
        "Points of each task's precision-recall and ROC curves on test; none of a task without test positives, nor of "
        "signals.",
        (
            Column("task_id", "The task.", needed=True),
            Column("score", "The score from which on an example is called.", needed=True),
            Column("tp", "True positives then.", needed=True),
            Column("fp", "False positives then.", needed=True),
        ),
        mappable=True,
    ),
    ResultFile(
        "choices",
        "evaluation/{choice}/seed{seed}/choice.tsv",
        "Which strategy a choice takes for each task, and by which validation figures; a row a task.",
        (
            Column("task_id", "The task.", needed=True),
            Column("modality", "Its modality."),
            Column("positives_half", "Positives in one half of the validation blocks.", when=LABELS),
            Column("positives_validation", "Validation bins with a peak of the task.", when=SIGNALS),
            Column(
                "weight", "Weight of the task's own figures beside its modality's mean, 0 to 1.", needed=True
            ),
            Column("chosen", "The strategy that was chosen.", needed=True),
            Column("{candidate}:validation_f1_half", "The candidate's figure in metrics.tsv.", when=LABELS),
            Column("{candidate}:validation_pearson", "The candidate's figure in metrics.tsv.", when=SIGNALS),
            Column("{candidate}:score", "What the candidate is chosen by; the highest is taken."),
        ),
        when="`choices`",
        mappable=True,
    ),
    ResultFile(
        "external_groups",
        "predictions/{external}/groups.tsv",
        "The tasks of predictions from elsewhere, as one group.",
        (Column("task_id", "The task."), Column("group", "0.")),
        when="`external`",
    ),
    ResultFile(
        "region_scores",
        "predict/scores.tsv.gz",
        "Scores of the regions of `predict.regions`, a row a region in the BED's order.",
        (
            Column("chrom", "Chromosome, as the FASTA names it."),
            Column("start", "First base, 0-based."),
            Column("end", "End, bp, half-open."),
            Column("name", "The BED's fourth column; empty where it has none."),
            Column("{task_id}", "Score of the task: a probability, or of signals the predicted signal."),
        ),
        when="`snakemake predict`",
    ),
    ResultFile(
        "baseline_metrics",
        "baselines/{baseline}/metrics.tsv",
        "Scores of each task by a simple baseline, as the metrics.tsv of a strategy.",
        tuple(Column(one.name, one.meaning, when=one.when) for one in METRICS),
        when=BASELINES,
    ),
    ResultFile(
        "simple_scores",
        "baselines/baselines.tsv",
        "Mean test scores of baselines and strategies by modality; a row each.",
        (
            Column("name", "Baseline or strategy.", needed=True),
            Column("kind", "`baseline` or `strategy`.", needed=True),
            Column("uses_test_labels", "1: it reads labels of the test bins; else 0.", needed=True),
            Column("level", "`All`, or the modality.", needed=True),
            Column("n_tasks", "Tasks."),
            Column("n_nan", "Of these, tasks without AUPRC, which are left out."),
            *(
                Column(f"mean_{score}", f"Mean test {name} over tasks, seeds averaged first.", needed=True)
                for score, name in (("f1", "F1"), ("auprc", "AUPRC"), ("auroc", "AUROC"))
            ),
        ),
        when=BASELINES,
    ),
    ResultFile(
        "marks",
        "baselines/marks.tsv",
        "Each task of each strategy beside the baseline with the best validation AUPRC; a row a strategy and task.",
        (
            Column("strategy", "The strategy.", needed=True),
            Column("task_id", "The task.", needed=True),
            Column("n_seeds", "Seeds that are averaged."),
            Column("test_auprc", "Test AUPRC of the strategy, mean over seeds."),
            Column(
                "baseline",
                "That baseline, of those that read no test labels; empty where there is none.",
                needed=True,
            ),
            Column("baseline_auprc", "Its test AUPRC."),
            Column("difference", "Strategy less baseline.", needed=True),
            Column(
                "difference_low",
                "Lower end of the 95 % interval of the difference, the same draws of test blocks for both; NaN where "
                "there is none.",
            ),
            Column("difference_high", "Upper end of that interval."),
            Column(
                "mark",
                "`no better`: not above the baseline; `not shown`: above, but the interval holds 0 or there is none; "
                "empty else, and without test positives.",
                needed=True,
            ),
        ),
        when=BASELINES,
    ),
    ResultFile(
        "task_strata",
        "strata/{strategy}/seed{seed}.tsv",
        "Scores of each task in each stratum of the test bins; a row a task and stratum.",
        (
            Column("task_id", "The task.", needed=True),
            *STRATUM[:2],
            TARGET,
            *STRATUM[2:],
            Column("threshold", "The threshold frozen on validation."),
            Column("n_test", "Test examples of the stratum."),
            Column("positives_test", "Positives among them."),
            *(Column(one.name, one.meaning, needed=one.name == "test_auroc") for one in AT_THRESHOLD),
            Column("test_base_rate", BASE_RATE),
            *CALIBRATION,
            Column("test_auprc_above_base", "Average precision less the base rate.", needed=True),
        ),
        when=STRATA,
    ),
    ResultFile(
        "strata_correlation",
        "strata/{strategy}/seed{seed}.correlation.tsv",
        "How alike the predictions of two tasks are in each stratum by specificity.",
        (
            Column("counted", "What is counted in a bin, in words."),
            TARGET,
            *(Column(one.name, one.meaning) for one in STRATUM[2:]),
            *RELATED,
        ),
        when=STRATA,
    ),
    ResultFile(
        "strata",
        "strata/strata.tsv",
        "Means over tasks of the two scores that strata of different base rates can be compared by.",
        (
            Column("strategy", "The strategy.", needed=True),
            Column("seed", "The seed; `all`: mean over the seeds.", needed=True),
            *STRATUM,
            Column("of", "What `level` is: `all`, `modality` or `cell_group`."),
            Column("level", "`All`, the modality or the cell group.", needed=True),
            Column("n_tasks", "Tasks."),
            Column(
                "n_nan",
                "Of these, tasks without a positive or a negative in the stratum, which are left out.",
            ),
            Column("mean_auroc", "Mean test AUROC.", needed=True),
            Column("mean_auprc_above_base", "Mean of test AUPRC less the base rate.", needed=True),
            Column("mean_base_rate", "Mean share of positives, of the same tasks."),
        ),
        when=STRATA,
    ),
    ResultFile(
        "seed_variation",
        "strata/seed_variation.tsv",
        "How much predictions vary over seeds in the most specific and the most ubiquitous stratum; a row a strategy "
        "of two seeds or more and task.",
        (
            Column("strategy", "The strategy.", needed=True),
            Column("task_id", "The task.", needed=True),
            Column("counted", "What is counted in a bin, in words."),
            TARGET,
            Column("n_seeds", "Seeds.", needed=True),
            Column("specific", "The most specific stratum."),
            Column("ubiquitous", "The most ubiquitous stratum."),
            Column("n_specific", "Sampled bins of the one whose mean prediction is above 0."),
            Column("n_ubiquitous", "Those of the other."),
            Column(
                "median_cv_specific",
                "Median over the bins of standard deviation over mean of the seeds' predictions.",
            ),
            Column("median_cv_ubiquitous", "The same of the other stratum."),
            Column(
                "share_above",
                "Chance that a specific bin varies more than a ubiquitous one, 0 to 1.",
                needed=True,
            ),
            Column("p_value", "Of the two-sided Mann-Whitney test.", needed=True),
            Column(
                "q_value",
                "By Benjamini and Hochberg over the tasks of the strategy.",
                needed=True,
            ),
        ),
        when=STRATA,
    ),
    ResultFile(
        "over_correlation",
        "strata/over_correlation.tsv",
        "How alike the predictions of two tasks are beside how alike their labels are, by stratum; a row a strategy, "
        "seed, stratum and kind of pair.",
        (
            Column("strategy", "The strategy.", needed=True),
            Column("seed", "The seed.", needed=True),
            Column("counted", "What is counted in a bin, in words.", needed=True),
            TARGET,
            *STRATUM[2:],
            *(Column(one.name, one.meaning, needed=one.name != "n_bins") for one in RELATED),
            Column(
                "excess",
                "`predicted` less `observed`; compare strata and strategies by it, it is not 0 for a perfect network.",
            ),
        ),
        when=STRATA,
    ),
)
