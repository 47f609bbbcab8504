"""Strategies side by side: what a run leaves of these."""

from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

LABELS = "`dataset.targets: labels`"
SIGNALS = "`dataset.targets: signal`"
REGIONS = Column("regions", "Set of evaluation regions: `any_peak` or `all_mappable`.")
STRATEGY = "Strategy, choice or pool."
BASELINE = "What it is held against."
SEED = "The seed; `all`: scores are means over the seeds."


def _scored(name: str, meaning: str) -> tuple[Column, ...]:
    """A column of the score that strategies are compared by: F1, or of signals Pearson's r."""
    scores = (("f1", "F1", LABELS), ("pearson", "Pearson's r", SIGNALS))
    return tuple(Column(name.format(key), meaning.format(words), when=when) for key, words, when in scores)


GAIN = (
    Column("n_tasks", "Tasks that both learn.", needed=True),
    Column("n_nan", "Of these, tasks in which one has no score; they are left out."),
    *_scored("mean_{}", "Mean test {} of the strategy over tasks."),
    *_scored("baseline_mean_{}", "Mean test {} of the baseline over the same tasks."),
    Column("gain_percent", "100 (ratio of these means - 1), as Table III of Shiri & Sun 2022.", needed=True),
    Column("mean_of_ratios_percent", "100 (mean of the tasks' ratios - 1)."),
    Column("n_ratios", "Tasks in that mean: those whose baseline score is above 0."),
    Column("difference", "Difference of the means.", needed=True),
    Column(
        "low",
        "Lower end of its 95 % interval by the paired block bootstrap; NaN where it is withheld.",
        needed=True,
    ),
    Column("high", "Upper end of that interval.", needed=True),
    Column("share_below", "Share of tasks under the baseline, 0 to 1."),
    Column("n_intervals", "Tasks with an interval of their own."),
    Column("n_up", "Tasks whose own interval lies above 0."),
    Column("n_down", "Tasks whose own interval lies below 0."),
    Column("excludes_zero", "1: the interval excludes 0; else 0."),
)
SPENT = (
    (
        "search",
        "All trials of the search of its learning rates, counted whole for each seed that uses its rates",
    ),
    ("affinity", "Measuring the affinity that its groups are made by"),
    ("heads", "Training the networks that its groups are made from"),
    ("warm_start", "Training the network that its groups start from"),
)

LEVEL = (
    Column("by", "What `level` is: `all`, `modality` or `cell_group`.", needed=True),
    Column("level", "`All`, the modality or the cell group.", needed=True),
)

COMPARISON_FILES = (
    ResultFile(
        "strategies",
        "comparison/strategies.tsv",
        "Mean test scores of each strategy, choice and pool by modality, cell group and seed.",
        (
            REGIONS,
            Column("strategy", STRATEGY, needed=True),
            Column("seed", SEED, needed=True),
            Column("n_seeds", "Seeds that are averaged."),
            *LEVEL,
            Column("n_tasks", "Tasks of the level that it learns.", needed=True),
            Column("n_nan", "Of these, tasks without the score; they are left out.", needed=True),
            *_scored("mean_{}", "Mean test {} over tasks."),
            Column(
                "low",
                "Lower end of the 95 % interval of this mean by the block bootstrap; NaN where it is withheld.",
                needed=True,
            ),
            Column("high", "Upper end of that interval.", needed=True),
            Column("mean_auprc", "Mean test AUPRC over tasks.", when=LABELS),
            Column("mean_auroc", "Mean test AUROC over tasks.", when=LABELS),
            Column("mean_spearman", "Mean test Spearman's rho over tasks.", when=SIGNALS),
            Column("mean_mse", "Mean over tasks of the test mean squared error.", when=SIGNALS),
            Column("mean_poisson_deviance", "Mean over tasks of the test Poisson deviance.", when=SIGNALS),
            *_scored("mean_validation_{}", "Mean validation {} over tasks; thresholds were chosen there."),
        ),
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
            Column("n_seeds", "Seeds that are averaged."),
            *(Column(one.name, one.meaning) for one in LEVEL),
            Column(
                "score",
                "The score: a column of metrics.tsv without `test_`; `n_test` and `positives_test`: numbers of test "
                "examples and of positives.",
            ),
            Column("n_tasks", "Tasks of the level that it learns."),
            Column("n_nan", "Of these, tasks without the score; they are left out."),
            Column("mean", "Mean over tasks, seeds averaged first."),
        ),
        mappable=True,
    ),
    ResultFile(
        "gains",
        "comparison/gains.tsv",
        "Every strategy, choice and pool against every other, by modality, cell group and seed.",
        (
            REGIONS,
            Column("strategy", STRATEGY, needed=True),
            Column("baseline", BASELINE, needed=True),
            Column("seed", "The seed; `all`: scores are means over the seeds that both have.", needed=True),
            Column("n_seeds", "Seeds that are averaged."),
            *LEVEL,
            *GAIN,
        ),
        mappable=True,
    ),
    ResultFile(
        "differences",
        "comparison/differences.tsv",
        "Task by task the difference of two strategies; first the pairs of the headline, then any other two once, a "
        "pool in place of its strategies.",
        (
            REGIONS,
            Column("task_id", "The task.", needed=True),
            Column("strategy", STRATEGY, needed=True),
            Column("baseline", BASELINE, needed=True),
            Column("headline", "1: a pair of the headline; else 0.", needed=True),
            Column("seeds", "Seeds that both have, parted by commas."),
            Column(
                "difference",
                "Difference of their scores (F1, or Pearson's r), each the mean over these seeds; NaN where one has "
                "none.",
                needed=True,
            ),
            Column(
                "low",
                "Lower end of its 95 % interval, of this task alone: nothing is corrected for the number of tasks.",
                needed=True,
            ),
            Column("high", "Upper end of that interval.", needed=True),
            Column(
                "excludes_zero",
                "1: the interval excludes 0; 0: it does not; NaN: there is none.",
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
            Column("n_seeds", "Seeds that both have."),
            *LEVEL,
            Column("n_tasks", "Tasks that both learn."),
            Column(
                "share_below",
                "Share of tasks below the baseline, seed against the same seed, averaged over seeds; 0 to 1.",
                needed=True,
            ),
            Column("share_up", "Share of tasks whose own interval lies above 0."),
            Column("share_down", "Share of tasks whose own interval lies below 0.", needed=True),
            Column(
                "floor_share_below",
                "`share_below` of the baseline against itself with another seed, over all ordered pairs of seeds; NaN "
                "with one seed.",
            ),
            Column("floor_share_up", "`share_up` of the same."),
            Column("floor_share_down", "`share_down` of the same.", needed=True),
            Column("note", "Why a floor is not known; empty where it is.", needed=True),
        ),
        mappable=True,
    ),
    ResultFile(
        "compared_tasks",
        "comparison/tasks.tsv",
        "The sheet's rows with scores and groups of each task; a row a task.",
        (
            Column("task_id", "The task."),
            REGIONS,
            Column("modality", "Its modality."),
            Column("assay", "Its assay."),
            Column("target", "The protein or histone mark; empty where there is none."),
            Column("cell_type", "Cell type, tissue or strain."),
            Column("cell_group", "The group of cell types."),
            Column("control", "The input that peaks are called against; empty where there is none."),
            Column("peak_mode", "`narrow` or `broad`."),
            Column("kind", "How the profile came: `fastq`, `bam` or `peaks`."),
            Column("replicates", "Number of its replicates."),
            *(
                Column(
                    f"{{strategy}}:test_{score}",
                    f"Test {words} by this strategy, mean over seeds.",
                    when=when,
                )
                for score, words, when in (
                    ("f1", "F1", LABELS),
                    ("auprc", "AUPRC", LABELS),
                    ("auroc", "AUROC", LABELS),
                    ("pearson", "Pearson's r", SIGNALS),
                    ("spearman", "Spearman's rho", SIGNALS),
                )
            ),
            Column(
                "group:{grouping}:seed{seed}",
                "Group of the task in this grouping; several are joined by `+`, empty where it takes no part.",
                when="a strategy on groups",
            ),
        ),
        mappable=True,
    ),
    ResultFile(
        "headline",
        "comparison/headline.json",
        "The pairs of `comparison.headline`, and how intervals were made.",
        (
            Column("regions", "Set of evaluation regions."),
            Column(
                "pairs",
                "A pair each: `strategy`, `baseline`, `seeds`, the columns of gains.tsv over all tasks, `matched` "
                "(whether the baseline has random groups of the strategy's sizes), `per_seed`; against a pool also "
                "`members` (each of its strategies), `n_members` and `rank` (1: none of them has a higher mean).",
            ),
            Column("pools", "Pools and their strategies."),
            Column("interval", "How intervals were made, or why they are withheld."),
            Column("interval_withheld", "Why intervals are withheld; null where they are not."),
            Column("block_size", "Length of a block of the bootstrap, bp."),
            Column("n_blocks", "Test blocks."),
            Column("warnings", "What a reader should know first."),
        ),
        mappable=True,
    ),
    ResultFile(
        "costs",
        "comparison/costs.tsv",
        "What each strategy cost to train, alone and with what it needs before it; a row a strategy and seed.",
        (
            Column("strategy", STRATEGY, needed=True),
            Column("seed", "The seed; `all`: mean over the seeds.", needed=True),
            Column("device", "`cpu`, `cuda` or `auto`; `mixed` where its networks differ.", needed=True),
            Column("networks", "Networks that it trains."),
            Column("steps", "Steps of training of all of them."),
            Column(
                "hours",
                "Hours of training and validation, on a CPU times the threads of the job.",
                needed=True,
            ),
            Column("flop", "Floating-point operations of training, with balancing.", needed=True),
            *(
                Column(f"{key}_{unit}", f"{words}: {unit_words}.")
                for key, words in SPENT
                for unit, unit_words in (("hours", "hours"), ("flop", "FLOP"))
            ),
            Column(
                "needs",
                "Strategies that were trained before, theirs too, parted by blanks; `mixed` for a pool whose "
                "strategies differ.",
                needed=True,
            ),
            Column(
                "hours_in_all",
                "Hours of all of these, and of what they needed in their turn, each once; of a choice all its "
                "candidates.",
                needed=True,
            ),
            Column("flop_in_all", "FLOP of the same.", needed=True),
        ),
    ),
    ResultFile(
        "confounders",
        "comparison/confounders.tsv",
        "How far groups follow technique and biology; a row a grouping, seed and property.",
        (
            Column("grouping", "The grouping.", needed=True),
            Column("seed", "Its seed.", needed=True),
            Column("k", "Number of groups."),
            Column(
                "property",
                "`assay`, `depth` (aligned fragments, in terciles), `peaks` (number, in terciles), `modality` or "
                "`cell_group`.",
                needed=True,
            ),
            Column("n_tasks", "Tasks of which the property is known.", needed=True),
            Column("n_values", "Values of the property among them."),
            Column(
                "nmi",
                "Mutual information of groups and property over the mean of both entropies, 0 to 1; NaN for fewer than "
                "10 tasks or where one has a single value.",
                needed=True,
            ),
            Column(
                "ami",
                "The same less what groups of these sizes share by chance: 0 chance, 1 the same.",
                needed=True,
            ),
        ),
    ),
    ResultFile(
        "k",
        "comparison/k.tsv",
        "The number of groups by stability and validation; a row a way of grouping and K. Nothing trains by it.",
        (
            Column("family", "The way of grouping, in words.", needed=True),
            Column("method", "Its method.", needed=True),
            Column("vectors", "What stands for a task; empty for an affinity."),
            Column("k", "Number of groups.", needed=True),
            Column("stability", "Mean over seeds, as in sweep.tsv or measures.json.", needed=True),
            Column("silhouette", "As `stability`."),
            Column("inertia", "As `stability`."),
            Column("label_agreement", "As `stability`."),
            Column("most_stable", "`True`: the most stable K, the least of equals.", needed=True),
            Column("strategy", "The strategy with this K; empty where none was trained.", needed=True),
            Column("seeds", "Its seeds that count, parted by commas.", needed=True),
            Column("n_tasks", "Tasks that all trained K have.", needed=True),
            Column(
                "mean_validation_f1_half",
                "Mean over these tasks of `validation_f1_half`.",
                when=LABELS,
            ),
            Column("mean_validation_pearson", "Mean over these tasks of `validation_pearson`.", when=SIGNALS),
            Column("behind", "How far that mean lies behind the best K's."),
            Column("standard_error", "Standard error over tasks of this paired difference."),
            Column("chosen", "`True`: the K that the rule chooses.", needed=True),
            Column("rule", "`validation, then stability` or `stability alone`.", needed=True),
        ),
        when="groupings that differ in K alone, trained or in the sweep",
    ),
    ResultFile(
        "known_sets",
        "comparison/known_sets.tsv",
        "How often tasks that are known to belong together are in one group; a row a grouping, seed and set.",
        (
            Column("grouping", "The grouping.", needed=True),
            Column("seed", "Its seed.", needed=True),
            Column("k", "Number of groups.", needed=True),
            Column("set", "The set; `all sets`: all together.", needed=True),
            Column("n_tasks", "Tasks of the set that the grouping has.", needed=True),
            Column("n_pairs", "Pairs of these.", needed=True),
            Column("together", "Pairs in one group.", needed=True),
            Column(
                "expected",
                "Mean of these when groups are dealt anew among tasks with about as many peaks.",
                needed=True,
            ),
            Column(
                "p_value",
                "Chance of as many by such deals; not corrected for the number of sets.",
                needed=True,
            ),
        ),
        when="`known_sets`",
    ),
)
