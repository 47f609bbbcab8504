"""What strategies are compared by, as tables and people name it: derived from the records of the scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from epigroup.dataset.dataset import targets_of
from epigroup.evaluation.label_scores import LABEL_SCORES
from epigroup.evaluation.score import Role, Score
from epigroup.evaluation.signal_scores import SIGNAL_SCORES


def validation_column(score: Score) -> str:
    """The column of metrics.tsv that tells of a score before the test split is opened: where it rests on a threshold,
    that of one half of the validation blocks at the threshold of the other half."""
    return f"validation_{score.name}" + ("_half" if score.threshold else "")


@dataclass(frozen=True)
class ScoreNames:
    """Names of the scores of one kind of targets ("labels" or "signal"), from its records."""

    targets: str
    scores: tuple[Score, ...]

    def _of(self, *roles: Role) -> list[Score]:
        return [score for role in roles for score in self.scores if score.role == role]

    @cached_property
    def headline(self) -> Score:
        """The score that strategies are compared by first, higher being better."""
        (found,) = self._of("headline")
        return found

    @cached_property
    def shown(self) -> Mapping[str, str]:
        """Score -> words, of the headline and of those shown beside it."""
        return {score.name: score.words for score in self._of("headline", "shown")}

    @cached_property
    def also(self) -> tuple[str, ...]:
        """Further scores that the table of strategies gives."""
        return tuple(score.name for score in self._of("also"))

    @cached_property
    def averaged(self) -> tuple[Score, ...]:
        """The scores of test of which scores.tsv gives the means, in its order: what tells of the data is last."""
        of_test = [score for score in self.scores if score.averaged and "test" in score.splits]
        return tuple(sorted(of_test, key=lambda score: score.role == "data"))

    @cached_property
    def validation(self) -> tuple[str, ...]:
        """Columns of metrics.tsv of the validation split that a comparison reads, those of the shown scores with an
        interval, in which strategies and baselines are told apart; the headline's is first, `chosen_by`."""
        shown = self._of("headline", "shown")
        return tuple(
            validation_column(score) for score in shown if score.interval and "validation" in score.splits
        )

    @property
    def score(self) -> str:
        """The score that strategies are compared by."""
        return self.headline.name

    @property
    def label(self) -> str:
        """That score in words."""
        return self.headline.words

    @property
    def test(self) -> str:
        """Its column in metrics.tsv."""
        return f"test_{self.score}"

    @property
    def mean(self) -> str:
        """The column of its means over tasks."""
        return f"mean_{self.score}"

    @property
    def chosen_by(self) -> str:
        """The column that a choice between strategies looks at: where the score rests on a threshold, that of one half
        of the validation blocks at the threshold of the other half."""
        return validation_column(self.headline)

    @property
    def counted_by(self) -> str:
        """The column of the positives that this rests on."""
        return "positives_half" if self.headline.threshold else "positives_validation"

    @cached_property
    def metrics(self) -> list[str]:
        """Columns of metrics.tsv of the scores that are shown."""
        return [f"test_{score}" for score in self.shown]

    @cached_property
    def columns(self) -> list[str]:
        """Columns of metrics.tsv that a comparison reads."""
        return [*self.metrics, *(f"test_{score}" for score in self.also), *self.validation]


COUNTS = ("n_test", "positives_test")  # of metrics.tsv

SCORE_NAMES = {
    "labels": ScoreNames("labels", LABEL_SCORES),
    "signal": ScoreNames("signal", SIGNAL_SCORES),
}


def names_of(dataset: Mapping[str, Any]) -> ScoreNames:
    """The scores of a data set, from its dataset.json."""
    return SCORE_NAMES[targets_of(dataset)]
