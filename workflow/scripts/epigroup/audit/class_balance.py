"""How many positives each task has in each split."""

from collections.abc import Mapping

from epigroup.audit.finding import FAIL, NOT_APPLICABLE, PASS, WARN, Finding
from epigroup.dataset.splits import SPLITS
from epigroup.dataset.tasks import read_tasks


def check(inputs: Mapping, cfg: Mapping) -> Finding:
    """Tasks with fewer than min_positives positives in a split.

    inputs: tasks. cfg: min_positives, targets. A warning when any; a failure when half of the tasks or more;
    signals have no classes.
    """
    if cfg["targets"] == "signal":
        return Finding(
            NOT_APPLICABLE, "The targets are signals: there are no classes to balance.", "Nothing to do."
        )
    tasks = read_tasks(inputs["tasks"])
    counts = {name: tasks[f"positives_{name}"].astype(int) for name in SPLITS}
    few = {name: tasks.loc[n < cfg["min_positives"], "task_id"].tolist() for name, n in counts.items()}
    any_few = sorted({task for names in few.values() for task in names})
    verdict = PASS if not any_few else FAIL if len(any_few) >= len(tasks) / 2 else WARN
    share = tasks["share_train"].astype(float)
    spread = ", ".join(
        f"{name} {n.min():,} to {n.max():,} (median {n.median():,.0f})" for name, n in counts.items()
    )
    figure = (
        f"Positives of a task: {spread}; {100 * share.min():.2g} % to {100 * share.max():.2g} % of the training "
        f"examples. Fewer than {cfg['min_positives']}: "
        + ", ".join(f"{len(few[name])} in {name}" for name in SPLITS)
        + f" of {len(tasks)} tasks."
    )
    advice = (
        "Judge by AUPRC and F1 beside the base rate; AUROC looks good whatever the balance."
        if verdict == PASS
        else f"Leave these tasks out of claims, or give their splits more of the genome: {_named(any_few)}."
    )
    return Finding(verdict, figure, advice, {"few": few, "min_positives": cfg["min_positives"]})


def _named(tasks: list[str], most: int = 5) -> str:
    return ", ".join(tasks[:most]) + (f" and {len(tasks) - most} more" if len(tasks) > most else "")
