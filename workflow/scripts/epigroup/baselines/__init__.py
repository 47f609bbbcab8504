"""Simple predictors of the same bins, which a network should beat before it is believed: one file each."""

from importlib import import_module

from epigroup.core.errors import InputError

# name: (module, whether it predicts from what a network could know, what it is in a few words)
BASELINES = {
    "prior": ("prior", True, "share of positives in training, the same for every bin"),
    "gc": ("gc", True, "logistic regression on GC and CpG of the window"),
    "kmer": ("kmer", True, "logistic regression on counts of 6-mers on both strands"),
    "mean_prediction": ("mean_prediction", True, "mean prediction for the other tasks by the joint network"),
    "mean_label": (
        "mean_label",
        False,
        "mean label of the other tasks in the very test bin (for reference only)",
    ),
}


def check(name: str) -> None:
    """InputError for a baseline that there is not."""
    if name not in BASELINES:
        raise InputError(f"baselines: '{name}' is none; there are: {', '.join(BASELINES)}")


def is_honest(name: str) -> bool:
    """Whether a baseline knows no more of a test bin than a network does."""
    return BASELINES[name][1]


def words(name: str) -> str:
    """What a baseline is."""
    return BASELINES[name][2]


def reads_predictions(name: str) -> bool:
    """Whether a baseline is made from the predictions of a strategy."""
    return name == "mean_prediction"


def load(name: str):
    """The `predictor` function of a baseline; see `judge.judge_baseline` for what it gets and gives."""
    check(name)
    return import_module(f"epigroup.baselines.{BASELINES[name][0]}").predictor
