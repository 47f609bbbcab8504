"""Strategies over the units of a study: what a run leaves of these."""

from epigroup.results.catalogue.conditions import REGIONS, ends
from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

SCORE = (
    "The score, a column of metrics.tsv without `test_`: `f1`, `auprc` and `log_loss`; of signals `pearson`."
)

UNITS = ResultFile(
    "units",
    "comparison/units.tsv",
    "What gains are counted from: the mean scores of each strategy, choice and pool in each fold, with each seed, on "
    "the first set of evaluation regions.",
    (
        REGIONS,
        Column("strategy", "Name of the strategy, choice or pool."),
        Column("fold", "The fold of the splits; 1 is the config's own."),
        Column("seed", "The seed."),
        Column("score", SCORE),
        Column("n_tasks", "Number of tasks that the strategy learns."),
        Column("n_nan", "Number of these tasks without the score; the means leave them out."),
        Column("mean", "Mean of the score over tasks, on the test examples."),
        Column(
            "mean_validation",
            "Mean of the score over tasks, on the validation examples; of F1 on each half of their blocks at the "
            "threshold of the other half. A choice of one strategy for each task was made by such figures, so that its "
            "own are optimistic.",
        ),
    ),
)

UNIT_GAINS = ResultFile(
    "unit_gains",
    "comparison/unit_gains.tsv",
    "Strategies, choices and pools held against each other over folds and seeds, on the same tasks of the first set of "
    "evaluation regions, in each score and modality; first the pairs of the headline, then any other two once, a pool "
    "in place of its strategies.",
    (
        REGIONS,
        Column("strategy", "Name of the strategy, choice or pool.", needed=True),
        Column("baseline", "The strategy, choice or pool that it is held against.", needed=True),
        Column("headline", "1: a pair of the headline; else 0.", needed=True),
        Column("score", SCORE, needed=True),
        Column("by", "What `level` is: `all` or `modality`.", needed=True),
        Column("level", "Which tasks: `All`, or those of the modality.", needed=True),
        Column("n_folds", "Number of folds.", needed=True),
        Column("n_seeds", "Number of seeds that both have; the least of the folds.", needed=True),
        Column(
            "n_members",
            "Number of strategies of the pool, where one of the two is a pool; else 1.",
            needed=True,
        ),
        Column("n_tasks", "Number of tasks in which both have the score, in any fold.", needed=True),
        Column("mean", "Mean of the strategy over these tasks, members, seeds and folds.", needed=True),
        Column("baseline_mean", "The same of the baseline, over the same tasks.", needed=True),
        Column(
            "gain",
            "How much better the strategy is: the difference of the two means, of a score of which less is better the "
            "other way round.",
            needed=True,
        ),
        Column("gain_percent", "100 times the gain over the baseline's mean, percent."),
        Column(
            "units",
            "What `low` and `high` take as independent: `folds`, or where there is one fold its `seeds`; `none` where "
            "there is one of these too. Folds share training data, so that they are not quite independent.",
            needed=True,
        ),
        *ends(
            "Student's 95 % interval of the gain over these units, with one degree of freedom less than there are",
            absent="NaN for fewer than two that differ",
            needed=True,
        ),
        *ends(
            "the middle 95 % of the gain when folds, in each its seeds and the members of pools, and test blocks are "
            "drawn with replacement (log loss: no blocks); with few folds it is too narrow",
            "resampled_low",
            "resampled_high",
            absent="NaN for one fold without draws of its blocks",
            needed=True,
        ),
        Column(
            "excludes_zero",
            "1: both intervals exclude 0; 0: one does not; NaN: one is not known.",
            needed=True,
        ),
        Column(
            "share_up",
            "Share of these tasks in which the strategy is better, folds and seeds averaged; 0 to 1.",
            needed=True,
        ),
        Column(
            "gain_without_best",
            "Mean gain of the tasks without the five that gain most on the validation examples; NaN for fewer than 11 "
            "tasks.",
            needed=True,
        ),
        Column(
            "gain_trimmed",
            "Mean gain without the five tasks that gain most and the five that gain least, of those with a validation "
            "score; NaN as above.",
            needed=True,
        ),
    ),
)
