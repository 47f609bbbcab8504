"""Asynchronous successive halving of learning rates, by Optuna.

Each trial starts as soon as the last has ended and is judged, whenever it has `first_rung` validations,
`reduction` times as many, and so on, against all trials that came as far: unless it is among the best
1/`reduction` of them it stops (Li et al., A system for massively parallel hyperparameter tuning, MLSys 2020).
"""

import logging
import math
import random
from collections.abc import Callable

import optuna
from optuna.pruners import SuccessiveHalvingPruner
from optuna.samplers import TPESampler
from optuna.trial import TrialState

from epigroup.search.settings import SearchSettings

logger = logging.getLogger(__name__)

Judge = Callable[[float, int], bool]


def halve(search: SearchSettings, seed: int, run: Callable[[float, Judge], float]) -> None:
    """Try the search's rates, or as many as `trials` of its range, with `run(rate, judge)`.

    `run` calls `judge(lowest loss so far, validations)` after each validation and stops when it says so; it
    returns the lowest loss, inf when the loss was not finite. Listed rates are tried in an order drawn by the
    seed. Of a range, the first half is drawn evenly on a log scale and the rest by the tree-structured Parzen
    estimator from what was found. Everything follows from the seed and the losses.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    listed = list(search.rates or [])
    n_trials, low, high = search.drawn
    study = optuna.create_study(
        direction="minimize",
        sampler=TPESampler(seed=seed, n_startup_trials=max(1, n_trials // 2)),
        pruner=SuccessiveHalvingPruner(min_resource=search.first_rung, reduction_factor=search.reduction),
    )
    for rate in random.Random(seed).sample(listed, len(listed)):
        study.enqueue_trial({"learning_rate": rate})
    for _ in range(n_trials):
        trial = study.ask()
        drawn = trial.suggest_float("learning_rate", low, high, log=True)
        rate = drawn if listed else float(f"{drawn:.4g}")
        stopped = False

        def judge(loss: float, validations: int, trial=trial) -> bool:
            nonlocal stopped
            trial.report(loss, validations)
            stopped = trial.should_prune()
            return stopped

        loss = run(rate, judge)
        if stopped and math.isfinite(loss):
            study.tell(trial, state=TrialState.PRUNED)
        else:
            study.tell(trial, loss)
