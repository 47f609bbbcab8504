"""Tracks imputed from each other: what a run leaves of these."""

from epigroup.imputation.measure_names import MEANINGS
from epigroup.results.catalogue.record import Column, ResultFile

CHANGES_NO_RESULT = ("*",)

IMPUTATION = "the section `imputation`"
TRACK = (
    Column("task_id", "Name of the track, the `profile_id` of the sheet."),
    Column("cell_type", "Its cell type."),
    Column("assay", "Its mark or protein; its assay where the sheet has no target."),
)
MODEL = Column(
    "model",
    "Name of the model; `ensemble` is the mixture of the others, `chosen` in each fold the one that "
    "validation chooses.",
)
CHOICES = (
    Column("model", "Name of the model; the last is the `ensemble` of the others."),
    Column("penalty", "The penalty, or the two, that is chosen; empty where the model has none."),
    Column("error", "Mean squared error over the known tracks, each left out once."),
    Column("share", "Share of the model in the ensemble."),
    Column("chosen", "1 for the model of least error, else 0."),
)
MEASURED = tuple(Column(name, meaning) for name, meaning in MEANINGS.items())

IMPUTATION_FILES = (
    ResultFile(
        "tracks",
        "imputation/tracks.tsv",
        "The tracks, in the order of the tensor's rows.",
        TRACK,
        when=IMPUTATION,
    ),
    ResultFile(
        "track_folds",
        "imputation/folds.tsv",
        "Which tracks each fold holds out; a row a fold and track.",
        (
            TRACK[0],
            Column("fold", "Name of the fold."),
            Column("role", "`train`, `validation` or `test`; models of the fold know the first two."),
        ),
        when=IMPUTATION,
    ),
    ResultFile(
        "track_choices",
        "imputation/folds/{track_fold}/choices.tsv",
        "What the known tracks of a fold choose; a row a model.",
        CHOICES,
        when=IMPUTATION,
    ),
    ResultFile(
        "track_scores",
        "imputation/folds/{track_fold}/scores.tsv",
        "Each test track of a fold beside what each model imputes; a row a track and model. NaN: no "
        "such bins, or nothing "
        "that varies.",
        (
            Column("fold", "Name of the fold."),
            *TRACK,
            Column("model", "Name of the model."),
            Column(
                "n_bins",
                "Bins that are scored: with data of the track and of all tracks that are read for it.",
            ),
            *MEASURED,
        ),
        when=IMPUTATION,
    ),
    ResultFile(
        "imputed_by_track",
        "imputation/by_track.tsv",
        "Each track and model beside the average activity; a row a track and model.",
        (
            *TRACK,
            Column("fold", "The fold that holds it out."),
            MODEL,
            Column("mse", "Mean squared error over its bins."),
            Column("average_mse", "That of the average activity."),
            Column("difference", "`mse` less `average_mse`."),
            Column("relative", "`difference` by `average_mse`."),
            Column(
                "low",
                "Lower end of the 95 % interval of the difference over stretches of the genome, the same draws for all "
                "models; NaN of fewer than ten stretches.",
            ),
            Column("high", "Upper end of it."),
            Column("verdict", "`better`, `worse` or `not shown`, by the interval; empty for the average."),
        ),
        when=IMPUTATION,
    ),
    ResultFile(
        "imputed_by_model",
        "imputation/by_model.tsv",
        "Each model over all test tracks; a row a model.",
        (
            MODEL,
            Column("n_tracks", "Number of tracks."),
            Column("average_mse", "Mean over them of the average activity's mean squared error."),
            Column("relative", "Mean of the model's error by that of the average, less 1."),
            Column(
                "relative_low_cells",
                "Lower end of its 95 % interval, whole cell types drawn; NaN of fewer than three.",
            ),
            Column("relative_high_cells", "Upper end of it."),
            Column(
                "relative_low_assays",
                "Lower end of its 95 % interval, whole assays drawn; NaN of fewer than three.",
            ),
            Column("relative_high_assays", "Upper end of it."),
            Column("share_below", "Share of tracks with a smaller error than the average's."),
            Column("p", "Two-sided paired t-test over tracks against the average."),
            Column(
                "q",
                "p adjusted over models (Benjamini & Hochberg 1995); NaN of `chosen`, which is one of them.",
            ),
            *(Column(one.name, f"Mean over tracks: {one.meaning}") for one in MEASURED),
        ),
        when=IMPUTATION,
    ),
    ResultFile(
        "all_track_choices",
        "imputation/all/choices.tsv",
        "What all tracks choose, for what is written as bigWigs; a row a model.",
        CHOICES,
        when=IMPUTATION,
    ),
)
