"""Affinities of tasks and groups of tasks: what a run leaves of these."""

from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

AFFINITIES = "groupings by an affinity"
SWEEP = "`sweep`"
SIMULATION = "`simulation`"
HEADS = "a grouping of the networks' heads, or by an affinity"
ARI = "Adjusted Rand index of the groups with {}: 0 by chance, 1 the same"
AGREEMENT = (
    Column(
        "ari_modality",
        f"{ARI.format('modality')}; of overlapping groups each task's first.",
        when="every task has a modality",
    ),
    Column(
        "ari_cell_group",
        f"{ARI.format('cell group')}; of overlapping groups each task's first.",
        when="every task has a cell group",
    ),
)
CLUSTERING = (
    Column("inertia", "Sum of squared distances of the tasks' vectors to the means of their groups."),
    Column(
        "silhouette",
        "Mean silhouette of the tasks, -1 to 1: how much nearer a task is to its own group than to the next.",
    ),
    Column(
        "stability",
        "Mean adjusted Rand index of the groups with those of 20 draws of 80 % of the tasks, each grouped alone.",
    ),
)
LABEL_AGREEMENT = Column(
    "label_agreement",
    "Correlation over pairs of tasks of their similarity with the correlation of their training labels, or signals; "
    "empty where there are no labels beside what is clustered.",
)

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
                when="the measure `tag` or `hoa`",
            ),
            Column("pieces", "float32 (pieces, tasks, tasks): the same from part of examples or training."),
            Column("at", "int64 (pieces): examples, or step, of each piece."),
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
            Column("measure", "`sca`, `tag` or `hoa`."),
            Column("strategy", "The strategy whose network it is of."),
            Column("seed", "Seed of the network."),
            Column("kind", "`distance` or `similarity`."),
            Column("tasks", "Number of tasks."),
            Column("seconds", "Seconds of the measurement."),
            Column(
                "auc_modality",
                "Chance that a pair of one modality scores higher than another pair; 0.5 tells nothing; null where "
                "all pairs are of one sort.",
                when="every task has a modality",
            ),
            Column(
                "auc_cell_group",
                "The same of pairs of one cell group.",
                when="every task has a cell group",
            ),
            Column("rate", "Length of the step that is looked ahead.", when="the measure `sca` or `tag`"),
            Column("samples", "Training examples that were looked at.", when="the measure `sca`"),
            Column(
                "positives", "Positives among them of the task with the fewest.", when="the measure `sca`"
            ),
            Column(
                "tasks_without_positives",
                "Tasks without a positive among them.",
                when="the measure `sca`",
            ),
            Column("observations", "Batches that were looked at.", when="the measure `tag`"),
            Column("look_ahead_seconds", "Seconds of looking ahead.", when="the measure `tag`"),
            Column(
                "look_ahead_share",
                "These over the seconds that the training takes without; null where not known.",
                when="the measure `tag` with `network: training`",
            ),
            Column(
                "training_seconds",
                "Seconds of the training, with validation.",
                when="`network: training`",
            ),
            Column(
                "training_steps",
                "Steps of the training that was repeated.",
                when="the measure `sca` with `network: training`",
            ),
            Column("pilot", "The tasks that were trained in pairs.", when="the measure `hoa`"),
            Column("pairs", "Number of their pairs.", when="the measure `hoa`"),
            Column(
                "better_in_pairs",
                "Share of ordered pairs in which the task is better than in the network of all.",
                when="the measure `hoa`",
            ),
            Column(
                "trunk_checks",
                "Examples (`sca`) or batches (`tag`) on which the whole trunk was compared.",
                when="`trunk_checks` of the affinity",
            ),
            Column("trunk_tasks", "Tasks that were compared there.", when="`trunk_checks` of the affinity"),
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
            Column("at", "Number of examples, step, seed or name of the one.", needed=True),
            Column("with", "`whole`, or seed or name of the other.", needed=True),
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
            Column("task_id", "The task.", needed=True),
            Column("group", "Number of its group, from 0 in the order in which the tasks come.", needed=True),
        ),
    ),
    ResultFile(
        "grouping_measures",
        "groupings/{grouping}/seed{seed}/measures.json",
        "Figures of a grouping.",
        (
            Column("grouping", "Name of the grouping."),
            Column("method", "Its method."),
            Column("k", "Number of groups."),
            Column("seed", "Seed of the grouping."),
            Column("sizes", "Tasks of each group."),
            Column("seconds", "Seconds of the grouping."),
            *AGREEMENT,
            *(Column(one.name, one.meaning, when=HEADS) for one in (*CLUSTERING, LABEL_AGREEMENT)),
            Column("similarity_within", "Mean similarity of two tasks of one group.", when=HEADS),
            Column("similarity_between", "Mean similarity of two tasks of different groups.", when=HEADS),
            Column(
                "members",
                "What stands for each group: the values of the sheet's columns, or the table's names.",
                when="the method `sheet` or `table`",
            ),
            Column("iterations", "Iterations of the best start.", when="the method `kmeans`"),
            Column("eps", "Distance within which tasks are neighbours.", when="the method `dbscan`"),
            Column(
                "eps_quantile", "The quantile of the tasks' distances that it is.", when="the method `dbscan`"
            ),
            Column("min_samples", "Neighbours that make a cluster.", when="the method `dbscan`"),
            Column("noise", "Tasks that joined the nearest group.", when="the method `dbscan`"),
            Column("settings_tried", "Settings that were tried.", when="the method `dbscan`"),
            Column("settings_with_k", "Settings that gave `k` groups.", when="the method `dbscan`"),
            Column(
                "others", "Mean number of other tasks that a task is written with.", when="the method `ssc`"
            ),
            Column("networks", "Networks whose groupings are combined.", when="the method `consensus`"),
            Column(
                "network_agreement",
                "Mean adjusted Rand index of two networks' groupings.",
                when="the method `consensus`",
            ),
            Column("total", "Sum of mean affinities within groups.", when="the method `tag`"),
            Column("spectral_total", "What the spectral start came to.", when="the method `tag`"),
            Column("starts_at_best", "Starts that came to `total`.", when="the method `tag`"),
            Column("neighbours", "Nearest tasks that a task is joined to.", when="the method `sca`"),
            Column(
                "rebuilding_error",
                "Mean square error of the rebuilt rows of distances, each feature of mean variance 1.",
                when="the method `sca`",
            ),
            Column("memberships", "Each task's chance of each group.", when="the method `sca`"),
            Column("joined", "Tasks that would have been alone and were joined.", when="the method `sca`"),
            Column("splits", "Groups that were split to come to `k`.", when="the method `sca`"),
            Column("tied", "Tasks that could be in another group about as well.", when="the method `sca`"),
        ),
    ),
    ResultFile(
        "sweep",
        "groupings/sweep/seed{seed}/sweep.tsv",
        "Groupings by several methods, forms of vectors and numbers of groups; a row each.",
        (
            Column("method", "Method."),
            Column("vectors", "What stands for a task: `raw`, `l2`, `logit_covariance` or `labels`."),
            Column("k", "Number of groups."),
            *CLUSTERING,
            LABEL_AGREEMENT,
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
