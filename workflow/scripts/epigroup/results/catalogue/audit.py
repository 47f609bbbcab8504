"""The audit, and the run beside the paper that it follows: what a run leaves of these."""

from epigroup.results.catalogue.conditions import SEALED, ends
from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

PAPER = "`paper`"
CHECKED = (
    Column("check", "Name of the check."),
    Column("title", "What is checked, in words."),
    Column("verdict", "`pass`, `warn`, `fail` or `not applicable`."),
    Column("figure", "What was measured, in a sentence."),
    Column("advice", "What to do, in a sentence."),
    Column("pitfall", "The pitfall in the list of Whalen et al. 2022 that the check looks for."),
)
BESIDE = (
    Column("paper", "The paper's number; empty where it prints none."),
    Column("ours", "The run's number; `not in this run` where it has none."),
    Column(
        "difference",
        "The run's number less the paper's; `not comparable` where the two are of other profiles, the paper prints no "
        "number or the run has none.",
    ),
)
BY_STRATEGY = (
    Column("strategy", "Name of the strategy of this run."),
    Column("level", "Which tasks: `All`, or those of the modality."),
    Column("n_seeds", "Number of seeds that are averaged."),
    Column("mean_f1", "F1 on the test examples, mean over tasks."),
    *ends("the 95 % interval of the mean test F1", absent="empty where it is withheld"),
    Column(
        "mean_validation_f1_half",
        "F1 on one half of the validation blocks at the threshold of the other half, mean over tasks.",
    ),
)

AUDIT = (
    ResultFile(
        "audit_table",
        "audit/audit.tsv",
        "A verdict for each known way in which scores come to say more than they should; a row a check.",
        CHECKED,
    ),
    ResultFile(
        "audit",
        "audit/audit.json",
        "The audit with the numbers behind it.",
        (
            Column("verdict", "The gravest of the verdicts."),
            Column("source", "Where the pitfalls are listed."),
            Column(
                "findings", "A check each: the columns of audit.tsv, and `details`, the numbers behind it."
            ),
            SEALED,
        ),
    ),
    ResultFile(
        "audit_dataset",
        "audit/dataset.json",
        "What the checks of the data set alone found; audit.json has it too.",
        (
            Column(
                "findings",
                "A check each: the columns of audit.tsv, and `details`, the numbers behind it.",
            ),
            SEALED,
        ),
    ),
    ResultFile(
        "thresholds",
        "audit/thresholds/{strategy}/seed{seed}/thresholds.tsv",
        "Each threshold beside the best on validation, found again from the predictions; a row a task.",
        (
            Column("task_id", "Name of the task."),
            Column("threshold", "The threshold in metrics.tsv."),
            Column("best", "The score with the highest F1 on validation; NaN without positives."),
            Column("validation_f1", "F1 on validation at the threshold."),
            Column("best_validation_f1", "The highest F1 on validation."),
            Column(
                "test_f1",
                "F1 on test at the threshold; NaN where `origin` is `validation` or `few positives`: test is not read.",
            ),
            Column(
                "best_test_f1",
                "The highest F1 on test; NaN where `origin` is `validation` or `few positives`: test is not read.",
            ),
            Column(
                "origin",
                "Where the threshold is from: `validation`, `few positives` (0.5), `test` or `elsewhere`.",
            ),
            Column("regions", "Set of evaluation regions: `any_peak` or `all_mappable`."),
        ),
        when="`dataset.targets: labels`",
        mappable=True,
    ),
)
TABLES = (
    ResultFile(
        "paper_table1",
        "paper/table1.tsv",
        "Table I of the paper: profiles by cell group and kind.",
        (
            Column("cell_group", "The group of cell types; `Total`: all."),
            Column("kind", "`ATAC`, `DNase`, `HM`, `TFB` or `Total`."),
            *BESIDE,
        ),
        when=PAPER,
    ),
    ResultFile(
        "paper_table2",
        "paper/table2.tsv",
        "Table II of the paper: profiles by group.",
        (
            Column("category", "`N`: all; else a kind or a cell group."),
            Column(
                "group",
                "Group of the paper, 1 to 4. Where the profiles are the paper's, the run's groups are dealt to these "
                "so that the counts differ least; else the run's groups stand in their own order.",
            ),
            *BESIDE,
        ),
        when=PAPER,
    ),
    ResultFile(
        "paper_table3",
        "paper/table3.tsv",
        "Table III of the paper: gain of KMTL over the baselines, percent.",
        (
            Column("baseline", "The baseline, under the paper's name."),
            Column("level", "Which tasks: `All`, or those of the modality."),
            *BESIDE,
        ),
        when=PAPER,
    ),
    *(
        ResultFile(
            f"paper_figure6{part}",
            f"paper/figure6{part}.tsv",
            f"Figure 6{part.upper()} of the paper: mean F1 by {words}.",
            (Column("label", "The paper's label: number of groups, algorithm or name."), *BY_STRATEGY),
            when=PAPER,
        )
        for part, words in (("a", "number of groups"), ("b", "clustering algorithm"), ("c", "strategy"))
    ),
    ResultFile(
        "paper_stated",
        "paper/stated.tsv",
        "The numbers of the paper's text beside the run's.",
        (
            Column("section", "Section of the paper."),
            Column("what", "What the number says, in words."),
            Column("paper", "The number as printed."),
            *BESIDE[1:],
        ),
        when=PAPER,
    ),
    ResultFile(
        "paper_figures",
        "paper/figures.tsv",
        "Where the run's counterpart of each numbered table and figure of the paper is.",
        (
            Column("number", "Number of the table or figure in the paper."),
            Column("shows", "What the table or figure shows."),
            Column("ours", "Files of this run below the results folder, or why there is none."),
        ),
        when=PAPER,
    ),
    ResultFile(
        "paper",
        "paper/paper.json",
        "All tables beside the paper's, and what the paper leaves open.",
        (
            Column("paper", "Authors, year and number of the paper that the run is held against."),
            Column("comparable", "Whether the run's profiles have the counts of Table I."),
            *(
                Column(name, f"The rows of {name}.tsv.")
                for name in (
                    "table1",
                    "table2",
                    "table3",
                    "figure6a",
                    "figure6b",
                    "figure6c",
                    "stated",
                    "figures",
                )
            ),
            Column(
                "disagrees",
                "Where the paper disagrees with itself: section, what it says, what is done here.",
            ),
            Column("silent", "Where the paper is silent: section, what is not said, what is done here."),
            Column("checked", "What was looked at in the paper and found to agree with itself."),
            SEALED,
        ),
        when=PAPER,
    ),
)

AUDIT_FILES = (*AUDIT, *TABLES)
