"""Choices among strategies, in words."""

from collections.abc import Mapping


def choice_sentences(config: Mapping) -> list[str]:
    """What each choice of a completed config does."""
    labels = config["dataset"]["targets"] == "labels"
    words = {"best": best_text, "average": average_text}
    return [words[spec["combine"]](name, spec, labels) for name, spec in config["choices"].items()]


def best_text(name: str, spec: Mapping, labels: bool) -> str:
    """A choice of one strategy for each task."""
    best = (
        "F1 on every other block of the validation split, at the threshold of the blocks between"
        if labels
        else "Pearson correlation on the validation split"
    )
    kept = " The task keeps that strategy's threshold." if labels else ""
    return (
        f"{name} trains nothing: for each task it takes the strategy out of {', '.join(spec['among'])} with "
        f"the best {best}; "
        f"with n {'positives' if labels else 'bins with a peak'} there the difference from the mean of the "
        f"candidates is weighted by n / (n + {spec['shrink']:g}) and that of the modality by the rest.{kept}"
    )


def average_text(name: str, spec: Mapping, labels: bool) -> str:
    """A choice that averages; it is of labels always."""
    whose = "the networks of all seeds of " if spec["over_seeds"] else ""
    weights = (
        "the same for all tasks, none below 0, of the least mean cross-entropy on validation, each task's over that of "
        f"its share of positives, over tasks with at least {spec['min_positives']} validation positives"
        if spec["weights"] == "fitted"
        else "all equal"
    )
    return (
        f"{name} trains nothing: it adds up the log-odds of {whose}{', '.join(spec['among'])} with weights "
        f"({weights}), and makes probabilities of the sum by a logistic regression a task on validation. Its own "
        "validation scores come from weights found on the other half of the validation blocks."
    )
