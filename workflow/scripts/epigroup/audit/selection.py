"""Whether groups, K, learning rates and strategies were chosen without test."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from epigroup.audit.finding import FAIL, PASS, Finding
from epigroup.comparison.best_of import choice_table
from epigroup.comparison.rescue import rescue_table
from epigroup.core.hdf5 import new_hdf5, open_hdf5
from epigroup.core.tables import read_figures
from epigroup.evaluation.block_losses import LOSS, NUMBER
from epigroup.evaluation.score_names import SCORE_NAMES


def without_test(metrics: str, folder: str, name: str) -> str:
    """A copy of metrics.tsv in `folder` that holds no column of test."""
    table = read_figures(metrics)
    kept = [column for column in table if "test" not in column]
    path = Path(folder) / f"{name}.tsv"
    table[kept].to_csv(path, sep="\t", index=False, na_rep="NaN")
    return str(path)


def validation_alone(blocks: str, folder: str, name: str) -> str:
    """A copy of blocks.h5 in `folder` that holds nothing but the losses of the validation blocks."""
    path = Path(folder) / f"{name}.h5"
    with open_hdf5(blocks) as source, new_hdf5(path) as target:
        for key in (LOSS, NUMBER, "task_id"):
            source.copy(key, target)
    return str(path)


def chosen_again(choice: Mapping, paths: list[str]) -> pd.Series:
    """The strategy of each task, chosen again from files that lack what is of the test.

    choice: combine, candidates, shrink, targets, tasks, bootstrap, bootstrap_seed, as the choice has them; paths: a
    metrics.tsv a candidate, or of a rescue a blocks.h5.
    """
    tasks, candidates = pd.DataFrame(choice["tasks"]), choice["candidates"]
    with tempfile.TemporaryDirectory() as folder:
        if choice["combine"] == "rescue":
            copies = [validation_alone(path, folder, f"{i}") for i, path in enumerate(paths)]
            table = rescue_table(tasks, candidates, copies, choice["bootstrap"], choice["bootstrap_seed"])
        else:
            copies = [without_test(path, folder, f"{i}") for i, path in enumerate(paths)]
            table = choice_table(tasks, candidates, copies, choice["shrink"], SCORE_NAMES[choice["targets"]])
    return table.set_index("task_id")["chosen"]


def check(inputs: Mapping, cfg: Mapping) -> Finding:
    """Follow the origins of every file that holds a decision; make every choice among strategies again without
    the test's columns.

    inputs: candidates (metrics.tsv or blocks.h5, as `chosen_again` takes them, those of one choice after the other),
    chosen (choice.tsv, one a choice). cfg: leaks, readers (rules that take test predictions in), followed (files by
    kind), choices (dicts of name, seed, and what `chosen_again` names; in the order of the inputs).
    """
    paths = list(inputs.get("candidates") or [])
    differing, n_tasks = [], 0
    for choice, made in zip(cfg["choices"], inputs.get("chosen") or [], strict=True):
        mine, paths = paths[: len(choice["candidates"])], paths[len(choice["candidates"]) :]
        again = chosen_again(choice, mine)
        known = read_figures(made).set_index("task_id")["chosen"]
        n_tasks += len(again)
        odd = again.index[again != known.reindex(again.index)]
        differing += [[choice["name"], choice["seed"], task] for task in odd]
    reached = {kind: files for kind, files in cfg["leaks"].items() if files}
    details = {
        "leaks": reached, "readers": cfg["readers"], "choices": [[c["name"], c["seed"]] for c in cfg["choices"]],
        "differing": differing,
    }  # fmt: skip
    if reached or differing:
        what = [f"{kind}: {len(files)} files made from test" for kind, files in reached.items()]
        what += (
            [f"{len(differing)} of {n_tasks} tasks are served otherwise without the test's columns"]
            if differing
            else []
        )
        return Finding(
            FAIL, f"{'; '.join(what)}.", "Choose from validation alone, and make what follows again.", details
        )
    n_files = sum(cfg["followed"].values())
    figure = (
        f"None of {n_files:,} files that hold groups, rates or networks is made from test predictions; the rules "
        f"that take these in come after: {', '.join(cfg['readers']) or 'none'}."
    )
    if cfg["choices"]:
        figure += f" Choices among strategies, made again without any column of test, are the same for {n_tasks} tasks."
    advice = (
        "K stands in the config: choose it by the sweep or by validation figures, never by those of test."
    )
    return Finding(PASS, figure, advice, details)
