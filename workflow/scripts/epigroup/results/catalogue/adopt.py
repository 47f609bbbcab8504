"""New profiles beside a finished run: what is left of these."""

from epigroup.results.catalogue.baselines import BASELINE_METRICS
from epigroup.results.catalogue.data import DATA_FILES
from epigroup.results.catalogue.evaluation import EVALUATION_FILES, TASK, label_columns
from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

ADOPT = "`snakemake adopt`"
NEW = Column("task_id", "Name of the new profile.")

CURVE = (
    NEW,
    Column("seed", "The seed."),
    Column("n_positives", "Number of training positives."),
    Column("draw", "Number of the draw, from 0."),
    Column(
        "start", "The strategy whose network it started from; `alone`: a network of its own, from scratch."
    ),
    Column("group", "The group whose network was the start, chosen on these positives; 0 of `alone`."),
    Column("validation_loss", "Validation log loss, nats, on as few positives."),
    Column("test_auprc", "Average precision on all test examples."),
)


def columns_of(files: tuple[ResultFile, ...], key: str) -> tuple[Column, ...]:
    """Those of a file of the run, none of which a reader of the run needs here."""
    [about] = (one for one in files if one.key == key)
    return tuple(Column(one.name, one.meaning, when=one.when) for one in about.columns)


ADOPT_FILES = (
    ResultFile(
        "adopted_dataset",
        "adopt/dataset.json",
        "The examples of the run's tasks and of the new profiles in numbers, as the run's own dataset.json.",
        columns_of(DATA_FILES, "dataset"),
        when=ADOPT,
    ),
    ResultFile(
        "new_peaks",
        "adopt/peaks/index.json",
        "Checksums of the files of the new profiles' standard peaks; a key a file.",
        columns_of(DATA_FILES, "peak_index"),
        when=ADOPT,
    ),
    ResultFile(
        "new_profiles",
        "adopt/profiles.tsv",
        "Examples of each new profile by split, on the first set of evaluation regions; a row a profile and split.",
        (
            NEW,
            Column("split", "`train`, `validation` or `test`."),
            Column("n_examples", "Number of examples of the split."),
            Column("n_positives", "Number of these in which the new profile has a peak."),
            Column("n_added", "Number of these positives that are no examples of the split in the run."),
        ),
        when=ADOPT,
    ),
    ResultFile(
        "adopted",
        "adopt/adopt.tsv",
        "Each new profile under each strategy, and each simple predictor; a row a profile and name.",
        (
            NEW,
            Column(
                "strategy",
                "Name of the strategy whose group it joined, or of a simple predictor (`gc`, `kmer`).",
            ),
            Column("n_seeds", "Number of seeds."),
            Column(
                "groups", "The group that it belongs to with each seed, in their order, parted by commas."
            ),
            Column("n_tasks", "Number of tasks of that group, mean over seeds."),
            Column("validation_loss", "Validation log loss of its network, nats, mean over seeds."),
            Column(
                "gain",
                "By which share that lies below the loss with the network of all tasks as a start; NaN without one.",
            ),
            Column("test_f1", "F1 on the test examples at the threshold of validation, mean over seeds."),
            Column("test_auprc", "Average precision on the test examples, mean over seeds."),
            Column("test_log_loss", "Log loss on the test examples, nats, mean over seeds."),
        ),
        when=ADOPT,
    ),
    ResultFile(
        "few_shot",
        "adopt/few_shot.tsv",
        "How well each new profile is predicted from few of its positives; a row a profile, start and number of "
        "positives. Empty where none are asked.",
        (
            NEW,
            Column(
                "start",
                "The strategy whose network it started from; `alone`: a network of its own, from scratch.",
            ),
            Column("n_positives", "Number of training positives; the last one is all that there are."),
            Column("n_seeds", "Number of seeds."),
            Column("n_draws", "Number of draws of so many positives."),
            Column("test_auprc", "Average precision on the test examples, mean over seeds and draws."),
            Column("above_alone", "By how much that lies above that of `alone` with as many positives."),
        ),
        when=ADOPT,
    ),
    ResultFile(
        "starts",
        "adopt/models/{strategy}/seed{seed}/starts.tsv",
        "Each group of a strategy as a start of each new profile; a row a profile and group.",
        (
            NEW,
            Column("strategy", "Name of the strategy."),
            Column("seed", "The seed."),
            Column("group", "The group."),
            Column("n_tasks", "Number of its tasks."),
            Column("penalty", "Penalty of the new head, by validation."),
            Column("validation_loss", "Validation log loss of the new head on the group's features, nats."),
            Column(
                "chosen", "1: the group that the profile belongs to, of the least validation loss; else 0."
            ),
            Column("trained", "What was trained and kept: `head`, or the whole `network`."),
            Column("trained_loss", "Validation log loss of what was kept, nats."),
        ),
        when=ADOPT,
    ),
    ResultFile(
        "adopted_models",
        "adopt/models/{strategy}/seed{seed}/pack0.safetensors",
        "The networks of the new profiles, each under its place in their sheet, in the form of a strategy's.",
        when=ADOPT,
    ),
    ResultFile(
        "adopted_groups",
        "adopt/models/{strategy}/seed{seed}/groups.tsv",
        "Which network of the file beside it is whose; a row a new profile.",
        (NEW, Column("group", "Number of the network.")),
        when=ADOPT,
    ),
    ResultFile(
        "adopted_metrics",
        "adopt/evaluation/{strategy}/seed{seed}/metrics.tsv",
        "Scores of each new profile by its network, as the metrics.tsv of a strategy; a row a profile.",
        tuple(Column(one.name, one.meaning, when=one.when) for one in label_columns(TASK)),
        when=ADOPT,
    ),
    ResultFile(
        "adopted_points",
        "adopt/evaluation/{strategy}/seed{seed}/points.tsv",
        "Points of each new profile's precision-recall and ROC curves on test.",
        columns_of(EVALUATION_FILES, "points"),
        when=ADOPT,
    ),
    ResultFile(
        "adopted_baselines",
        "adopt/baselines/{baseline}/metrics.tsv",
        "Scores of the run's tasks and the new profiles by a simple predictor of each by itself; a row a profile.",
        tuple(Column(one.name, one.meaning) for one in BASELINE_METRICS),
        when=ADOPT,
    ),
    ResultFile(
        "few_shot_draws",
        "adopt/few_shot/{profile}.seed{seed}.tsv",
        "The curve of a new profile with a seed; a row a number of positives, draw and start.",
        CURVE,
        when=ADOPT,
    ),
)
