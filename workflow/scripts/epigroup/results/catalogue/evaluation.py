"""Scores of strategies, over all bins and by stratum: what a run leaves of these."""

from epigroup.evaluation.score_names import ScoreNames
from epigroup.results.catalogue.conditions import LABELS, REGIONS, SIGNALS, ends
from epigroup.results.catalogue.record import Column, ResultFile
from epigroup.results.catalogue.scores import (
    OF_LABELS,
    OF_SIGNALS,
    intervals,
    of_either,
    of_split,
)

CHANGES_NO_RESULT = ("*",)

STRATA = "`strata`"
TASK = (
    Column("task_id", "Name of the task.", needed=True),
    Column("chosen", "The strategy that was chosen for the task.", when="a choice"),
    Column("group", "Number of the group that learnt the task, from 0: that of groups.tsv."),
    REGIONS,
)
THRESHOLD = (
    Column("threshold", "The score with the highest F1 on validation, frozen for test: positive from it on."),
    Column("threshold_flag", "1: too few positives on validation, so that the threshold is 0.5; else 0."),
)
HALF = (
    Column(
        "positives_half",
        "Number of positives in one half of the validation blocks. Choices between strategies weigh by them.",
    ),
    Column(
        f"validation_{OF_LABELS.score}_half",
        f"{OF_LABELS.label} in this half of the validation blocks, at the threshold of the other half. Choices between "
        "strategies look at it. NaN without positives.",
    ),
)


def _counts(split: str, positives: str, *, needed: bool = False) -> tuple[Column, Column]:
    return (
        Column(f"n_{split}", f"Number of examples of the {split} split."),
        Column(f"positives_{split}", f"{positives.format(split)}.", needed),
    )


def label_columns(task: tuple[Column, ...]) -> tuple[Column, ...]:
    """Columns of metrics.tsv where the targets are labels."""
    positives = "Number of positives among the examples of the {} split"
    return (
        *task,
        *_counts("validation", positives),
        *_counts("test", positives, needed=True),
        *THRESHOLD,
        *of_split(OF_LABELS, "validation"),
        *of_split(OF_LABELS, "test", needed=("base_rate",)),
        *HALF,
        *intervals(OF_LABELS),
    )


def _of_signals(task: tuple[Column, ...]) -> tuple[Column, ...]:
    """Columns of metrics.tsv where the targets are signals."""
    positives = "Number of examples of the {} split with a peak of the task"
    return (
        *task,
        *_counts("validation", positives),
        *of_split(OF_SIGNALS, "validation"),
        *_counts("test", positives, needed=True),
        *of_split(OF_SIGNALS, "test", needed=("base_rate",)),
        *intervals(OF_SIGNALS),
    )


METRICS = of_either(label_columns(TASK), _of_signals(TASK))


def _choice_columns(names: ScoreNames) -> tuple[Column, ...]:
    """Columns of choice.tsv."""
    looked_at = {
        one.name: one.meaning for one in (label_columns(TASK), _of_signals(TASK))[names is OF_SIGNALS]
    }
    best, rescue = "`combine: best`", "`combine: rescue`"
    return (
        Column("task_id", "Name of the task.", needed=True),
        Column("modality", "Modality of the task."),
        Column(names.counted_by, looked_at[names.counted_by], when=best),
        Column(
            "weight", "Weight of the task's own figures beside the mean of its modality, 0 to 1.", when=best
        ),
        Column("chosen", "The strategy that was chosen.", needed=True),
        Column(
            "gain",
            "How much the mean log loss of the validation examples falls, nats, where on each half of their blocks the "
            "candidate is taken that was best on the other half.",
            when=rescue,
        ),
        *(
            Column(one.name, one.meaning, when=rescue)
            for one in ends(
                "the 95 % interval of this fall over draws of validation blocks; above 0, the first strategy is left",
                "gain_low",
                "gain_high",
                absent="NaN where it is not known",
            )
        ),
        Column(
            f"{{candidate}}:{names.chosen_by}",
            f"`{names.chosen_by}` of the candidate: a column of its metrics.tsv.",
            when=best,
        ),
        Column("{candidate}:score", "What the candidate is chosen by; the highest is taken.", when=best),
        Column(
            "{candidate}:validation_log_loss",
            "Mean log loss on the validation examples; the lowest is taken.",
            when=rescue,
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
    Column(
        "stratum",
        "The stratum: `[1, 3)` holds values from 1 to below 3, `[1000, on)` all from 1000 on; `all regions` of `all`.",
        needed=True,
    ),
)
TARGET = Column("target", "The target whose cell types are counted; empty where it is none.")
RELATED = (
    Column("pairs", "Which pairs of tasks: `all`, or those of one modality."),
    Column("n_bins", "Number of test bins of the stratum."),
    Column("n_pairs", "Number of pairs of tasks whose predictions and labels vary in the stratum."),
    Column("predicted", "Pearson correlation of the predictions of two tasks, mean over these pairs."),
    Column("observed", "Pearson correlation of the labels of two tasks, mean over these pairs."),
)

EVALUATION_FILES = (
    ResultFile(
        "predictions",
        "predictions/{strategy}/seed{seed}/{split}.h5",
        "What a strategy's networks say of every `validation` or `test` bin. The attribute `task_ids` names the tasks, "
        "`chromosomes` the chromosomes.",
        (
            Column(
                "probability",
                "float16 (bins, tasks): score of the task, 0 to 1; NaN for a task that the strategy does not learn.",
                when=LABELS,
            ),
            Column(
                "predicted",
                "float32 (bins, tasks): the predicted signal; NaN for a task that the strategy does not learn.",
                when=SIGNALS,
            ),
            Column("signal", "float16 (bins, tasks): the signal that is in the data set.", when=SIGNALS),
            Column(
                "labels",
                "uint8 (bins, tasks / 8, rounded up): labels of the bins, packed as in the shards of the data set.",
            ),
            Column(
                "chrom", "int16 (bins): place of the bin's chromosome in the attribute `chromosomes`, from 0."
            ),
            Column("start", "int32 (bins): first base of the bin, 0-based."),
        ),
        when="`evaluation.keep_predictions`; else they go once they are scored",
    ),
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
            Column("task_id", "Name of the task.", needed=True),
            Column("score", "The score from which on an example is called.", needed=True),
            Column("tp", "True positives: positive examples with at least this score.", needed=True),
            Column("fp", "False positives: negative examples with at least this score.", needed=True),
        ),
        mappable=True,
    ),
    ResultFile(
        "choices",
        "evaluation/{choice}/seed{seed}/choice.tsv",
        "Which strategy a choice takes for each task, and by which validation figures; a row a task.",
        of_either(_choice_columns(OF_LABELS), _choice_columns(OF_SIGNALS)),
        when="`choices`",
        mappable=True,
    ),
    ResultFile(
        "weights",
        "evaluation/{average}/seed{seed}/weights.tsv",
        "What a choice that averages gives each of its members, found on validation; a row a part of the bins and "
        "task.",
        (
            Column(
                "fitted_on",
                "Validation bins that it was found on: `all`, for test; `half 0` or `half 1`, for the bins of the "
                "other half of the validation blocks.",
                needed=True,
            ),
            Column("task_id", "Name of the task.", needed=True),
            Column("positives", "Number of positives of the task among these bins."),
            Column("counted", "1 where the task had a part in the weights, else 0."),
            Column(
                "slope",
                "What the weighted sum of log-odds is multiplied with, before it becomes a probability.",
            ),
            Column("intercept", "What is added then."),
            Column(
                "weight:{member}", "Weight of the member, the same for all tasks; of sum 1 over the members."
            ),
        ),
        when="`choices` with `combine: average`",
    ),
    ResultFile(
        "average_groups",
        "predictions/{average}/seed{seed}/groups.tsv",
        "The tasks of an average, as one group.",
        (
            Column("task_id", "Name of the task."),
            Column("group", "Always 0: an average has no groups of tasks."),
        ),
        when="`choices` with `combine: average`",
    ),
    ResultFile(
        "external_groups",
        "predictions/{external}/groups.tsv",
        "The tasks of predictions from elsewhere, as one group.",
        (
            Column("task_id", "Name of the task."),
            Column("group", "Always 0: predictions from elsewhere have no groups of tasks."),
        ),
        when="`external`",
    ),
    ResultFile(
        "region_scores",
        "predict/scores.tsv.gz",
        "Scores of the regions of `predict.regions`, a row a region in the BED's order.",
        (
            Column("chrom", "Chromosome, as the FASTA names it."),
            Column("start", "First base of the interval, 0-based."),
            Column("end", "End of the interval, 0-based and half-open."),
            Column("name", "The BED's fourth column; empty where it has none."),
            Column("{task_id}", "Score of the task: a probability, or of signals the predicted signal."),
        ),
        when="`snakemake predict`",
    ),
    ResultFile(
        "task_strata",
        "strata/{strategy}/seed{seed}.tsv",
        "Scores of each task in each stratum of the test bins; a row a task and stratum. Test examples are those of "
        "the stratum. Strata differ in their base rate, which moves F1, precision, AUPRC, Brier score and calibration "
        "error by itself: across strata compare AUROC and AUPRC less the base rate alone.",
        (
            Column("task_id", "Name of the task.", needed=True),
            *STRATUM[:2],
            TARGET,
            *STRATUM[2:],
            Column("threshold", "The threshold frozen on validation."),
            Column("n_test", "Number of test examples of the stratum."),
            Column("positives_test", "Number of positives among the test examples of the stratum."),
            *of_split(OF_LABELS, "test", needed=("auroc",)),
            Column("test_auprc_above_base", "AUPRC less the base rate in the stratum.", needed=True),
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
            Column("strategy", "Name of the strategy.", needed=True),
            Column("seed", "The seed; `all`: mean over the seeds.", needed=True),
            *STRATUM,
            Column("of", "What `level` is: `all`, `modality` or `cell_group`."),
            Column("level", "Which tasks: `All`, or those of the modality or the cell group.", needed=True),
            Column("n_tasks", "Number of tasks of the level."),
            Column(
                "n_nan",
                "Number of these tasks without a positive or a negative in the stratum; the means leave them out.",
            ),
            Column("mean_auroc", "AUROC in the stratum, mean over tasks.", needed=True),
            Column(
                "mean_auprc_above_base",
                "AUPRC less the base rate in the stratum, mean over tasks.",
                needed=True,
            ),
            Column("mean_base_rate", "Share of positives in the stratum, mean over tasks; 0 to 1."),
        ),
        when=STRATA,
    ),
    ResultFile(
        "seed_variation",
        "strata/seed_variation.tsv",
        "How much predictions vary over seeds in the most specific and the most ubiquitous stratum; a row a strategy "
        "of two seeds or more and task.",
        (
            Column("strategy", "Name of the strategy.", needed=True),
            Column("task_id", "Name of the task.", needed=True),
            Column("counted", "What is counted in a bin, in words."),
            TARGET,
            Column("n_seeds", "Number of seeds of the strategy.", needed=True),
            Column("specific", "The most specific stratum that holds bins."),
            Column("ubiquitous", "The most ubiquitous stratum that holds bins."),
            *(
                Column(
                    f"n_{one}",
                    f"Number of sampled bins of the most {one} stratum whose mean prediction is above 0.",
                )
                for one in ("specific", "ubiquitous")
            ),
            *(
                Column(
                    f"median_cv_{one}",
                    f"Variation over the seeds in the most {one} stratum: median over these bins of the standard "
                    "deviation of the seeds' predictions over their mean.",
                )
                for one in ("specific", "ubiquitous")
            ),
            Column(
                "share_above",
                "Chance that a specific bin varies more than a ubiquitous one, 0 to 1.",
                needed=True,
            ),
            Column(
                "p_value",
                "P-value of the two-sided Mann-Whitney test of the variation in the two strata; NaN where one has no "
                "bin.",
                needed=True,
            ),
            Column(
                "q_value",
                "This p-value adjusted by Benjamini and Hochberg over the rows of the strategy.",
                needed=True,
            ),
        ),
        when=STRATA,
    ),
    ResultFile(
        "over_correlation",
        "strata/over_correlation.tsv",
        "How alike the predictions of two tasks are beside how alike their labels are, by stratum; a row a strategy, "
        "seed, stratum and kind of pair. Labels are 0 or 1, and their correlation is lower than that of the chances "
        "behind them.",
        (
            Column("strategy", "Name of the strategy.", needed=True),
            Column("seed", "Seed of the trainings.", needed=True),
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
