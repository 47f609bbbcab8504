"""The patience study: its packs and its tables."""

import math

from epigroup.config.patience import count_profiles
from epigroup.run.facts import Run


def packs(run: Run) -> range:
    study = run.config["patience_study"]
    return range(math.ceil(count_profiles(study, run.table) / study["groups_per_pack"]))


def curves(run: Run, strategy: str, seed: int) -> list[str]:
    return [run.path("patience", strategy, f"seed{seed}", f"pack{pack}.curves.tsv") for pack in packs(run)]


def folder(run: Run) -> str:
    """The folder of the study, whose seed is the first of its strategy's."""
    strategy = run.config["patience_study"]["strategy"]
    return run.path("patience", strategy, f"seed{run.strategy_seeds(strategy)[0]}")


def decided(run: Run) -> list[str]:
    """The tables that say what a shorter patience would do; none without a study."""
    if "patience_study" not in run.config:
        return []
    return [f"{folder(run)}/{name}.tsv" for name in ("study", "regret")]


def tables(run: Run) -> dict[str, str | list[str]]:
    """What figures and report read of the study. Empty without a study."""
    if "patience_study" not in run.config:
        return {}
    strategy = run.config["patience_study"]["strategy"]
    study, regret = decided(run)
    return {
        "study": study,
        "regret": regret,
        "study_groups": f"{folder(run)}/groups.tsv",
        "study_curves": curves(run, strategy, run.strategy_seeds(strategy)[0]),
    }
