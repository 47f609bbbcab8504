"""Simple predictors of the same bins, which a network should beat before it is believed: one file each."""

from importlib import import_module

from epigroup.core.errors import InputError

# name: (module, whether it predicts from what a network could know, the key of the penalties it is fitted with or "",
# what it is in a few words)
BASELINES = {
    "prior": ("prior", True, "", "share of positives in training, the same for every bin"),
    "gc": ("gc", True, "l2", "logistic regression on GC and CpG of the window"),
    "kmer": (
        "kmer",
        True,
        "ridge",
        "ridge regression on 6-mers near the bin and in the window, on both strands, task by task",
    ),
    "kmer_low_rank": (
        "kmer_low_rank",
        True,
        "ridge",
        "ridge regression on 6-mers near the bin and in the window, on both strands, of low rank over the tasks",
    ),
    "mean_prediction": (
        "mean_prediction",
        True,
        "",
        "mean prediction for the other tasks by the joint network",
    ),
    "mean_label": (
        "mean_label",
        False,
        "",
        "mean label of the other tasks in the very test bin (for reference only)",
    ),
}
# what a network is to beat before gains between networks say much: linear in the counts of short words
RED_LINE = ("kmer", "kmer_low_rank")


def check(name: str) -> None:
    """InputError for a baseline that there is not."""
    if name not in BASELINES:
        raise InputError(f"baselines: '{name}' is none; there are: {', '.join(BASELINES)}")


def is_honest(name: str) -> bool:
    """Whether a baseline knows no more of a test bin than a network does."""
    return BASELINES[name][1]


def words(name: str) -> str:
    """What a baseline is."""
    return BASELINES[name][3]


def penalties(name: str) -> str:
    """The key of the penalties that a baseline is fitted with, on bins drawn of training and validation; "" for one
    that is not fitted."""
    return BASELINES[name][2]


def reads_predictions(name: str) -> bool:
    """Whether a baseline is made from the predictions of a strategy."""
    return name == "mean_prediction"


def load(name: str):
    """The `predictor` function of a baseline; see `judge.judge_baseline` for what it gets and gives."""
    check(name)
    return import_module(f"epigroup.baselines.{BASELINES[name][0]}").predictor
