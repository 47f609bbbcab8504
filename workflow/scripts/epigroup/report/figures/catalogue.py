"""Every figure of a run, a record each: a new figure is one more, and its two functions.

A record names these functions, which are imported only where the figure is drawn. Order: that of the lists of figures.
"""

from epigroup.report.figures.record import Figure

FIGURES: tuple[Figure, ...] = (
    Figure(
        name="strategies",
        category="Strategies",
        title="Strategies by modality",
        caption=(
            "Mean test score (F1; of signals Pearson's r) by strategy and event modality (compare Shiri "
            "& Sun 2022, Figure 6C). Bars: 95 % interval of the paired block bootstrap; open points: "
            "single seeds. Tasks without test positives (of signals: whose signal never changes) have no "
            "score and are left out; in brackets the tasks that have one."
        ),
        numbers="epigroup.report.figures.numbers:strategy_scores",
        drawer="epigroup.report.figures.scores:draw_strategies",
        of_scores=True,
    ),
    Figure(
        name="gains",
        category="Strategies",
        title="Gains over baselines",
        caption=(
            "Difference of mean test score (F1; of signals Pearson's r) between the strategy of the "
            "headline and each baseline, by event modality, with its 95 % interval. The percentage is "
            "the ratio of mean scores less one, as in Shiri & Sun 2022, Table III."
        ),
        numbers="epigroup.report.figures.numbers:gain_rows",
        drawer="epigroup.report.figures.scores:draw_gains",
        of_scores=True,
        needs=lambda has: has.headline,
        still="gains over the baselines by event modality",
    ),
    Figure(
        name="pairs",
        category="Strategies",
        title="Strategies task by task",
        caption=(
            "Test score (F1; of signals Pearson's r) of each task under two strategies, means over seeds "
            "(compare Shiri & Sun 2022, Figure 7). A point is a profile; above the line the upper "
            "strategy is better."
        ),
        numbers="epigroup.report.figures.numbers:default_pair_points",
        drawer="epigroup.report.figures.scores:draw_pairs",
        of_scores=True,
        needs=lambda has: len(has.strategies) > 1,
    ),
    Figure(
        name="cost",
        category="Strategies",
        title="Gain against cost",
        caption=(
            "What each strategy gains in mean test score (F1; of signals Pearson's r) over the one "
            "network of all tasks, with its 95 % interval, against the FLOP of all training that it "
            "needs: its own, and that of the network whose heads were clustered. A choice needs all its "
            "candidates."
        ),
        numbers="epigroup.report.figures.numbers:gain_against_cost",
        drawer="epigroup.report.figures.comparison:draw_cost",
        told=("joint",),
        of_scores=True,
        needs=lambda has: bool(has.shown.joint),
        still="gain against cost",
    ),
    Figure(
        name="strata",
        category="Strategies",
        title="Scores by stratum",
        caption=(
            "Mean AUROC and mean AUPRC less the base rate of the test bins by stratum and strategy, over "
            "tasks and seeds (compare Kathail et al. 2024, Figure S2); the open first points are over "
            "all regions. Strata differ in their base rate: F1 and AUPRC themselves cannot be compared "
            "across them."
        ),
        numbers="epigroup.report.figures.strata_tables:stratum_scores",
        drawer="epigroup.report.figures.strata:draw_strata",
        needs=lambda has: "strata" in has.sections,
        still="scores by stratum",
    ),
    Figure(
        name="over_correlation",
        category="Strategies",
        title="Correlation between tasks by stratum",
        caption=(
            "Mean Pearson correlation between two tasks of one modality by stratum, of the predictions "
            "of each strategy and (broken line) of the labels (compare Kathail et al. 2024, Figure 4B). "
            "Labels are 0 or 1, whose correlation is lower than that of the chances behind them."
        ),
        numbers="epigroup.report.figures.strata_tables:over_correlation",
        drawer="epigroup.report.figures.strata:draw_over_correlation",
        needs=lambda has: "strata" in has.sections,
        still="correlation between tasks by stratum",
    ),
    Figure(
        name="algorithms",
        category="Groups",
        title="Ways of grouping",
        caption=(
            "Mean score (F1; of signals Pearson's r) of every strategy on groups, by event modality "
            "(compare Shiri & Sun 2022, Figure 6B): filled on test with its 95 % interval, open on "
            "validation."
        ),
        numbers="epigroup.report.figures.numbers:algorithms",
        drawer="epigroup.report.figures.comparison:draw_algorithms",
        told=("methods",),
        of_scores=True,
        needs=lambda has: bool(has.shown.methods),
        still="ways of grouping side by side",
    ),
    Figure(
        name="by_k",
        category="Groups",
        title="Scores by number of groups",
        caption=(
            "Mean score (F1; of signals Pearson's r) by number of groups K and event modality (compare "
            "Shiri & Sun 2022, Figure 6A): filled on test with its 95 % interval, open on validation. K "
            "is chosen by validation and stability."
        ),
        numbers="epigroup.report.figures.numbers:scores_by_k",
        drawer="epigroup.report.figures.comparison:draw_by_k",
        told=("families",),
        of_scores=True,
        needs=lambda has: has.several_k,
    ),
    Figure(
        name="affinities",
        category="Groups",
        title="Affinities",
        caption=(
            "Affinities of the first seed, task against task, tasks by group, lines between groups; the "
            "darker the better together. The diagonal is left out."
        ),
        numbers="epigroup.report.figures.numbers:affinity_matrices",
        drawer="epigroup.report.figures.affinities:draw_affinities",
        told=("grouping",),
        needs=lambda has: bool(has.affinities),
    ),
    Figure(
        name="similarity",
        category="Groups",
        title="Similarity of the head weights",
        caption=(
            "Cosine of the head weights of each pair of tasks in the network of all tasks, first seed; "
            "tasks by group, lines between groups."
        ),
        numbers="epigroup.report.figures.numbers:similarity",
        drawer="epigroup.report.figures.comparison:draw_similarity",
        told=("grouping",),
        needs=lambda has: has.heads,
        still="similarity of the head weights",
    ),
    Figure(
        name="embedding",
        category="Groups",
        title="Principal components of the head weights",
        caption=(
            "Every task in the plane of the first two principal components of E, the head weights of the "
            "network trained on all tasks, coloured by event modality, cell group and task group "
            "(compare Shiri & Sun 2022, Figure 5). A row a seed."
        ),
        numbers="epigroup.report.figures.numbers:embedding",
        drawer="epigroup.report.figures.data:draw_embedding",
        told=("grouping",),
        needs=lambda has: has.heads,
    ),
    Figure(
        name="composition",
        category="Groups",
        title="Composition of the groups",
        caption=(
            "Tasks by event modality and cell group in each task group, first seed (compare Shiri & Sun "
            "2022, Table II)."
        ),
        numbers="epigroup.report.figures.numbers:composition",
        drawer="epigroup.report.figures.data:draw_composition",
        told=("grouping",),
        needs=lambda has: bool(has.shown.grouping),
    ),
    Figure(
        name="sweep",
        category="Groups",
        title="Measures by number of groups",
        caption=(
            "Measures of the clustering of the head weights by number of groups K; a line a seed. No "
            "test figure enters them."
        ),
        numbers="epigroup.report.figures.numbers:sweep_lines",
        drawer="epigroup.report.figures.scores:draw_sweep",
        needs=lambda has: "sweep" in has.sections,
    ),
    Figure(
        name="planted",
        category="Groups",
        title="Agreement with the planted groups",
        caption=(
            "Adjusted Rand index of each grouping with the groups planted in the simulated data; a point "
            "a seed. A planted demo shows that the machinery works, never that the method does."
        ),
        numbers="epigroup.report.figures.numbers:agreement",
        drawer="epigroup.report.figures.data:draw_planted",
        needs=lambda has: "simulation" in has.sections,
        still="agreement with the planted groups",
    ),
    Figure(
        name="technique",
        category="Audit",
        title="Scores against technique",
        caption=(
            "Score of the headline's strategy, and its gain, task by task against what is known of "
            "technique: aligned fragments (a pair is one), FRiP, number of peaks, assay, batch, donor. "
            "Spearman's rho or, for words, epsilon squared of Kruskal-Wallis, both of ranks within "
            "modality; q: permutation test within modality, Benjamini-Hochberg over all panels."
        ),
        numbers="epigroup.report.figures.audit:technique_points",
        drawer="epigroup.report.figures.audit:draw_technique",
        still="scores against technique, task by task",
    ),
    Figure(
        name="curves",
        category="Training",
        title="Validation loss",
        caption=(
            "Validation loss by training step, a line a group and seed; a dot where it was lowest, which "
            "is where the weights were taken (compare Shiri & Sun 2022, Figure 3)."
        ),
        numbers="epigroup.report.figures.numbers:curves",
        drawer="epigroup.report.figures.scores:draw_curves",
    ),
    Figure(
        name="search",
        category="Training",
        title="Validation loss by learning rate",
        caption=(
            "Lowest validation loss of each trial by learning rate, a line a group and seed; a dot where "
            "it won. Of a search on a sample of tasks the line is the mean over them. A cross is a trial "
            "whose loss was not finite."
        ),
        numbers="epigroup.report.figures.numbers:trials",
        drawer="epigroup.report.figures.trials:draw_search",
        needs=lambda has: bool(has.searched),
        still="validation loss by learning rate",
    ),
    Figure(
        name="patience",
        category="Training",
        title="Full-length trainings",
        caption=(
            "Validation loss of single profiles trained for their full course; a dot where it was "
            "lowest. The legend gives each profile's share of positive training examples and the "
            "patience that would have been safe (compare Shiri & Sun 2022, Figure 3)."
        ),
        numbers="epigroup.report.figures.numbers:courses",
        drawer="epigroup.report.figures.trials:draw_patience",
        needs=lambda has: "patience_study" in has.sections,
        still="the full-length trainings",
    ),
    Figure(
        name="regret",
        category="Training",
        title="What a shorter patience loses",
        caption=(
            "What early stopping with a shorter patience would have lost in validation loss, and the "
            "share of the steps it would have trained, over the profiles of the patience study."
        ),
        numbers="epigroup.report.figures.numbers:regret",
        drawer="epigroup.report.figures.trials:draw_regret",
        needs=lambda has: "patience_study" in has.sections,
        still="what a shorter patience loses",
    ),
    Figure(
        name="examples",
        category="Data",
        title="Examples by chromosome and split",
        caption=(
            "Examples (bins) by chromosome and split. Left out at a border: bins whose window crosses "
            "from one split into another."
        ),
        numbers="epigroup.report.figures.numbers:examples",
        drawer="epigroup.report.figures.data:draw_examples",
        of_data=True,
    ),
    Figure(
        name="positives",
        category="Data",
        title="Share of positives",
        caption=(
            "Share of positive training examples of each task, in falling order (compare Shiri & Sun "
            "2022, Figure 4)."
        ),
        numbers="epigroup.report.figures.numbers:positives",
        drawer="epigroup.report.figures.data:draw_positives",
        of_data=True,
    ),
)
