"""Strategies side by side: what a run leaves of these."""

from epigroup.evaluation.score_names import ScoreNames
from epigroup.results.catalogue.conditions import REGIONS, ends
from epigroup.results.catalogue.costs import COSTS
from epigroup.results.catalogue.record import Column, ResultFile
from epigroup.results.catalogue.scores import OF_LABELS, OF_SIGNALS, also, mean, of_either, shown
from epigroup.results.catalogue.units import UNIT_GAINS, UNITS

CHANGES_NO_RESULT = ("*",)

STRATEGY = "Name of the strategy, choice or pool."
BASELINE = "The strategy, choice or pool that it is held against."
SEED = "The seed; `all`: scores are means over the seeds."
N_SEEDS = Column("n_seeds", "Number of seeds that are averaged.")
ABSENT = "the means leave them out"
BELOW = "Share of tasks whose score is below the baseline's, of those in which both have a score; 0 to 1"
UP = "Share of tasks whose own interval lies above 0, of those with an interval; 0 to 1"
DOWN = "Share of tasks whose own interval lies below 0, of those with an interval; 0 to 1"
SAME_SEED = "Each seed is held against the same seed of the baseline, and shares are averaged over seeds"
OTHER_SEED = (
    "The baseline is held against itself with another seed, and shares are averaged over all ordered pairs of seeds; "
    "NaN with one seed"
)
PAIRED = "the 95 % interval of the difference by the paired block bootstrap"


LEVEL = (
    Column("by", "What `level` is: `all`, `modality` or `cell_group`.", needed=True),
    Column("level", "Which tasks: `All`, or those of the modality or the cell group.", needed=True),
)


def _strategy_columns(names: ScoreNames) -> tuple[Column, ...]:
    """Columns of strategies.tsv."""
    return (
        REGIONS,
        Column("strategy", STRATEGY, needed=True),
        Column("seed", SEED, needed=True),
        N_SEEDS,
        *LEVEL,
        Column("n_tasks", "Number of tasks of the level that the strategy learns.", needed=True),
        Column("n_nan", f"Number of these tasks without the score; {ABSENT}.", needed=True),
        mean(names.headline),
        *ends("the 95 % interval of this mean by the block bootstrap", needed=True),
        *(mean(score) for score in (*shown(names)[1:], *also(names))),
        Column(
            f"mean_{names.chosen_by}",
            f"Mean of `{names.chosen_by}`, a column of metrics.tsv, over tasks and seeds: what strategies are ranked "
            "by before the test examples are looked at. A choice of one strategy for each task was made by such "
            "figures, so that its own are optimistic.",
        ),
    )


def _gain_columns(names: ScoreNames) -> tuple[Column, ...]:
    """Columns of gains.tsv."""
    return (
        REGIONS,
        Column("strategy", STRATEGY, needed=True),
        Column("baseline", BASELINE, needed=True),
        Column("seed", "The seed; `all`: scores are means over the seeds that both have.", needed=True),
        N_SEEDS,
        *LEVEL,
        Column("n_tasks", "Number of tasks that both learn.", needed=True),
        Column("n_nan", f"Number of these tasks in which one has no score; {ABSENT}."),
        mean(names.headline, whose=" of the strategy"),
        mean(names.headline, "baseline_mean_{}", whose=" of the baseline"),
        Column(
            "gain_percent",
            "100 (ratio of the two means - 1), percent, as Table III of Shiri & Sun 2022.",
            needed=True,
        ),
        Column("mean_of_ratios_percent", "100 (mean of the tasks' ratios - 1), percent."),
        Column("n_ratios", "Number of tasks in the mean of ratios: those whose baseline score is above 0."),
        Column("difference", "Mean of the strategy less mean of the baseline.", needed=True),
        *ends(PAIRED, needed=True),
        Column("share_below", f"{BELOW}."),
        Column("n_intervals", "Number of tasks with an interval of their own difference."),
        Column("n_up", "Number of tasks whose own interval lies above 0."),
        Column("n_down", "Number of tasks whose own interval lies below 0."),
        Column("excludes_zero", "1: the interval excludes 0; 0: it holds 0 or is withheld."),
    )


def _task_columns(names: ScoreNames) -> tuple[Column, ...]:
    """Columns of tasks.tsv."""
    return (
        Column("task_id", "Name of the task."),
        REGIONS,
        Column("modality", "Modality of the task."),
        Column("assay", "Assay of the task."),
        Column("target", "The protein or histone mark; empty where there is none."),
        Column("cell_type", "Cell type, tissue or strain."),
        Column("cell_group", "The group of cell types."),
        Column("control", "The input that peaks are called against; empty where there is none."),
        Column("peak_mode", "How peaks are called: `narrow` or `broad`."),
        Column("kind", "How the profile came: `fastq`, `bam` or `peaks`."),
        Column("replicates", "Number of the replicates of the profile."),
        Column("x_{column}", "A column of the user's own in the sheet.", when="columns `x_...` in the sheet"),
        *(
            Column(
                f"{{strategy}}:test_{score.name}",
                f"{score.words} of this strategy on the test examples, mean over seeds.",
            )
            for score in shown(names)
        ),
        Column(
            "group:{grouping}:seed{seed}",
            "Group of the task in this grouping; several are joined by `+`, empty where it takes no part.",
            when="a strategy on groups",
        ),
    )


def _k_columns(names: ScoreNames) -> tuple[Column, ...]:
    """Columns of k.tsv."""
    over = (
        ", mean over the seeds that were clustered (of the sweep where it has this K, else of the grouping);"
    )
    return (
        Column("family", "The way of grouping, in words.", needed=True),
        Column("method", "Method of the groupings.", needed=True),
        Column("vectors", "What stands for a task; empty for an affinity."),
        Column("k", "Number of groups.", needed=True),
        Column(
            "stability",
            "Mean adjusted Rand index of the groups with those of draws of the tasks, 0 by chance, 1 the same"
            f"{over} NaN where no seed has one.",
            needed=True,
        ),
        Column("silhouette", f"Mean silhouette of the tasks, -1 to 1{over} NaN where no seed has one."),
        Column(
            "inertia",
            f"Sum of squared distances of the tasks' vectors to their groups' means{over} NaN where no seed has one.",
        ),
        Column(
            "label_agreement",
            "Correlation over pairs of tasks of their similarity with the correlation of their training labels, or "
            f"signals{over} NaN where no seed has one.",
        ),
        Column("most_stable", "`True`: the most stable K, the least of equals.", needed=True),
        Column("strategy", "The strategy with this K; empty where none was trained.", needed=True),
        Column("seeds", "The strategy's seeds that count, parted by commas.", needed=True),
        Column(
            "n_tasks", "Number of tasks that all trained K have; NaN where none was trained.", needed=True
        ),
        Column(
            f"mean_{names.chosen_by}",
            f"Mean of `{names.chosen_by}`, a column of metrics.tsv, over the seeds and these tasks.",
        ),
        Column("behind", "How far the mean score of this K lies behind that of the best K."),
        Column(
            "standard_error",
            "Standard error of the paired difference over tasks between this K and the best; tasks are not "
            "independent.",
        ),
        Column(
            "chosen",
            "`True`: the K that the rule chooses. Those trained K that lie behind the best by at most one standard "
            "error count as equal; of these it is the most stable, of equally stable ones the least. Where fewer than "
            "two K were trained, it is the most stable.",
            needed=True,
        ),
        Column(
            "rule", "What K is chosen by: `validation, then stability` or `stability alone`.", needed=True
        ),
    )


COMPARISON_FILES = (
    ResultFile(
        "strategies",
        "comparison/strategies.tsv",
        "Mean test scores of each strategy, choice and pool by modality, cell group and seed.",
        of_either(_strategy_columns(OF_LABELS), _strategy_columns(OF_SIGNALS)),
        mappable=True,
    ),
    ResultFile(
        "scores",
        "comparison/scores.tsv",
        "Every score of test averaged over tasks; a row a strategy, seed, level and score.",
        (
            REGIONS,
            Column("strategy", STRATEGY),
            Column("seed", SEED),
            N_SEEDS,
            *(Column(one.name, one.meaning) for one in LEVEL),
            Column(
                "score",
                "The score: a column of metrics.tsv without `test_`; `n_test` and `positives_test`: numbers of test "
                "examples and of positives.",
            ),
            Column("n_tasks", "Number of tasks of the level that the strategy learns."),
            Column("n_nan", f"Number of these tasks without the score; {ABSENT}."),
            Column("mean", "Mean of the score over tasks, seeds averaged first."),
        ),
        mappable=True,
    ),
    ResultFile(
        "gains",
        "comparison/gains.tsv",
        "Every strategy, choice and pool against every other, by modality, cell group and seed.",
        of_either(_gain_columns(OF_LABELS), _gain_columns(OF_SIGNALS)),
        mappable=True,
    ),
    ResultFile(
        "differences",
        "comparison/differences.tsv",
        "Task by task the difference of two strategies; first the pairs of the headline, then any other two once, a "
        "pool in place of its strategies.",
        (
            REGIONS,
            Column("task_id", "Name of the task.", needed=True),
            Column("strategy", STRATEGY, needed=True),
            Column("baseline", BASELINE, needed=True),
            Column("headline", "1: a pair of the headline; else 0.", needed=True),
            Column("seeds", "Seeds that both have, parted by commas."),
            Column(
                "difference",
                "Score of the strategy less that of the baseline (F1, or Pearson's r), each the mean over these seeds; "
                "NaN where one has none.",
                needed=True,
            ),
            *ends(
                "the 95 % interval of the difference, of this task alone: nothing is corrected for the number of tasks",
                absent="NaN where there is none",
                needed=True,
            ),
            Column(
                "excludes_zero",
                "1: the interval excludes 0; 0: it does not; NaN: there is none. Where nothing differs, about one "
                "task in twenty has 1.",
                needed=True,
            ),
        ),
        mappable=True,
    ),
    ResultFile(
        "transfer",
        "comparison/transfer.tsv",
        "Tasks that a strategy serves worse than a network of their own, beside what another seed of such networks "
        "does already.",
        (
            REGIONS,
            Column("strategy", STRATEGY, needed=True),
            Column("baseline", "The strategy that learns each task by itself.", needed=True),
            Column("n_seeds", "Number of seeds that both have."),
            *LEVEL,
            Column("n_tasks", "Number of tasks that both learn."),
            Column("share_below", f"{BELOW}. {SAME_SEED}.", needed=True),
            Column("share_up", f"{UP}. {SAME_SEED}."),
            Column("share_down", f"{DOWN}. {SAME_SEED}.", needed=True),
            Column("floor_share_below", f"{BELOW}. {OTHER_SEED}."),
            Column("floor_share_up", f"{UP}. {OTHER_SEED}."),
            Column("floor_share_down", f"{DOWN}. {OTHER_SEED}.", needed=True),
            Column("note", "Why a floor is not known; empty where it is.", needed=True),
        ),
        mappable=True,
    ),
    ResultFile(
        "compared_tasks",
        "comparison/tasks.tsv",
        "The sheet's rows with scores and groups of each task; a row a task.",
        of_either(_task_columns(OF_LABELS), _task_columns(OF_SIGNALS)),
        mappable=True,
    ),
    ResultFile(
        "headline",
        "comparison/headline.json",
        "The pairs of `comparison.headline`, and how intervals were made.",
        (
            REGIONS,
            Column(
                "pairs",
                "A pair each: `strategy`, `baseline`, `seeds`, the columns of gains.tsv over all tasks (null for NaN, "
                "`excludes_zero` true or false), `matched` (whether the baseline has random groups of the strategy's "
                "sizes), `per_seed`; against a pool also `members` (each of its strategies), `n_members` and `rank` "
                "(1: none of them has a higher mean).",
            ),
            Column("pools", "The pools of strategies, and the strategies of each."),
            Column("interval", "How intervals were made, or why they are withheld."),
            Column("interval_withheld", "Why intervals are withheld; null where they are not."),
            Column("block_size", "Length of a block of the bootstrap, bp."),
            Column("n_blocks", "Number of test blocks."),
            Column("warnings", "What a reader should know first."),
        ),
        mappable=True,
    ),
    UNITS,
    UNIT_GAINS,
    COSTS,
    ResultFile(
        "confounders",
        "comparison/confounders.tsv",
        "How far groups follow technique and biology; a row a grouping, seed and property.",
        (
            Column("grouping", "Name of the grouping.", needed=True),
            Column("seed", "Seed of the grouping.", needed=True),
            Column("k", "Number of groups."),
            Column(
                "property",
                "`assay`, `depth` (aligned fragments, in terciles), `peaks` (number, in terciles), `modality` or "
                "`cell_group`.",
                needed=True,
            ),
            Column("n_tasks", "Number of tasks of which the property is known.", needed=True),
            Column("n_values", "Number of values of the property among these tasks."),
            Column(
                "nmi",
                "Mutual information of groups and property over the mean of both entropies, 0 to 1; NaN for fewer than "
                "10 tasks or where one has a single value.",
                needed=True,
            ),
            Column(
                "ami",
                "Adjusted mutual information: the mutual information less what groups of these sizes share by chance; "
                "0 by chance, 1 the same.",
                needed=True,
            ),
        ),
    ),
    ResultFile(
        "k",
        "comparison/k.tsv",
        "The number of groups by stability and validation; a row a way of grouping and K. Nothing trains by it.",
        of_either(_k_columns(OF_LABELS), _k_columns(OF_SIGNALS)),
        when="groupings that differ in K alone, trained or in the sweep",
    ),
    ResultFile(
        "known_sets",
        "comparison/known_sets.tsv",
        "How often tasks that are known to belong together are in one group; a row a grouping, seed and set. Groupings "
        "that overlap, of one group or of single tasks have no row.",
        (
            Column("grouping", "Name of the grouping.", needed=True),
            Column("seed", "Seed of the grouping.", needed=True),
            Column("k", "Number of groups.", needed=True),
            Column("set", "The set; `all sets`: all together.", needed=True),
            Column("n_tasks", "Number of tasks of the set that the grouping has.", needed=True),
            Column("n_pairs", "Number of pairs of these tasks.", needed=True),
            Column("together", "Number of these pairs whose two tasks are in one group.", needed=True),
            Column(
                "expected",
                "Mean number of such pairs when groups are dealt anew among tasks with about as many peaks.",
                needed=True,
            ),
            Column(
                "p_value",
                "Chance of as many such pairs or more: (1 + deals with as many or more) / (1 + deals). It is not "
                "corrected for the number of sets.",
                needed=True,
            ),
        ),
        when="`known_sets`",
    ),
)
