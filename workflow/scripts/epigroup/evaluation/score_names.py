"""What strategies are compared by: F1 where networks learn labels, Pearson's r where they learn signals."""

from collections.abc import Mapping
from dataclasses import dataclass

from epigroup.dataset.dataset import targets_of


@dataclass(frozen=True)
class ScoreNames:
    """Names of scores as columns of tables have them and as people read them.

    shown: score -> words, the one that strategies are compared by first, higher being better; also: further
    scores that the table of strategies gives; every: all scores and counts of test that metrics.tsv has of a task, of
    which scores.tsv gives the means; validation: columns of metrics.tsv
    of the validation split; chosen_by: the one that a choice between strategies looks at, and counted_by that
    of the positives it rests on.
    """

    targets: str
    shown: Mapping[str, str]
    also: tuple[str, ...]
    validation: tuple[str, ...]
    chosen_by: str
    counted_by: str
    every: tuple[str, ...]

    @property
    def score(self) -> str:
        """The score that strategies are compared by."""
        return next(iter(self.shown))

    @property
    def label(self) -> str:
        """That score in words."""
        return self.shown[self.score]

    @property
    def test(self) -> str:
        """Its column in metrics.tsv."""
        return f"test_{self.score}"

    @property
    def mean(self) -> str:
        """The column of its means over tasks."""
        return f"mean_{self.score}"

    @property
    def metrics(self) -> list[str]:
        """Columns of metrics.tsv of the scores that are shown."""
        return [f"test_{score}" for score in self.shown]

    @property
    def columns(self) -> list[str]:
        """Columns of metrics.tsv that a comparison reads."""
        return [*self.metrics, *(f"test_{score}" for score in self.also), *self.validation]


COUNTS = ("n_test", "positives_test")  # of metrics.tsv

SCORE_NAMES = {
    "labels": ScoreNames(
        "labels", {"f1": "F1", "auprc": "AUPRC", "auroc": "AUROC"}, (),
        ("validation_f1", "validation_auprc"), "validation_f1_half", "positives_half",
        (
            "f1", "f1_at_half", "precision", "recall", "precision_at_half", "recall_at_half", "auprc", "auroc", "brier",
            "calibration_error", "base_rate",
        ),
    ),
    "signal": ScoreNames(
        "signal", {"pearson": "Pearson r", "spearman": "Spearman ρ"}, ("mse", "poisson_deviance"),
        ("validation_pearson", "validation_spearman"), "validation_pearson", "positives_validation",
        ("pearson", "spearman", "mse", "poisson_deviance", "base_rate"),
    ),
}  # fmt: skip


def names_of(dataset: Mapping) -> ScoreNames:
    """The scores of a data set, from its dataset.json."""
    return SCORE_NAMES[targets_of(dataset)]
