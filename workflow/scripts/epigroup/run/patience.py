"""The patience study: its packs and its tables."""

import math

from epigroup.config.patience import count_profiles
from epigroup.run.facts import Run


def packs(run: Run) -> range:
    study = run.config["patience_study"]
    return range(math.ceil(count_profiles(study, run.table) / study["groups_per_pack"]))


def curves(run: Run, strategy: str, seed: int) -> list[str]:
    return run.files("study_curves", [(strategy, seed, pack) for pack in packs(run)])


def studied(run: Run) -> tuple[str, int]:
    """(strategy, seed) of the study; the seed is the first of its strategy's."""
    strategy = run.config["patience_study"]["strategy"]
    return strategy, run.strategy_seeds(strategy)[0]


def decided(run: Run) -> list[str]:
    """The tables that say what a shorter patience would do; none without a study."""
    if "patience_study" not in run.config:
        return []
    return [run.file(key, *studied(run)) for key in ("study", "regret")]


def tables(run: Run) -> dict[str, str | list[str]]:
    """What figures and report read of the study. Empty without a study."""
    if "patience_study" not in run.config:
        return {}
    strategy, seed = studied(run)
    return {
        **{key: run.file(key, strategy, seed) for key in ("study", "regret", "study_groups")},
        "study_curves": curves(run, strategy, seed),
    }
