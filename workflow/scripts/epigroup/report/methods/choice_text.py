"""Choices among strategies, in words."""

from collections.abc import Mapping


def choice_sentences(config: Mapping) -> list[str]:
    """What each choice of a completed config does."""
    labels = config["dataset"]["targets"] == "labels"
    words = {"best": best_text, "rescue": rescue_text, "average": average_text}
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


def rescue_text(name: str, spec: Mapping, labels: bool) -> str:
    """A choice that leaves its first strategy only where another is shown to be better; it is of labels always."""
    return (
        f"{name} trains nothing: a task stays with {spec['among'][0]} unless one of {', '.join(spec['among'][1:])} is "
        "shown to fit it better, by the fall in log loss on validation, whose 95 % interval over draws of validation "
        "blocks has to lie above 0; on each half of the blocks that fall is of the candidate that is best on the other "
        "half. The task then takes the candidate of the least validation log loss, with its threshold."
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
