"""Affinities of tasks and groups of tasks: what a run leaves of these."""

from epigroup.results.catalogue.conditions import SIMULATION
from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

AFFINITIES = "groupings by an affinity"
SWEEP = "`sweep`"
ARI = "Adjusted Rand index of the groups with {}: 0 by chance, 1 the same"
AGREEMENT = tuple(
    Column(f"ari_{column}", f"{ARI.format(words)}; of overlapping groups each task's first.")
    for column, words in (("modality", "modality"), ("cell_group", "cell group"))
)
CLUSTERED = (
    "a method that clusters: `kmeans`, `ward`, `spectral`, `dbscan`, `ssc`, `consensus`, `sca` or `tag`"
)
WITH_VECTORS = "a method that clusters vectors: `kmeans`, `ward`, `spectral`, `dbscan`, `ssc` or `sca`"
WITH_SILHOUETTE = "a method that clusters vectors, or `consensus`"
WITH_LABELS = "a method that clusters beside the correlation of labels: `vectors: logit_covariance`"
# Figures of a clustering: the name, what it is, where measures.json has it, and where it has no value.
CLUSTERING = (
    (
        "inertia",
        "Sum of squared distances of the tasks' vectors to the means of their groups.",
        WITH_VECTORS,
        (),
    ),
    (
        "silhouette",
        "Mean silhouette of the tasks, -1 to 1: how much nearer a task is to its own group than to the next.",
        WITH_SILHOUETTE,
        ("for one group", "for groups of one task each"),
    ),
    (
        "stability",
        "Mean adjusted Rand index of the groups with those of 20 draws of 80 % of the tasks, each grouped alone; 0 by "
        "chance, 1 the same.",
        CLUSTERED,
        ("for K = 1", "where a draw has no more than K tasks"),
    ),
    (
        "label_agreement",
        "Correlation over pairs of tasks of their similarity with the correlation of their training labels or signals.",
        WITH_LABELS,
        ("where one of the two never changes",),
    ),
)
# Further rows of the sweep without a value.
NOT_MADE = "where the method makes no `k` groups"
NO_LABELS = ("for `vectors: labels`", "in a sweep whose vectors are `raw` or `l2` alone")


def _meaning(about: str, nothing: str, places: tuple[str, ...]) -> str:
    """What a figure is, and where there is none. nothing: how the file writes that."""
    return f"{about} {nothing} {', and '.join(places)}." if places else about


MEASURED = tuple(
    Column(name, _meaning(about, "Null", absent), when=when) for name, about, when, absent in CLUSTERING
)
SWEPT = tuple(
    Column(
        name, _meaning(about, "NaN", (*absent, *(NO_LABELS if name == "label_agreement" else ()), NOT_MADE))
    )
    for name, about, _, absent in CLUSTERING
)

OF_SUBSETS = "the measure `surrogate` or `grad_tag`"
SAMPLED = "the measure `sca`, `surrogate` or `grad_tag`"

GROUPING_FILES = (
    ResultFile(
        "affinity_matrices",
        "affinity/{affinity}/{strategy}/seed{seed}.h5",
        "How well tasks learn together, task against task.",
        (
            Column(
                "distance",
                "float64 (tasks, tasks): row i is task i's distance to the others; 0 for the like.",
                when="the measure `sca`",
            ),
            Column(
                "similarity",
                "float64 (tasks, tasks): row i is task i's effect on the others; the higher the better together.",
                when="a measure other than `sca`",
            ),
            Column(
                "pieces",
                "float32 (pieces, tasks, tasks): the matrix from part of the examples or of the training.",
            ),
            Column("at", "int64 (pieces): number of examples, or step, of each piece."),
            Column("task_id", "The tasks, in the order of the rows."),
        ),
        when=AFFINITIES,
    ),
    ResultFile(
        "affinity_figures",
        "affinity/{affinity}/{strategy}/seed{seed}.json",
        "What was measured of an affinity beside its matrix.",
        (
            Column("affinity", "Name of the affinity."),
            Column("measure", "Measure of the affinity: `sca`, `tag`, `hoa`, `surrogate` or `grad_tag`."),
            Column("strategy", "The strategy whose network it is of."),
            Column("seed", "Seed of the network."),
            Column("kind", "What the matrix holds: `distance` or `similarity`."),
            Column("tasks", "Number of tasks."),
            Column("seconds", "Seconds of the measurement."),
            Column(
                "auc_modality",
                "Chance that a pair of one modality scores higher than another pair; 0.5 tells nothing; null where "
                "all pairs are of one sort.",
            ),
            Column(
                "auc_cell_group",
                "Chance that a pair of one cell group scores higher than another pair; 0.5 tells nothing; null where "
                "all pairs are of one sort.",
            ),
            Column(
                "rate",
                "Length of the step that is looked ahead; of `surrogate` the rate of its steps.",
                when="the measure `sca`, `tag` or `surrogate`",
            ),
            Column("samples", "Number of training examples that were looked at.", when=SAMPLED),
            Column(
                "positives",
                "Number of positives, among these examples, of the task that has the fewest.",
                when=SAMPLED,
            ),
            Column(
                "tasks_without_positives",
                "The tasks without a positive among these examples, of `surrogate` and `grad_tag` in one half of them.",
                when=SAMPLED,
            ),
            Column("subsets", "Number of random subsets of tasks.", when=OF_SUBSETS),
            Column("subset_size", "Number of tasks of a subset.", when=OF_SUBSETS),
            Column(
                "loss_ratio",
                "Loss after learning from a subset over that before, mean over subsets and their tasks.",
                when=OF_SUBSETS,
            ),
            Column(
                "foretold",
                "Share of the losses' variance that the linear fit foretells of subsets left out, mean over tasks; "
                "null where losses do not vary.",
                when=OF_SUBSETS,
            ),
            Column("steps", "Training steps on each subset.", when="the measure `surrogate`"),
            Column("projections", "Number of random directions.", when="the measure `grad_tag`"),
            Column(
                "penalty",
                "Penalty of the regressions, chosen by validation loss, over the mean square of a gradient's length.",
                when="the measure `grad_tag`",
            ),
            Column("observations", "Number of batches that were looked at.", when="the measure `tag`"),
            Column("look_ahead_seconds", "Seconds of looking ahead.", when="the measure `tag`"),
            Column(
                "look_ahead_share",
                "Seconds of looking ahead over the seconds that the training takes without; null where not known.",
                when="the measure `tag` with `network: training`",
            ),
            Column(
                "training_seconds",
                "Seconds of the training, with its validations.",
                when="`network: training`",
            ),
            Column(
                "training_steps",
                "Steps of the training that was repeated.",
                when="the measure `sca` with `network: training`",
            ),
            Column("pilot", "The tasks that were trained in pairs.", when="the measure `hoa`"),
            Column("pairs", "Number of pairs of tasks that were trained.", when="the measure `hoa`"),
            Column(
                "better_in_pairs",
                "Share of ordered pairs in which the task is better than in the network of all.",
                when="the measure `hoa`",
            ),
            Column(
                "trunk_checks",
                "Number of examples (`sca`) or batches (`tag`) on which the whole trunk was compared.",
                when="`trunk_checks` of the affinity",
            ),
            Column(
                "trunk_tasks",
                "Number of tasks over which the whole trunk was compared.",
                when="`trunk_checks` of the affinity",
            ),
            Column(
                "trunk_spearman",
                "Spearman's correlation over pairs of tasks of the last shared layer's affinity with the trunk's.",
                when="`trunk_checks` of the affinity",
            ),
        ),
        when=AFFINITIES,
    ),
    ResultFile(
        "affinity_stability",
        "affinity/stability.tsv",
        "How alike affinities are over parts of the examples or of training, over seeds and over measures; a row a "
        "comparison.",
        (
            Column("compared", "What differs: `samples`, `step`, `seed` or `affinity`.", needed=True),
            Column("affinity", "Name of the affinity.", needed=True),
            Column("strategy", "The strategy whose network it is of.", needed=True),
            Column("seed", "Seed of the network.", needed=True),
            Column(
                "at", "Number of examples, step, seed or name of the affinity that is compared.", needed=True
            ),
            Column(
                "with",
                "What it is compared with: `whole` (all examples, or the whole training), or the seed or name of "
                "another affinity.",
                needed=True,
            ),
            Column(
                "spearman",
                "Spearman's correlation over pairs of tasks; empty where one side never changes.",
                needed=True,
            ),
        ),
        when=AFFINITIES,
    ),
    ResultFile(
        "groups",
        "groupings/{grouping}/seed{seed}/groups.tsv",
        "The groups of tasks; a row a task, of overlapping groups one for each group of a task.",
        (
            Column("task_id", "Name of the task.", needed=True),
            Column("group", "Number of its group, from 0 in the order in which the tasks come.", needed=True),
        ),
    ),
    ResultFile(
        "grouping_measures",
        "groupings/{grouping}/seed{seed}/measures.json",
        "Figures of a grouping.",
        (
            Column("grouping", "Name of the grouping."),
            Column("method", "Method of the grouping."),
            Column("k", "Number of groups."),
            Column("seed", "Seed of the grouping."),
            Column("sizes", "Number of tasks of each group."),
            Column("seconds", "Seconds of the grouping."),
            *AGREEMENT,
            *MEASURED,
            Column(
                "similarity_within",
                "Mean similarity of two tasks of one group; null where no group has two.",
                when=CLUSTERED,
            ),
            Column(
                "similarity_between",
                "Mean similarity of two tasks of different groups; null where there is one group.",
                when=CLUSTERED,
            ),
            Column(
                "members",
                "What stands for each group: the values of the sheet's columns, or the table's names.",
                when="the method `sheet` or `table`",
            ),
            Column(
                "iterations", "Number of iterations of the best start of k-means.", when="the method `kmeans`"
            ),
            Column("eps", "Distance within which tasks are neighbours.", when="the method `dbscan`"),
            Column(
                "eps_quantile",
                "The quantile of the distances of two tasks that `eps` is.",
                when="the method `dbscan`",
            ),
            Column(
                "min_samples",
                "Number of tasks within `eps`, the task itself among them, that make a task the core of a cluster.",
                when="the method `dbscan`",
            ),
            Column(
                "noise",
                "Number of tasks outside every cluster, which joined the nearest group.",
                when="the method `dbscan`",
            ),
            Column("settings_tried", "Number of settings that were tried.", when="the method `dbscan`"),
            Column("settings_with_k", "Number of settings that gave `k` groups.", when="the method `dbscan`"),
            Column(
                "others", "Mean number of other tasks that a task is written with.", when="the method `ssc`"
            ),
            Column(
                "networks", "Number of networks whose groupings are combined.", when="the method `consensus`"
            ),
            Column(
                "network_agreement",
                "Mean adjusted Rand index of two networks' groupings.",
                when="the method `consensus`",
            ),
            Column(
                "total",
                "Sum over tasks of the mean affinity to the others of the task's group; the method seeks the largest.",
                when="the method `tag`",
            ),
            Column(
                "spectral_total",
                "This sum, `total`, of the groups that the spectral start alone came to.",
                when="the method `tag`",
            ),
            Column("starts_at_best", "Number of starts that came to `total`.", when="the method `tag`"),
            Column(
                "neighbours", "Number of nearest tasks that a task is joined to.", when="the method `sca`"
            ),
            Column(
                "rebuilding_error",
                "Mean square error of the rebuilt rows of distances, each feature of mean variance 1.",
                when="the method `sca`",
            ),
            Column("memberships", "Each task's chance of each group.", when="the method `sca`"),
            Column("joined", "Tasks that would have been alone and were joined.", when="the method `sca`"),
            Column("splits", "Number of groups that were split to come to `k`.", when="the method `sca`"),
            Column("tied", "Tasks that could be in another group about as well.", when="the method `sca`"),
        ),
    ),
    ResultFile(
        "sweep",
        "groupings/sweep/seed{seed}/sweep.tsv",
        "Groupings by several methods, forms of vectors and numbers of groups; a row each.",
        (
            Column("method", "Method of the grouping."),
            Column("vectors", "What stands for a task: `raw`, `l2`, `logit_covariance` or `labels`."),
            Column("k", "Number of groups."),
            *SWEPT,
            Column("seconds", "Seconds of the grouping."),
            Column("problem", "Why the method makes no `k` groups; empty where it does."),
            *AGREEMENT,
            Column("ari_planted", f"{ARI.format('the planted groups')}.", when=SIMULATION),
            Column(
                "most_stable",
                "`True`: the K of the highest stability of its method and vectors, the least of equals.",
            ),
        ),
        when=SWEEP,
    ),
)
