"""Simple baselines beside the strategies: what a run leaves of these."""

from epigroup.results.catalogue.conditions import REGIONS, ends
from epigroup.results.catalogue.evaluation import TASK, label_columns
from epigroup.results.catalogue.record import Column, ResultFile
from epigroup.results.catalogue.scores import OF_LABELS, mean, shown

CHANGES_NO_RESULT = ("*",)

BASELINES = "`baselines.names` that names any, and `dataset.targets: labels`"
BASELINE_METRICS = label_columns(
    (TASK[0], Column("group", "Always 0: a baseline has no groups of tasks."), REGIONS)
)

BASELINE_FILES = (
    ResultFile(
        "baseline_metrics",
        "baselines/{baseline}/metrics.tsv",
        "Scores of each task by a simple baseline, as the metrics.tsv of a strategy; a row a task.",
        tuple(Column(one.name, one.meaning) for one in BASELINE_METRICS),
        when=BASELINES,
    ),
    ResultFile(
        "simple_scores",
        "baselines/baselines.tsv",
        "Mean test scores of baselines and strategies by modality, seeds averaged first; a row a name and level.",
        (
            Column("name", "Name of the baseline or strategy.", needed=True),
            Column("kind", "What the row is of: `baseline` or `strategy`.", needed=True),
            Column("uses_test_labels", "1: it reads labels of the test bins; else 0.", needed=True),
            Column("level", "Which tasks: `All`, or those of the modality.", needed=True),
            Column("n_tasks", "Number of tasks of the level."),
            Column("n_nan", "Number of these tasks without AUPRC; the means leave them out."),
            *(mean(score, needed=True) for score in shown(OF_LABELS)),
        ),
        when=BASELINES,
    ),
    ResultFile(
        "marks",
        "baselines/marks.tsv",
        "Each task of each strategy beside the baseline with the best validation AUPRC, seeds averaged within a draw; "
        "a row a strategy and task.",
        (
            Column("strategy", "Name of the strategy.", needed=True),
            Column("task_id", "Name of the task.", needed=True),
            Column("n_seeds", "Number of seeds that are averaged."),
            Column("test_auprc", "Test AUPRC of the strategy, mean over seeds."),
            Column(
                "baseline",
                "The baseline with the best validation AUPRC, of those that read no test labels; empty where there is "
                "none.",
                needed=True,
            ),
            Column("baseline_auprc", "Test AUPRC of the baseline."),
            Column("difference", "Test AUPRC of the strategy less that of the baseline.", needed=True),
            *ends(
                "the 95 % interval of the difference, the same draws of test blocks for both, those without a positive "
                "of the task left out",
                "difference_low",
                "difference_high",
                absent="NaN where these are more than 5 %, or blocks too few",
            ),
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
        "red_line",
        "baselines/red_line.tsv",
        "Each strategy beside the regressions on k-mers, over the tasks for which both have a test AUPRC, seeds "
        "averaged within a draw; a row a strategy and regression. No rows where `baselines.names` has neither.",
        (
            Column("strategy", "Name of the strategy.", needed=True),
            Column("baseline", "The regression: `kmer` or `kmer_low_rank`.", needed=True),
            Column("n_seeds", "Number of seeds that are averaged."),
            Column("n_tasks", "Number of tasks with a test AUPRC of both.", needed=True),
            Column("mean_auprc", "Mean test AUPRC of the strategy over these tasks."),
            Column("baseline_mean_auprc", "Mean test AUPRC of the regression over these tasks."),
            Column("difference", "The strategy's mean test AUPRC less the regression's.", needed=True),
            *ends(
                "the 95 % interval of the difference in mean AUPRC, the same draws of test blocks for both, each "
                "draw's mean over the tasks with positives in it",
                "difference_low",
                "difference_high",
                absent="NaN where blocks are too few",
            ),
            Column("mean_f1", "Mean test F1 of the strategy over these tasks."),
            Column("baseline_mean_f1", "Mean test F1 of the regression over these tasks."),
            Column(
                "f1_difference",
                "The strategy's mean test F1 less the regression's; it has no interval.",
                needed=True,
            ),
            Column(
                "verdict",
                "By AUPRC. `does not beat`: not above the regression; `not shown`: above, but the interval holds 0 or "
                "there is none; `beats` else; empty where no task has both.",
                needed=True,
            ),
        ),
        when=BASELINES,
    ),
)
