"""A copy of the library with a stranger's score in it, run by a script of its own."""

import json
import shutil
import subprocess
import sys

from epigroup.core.text_files import sealed
from scored_examples import TASKS, evaluate
from signal_examples import write_predictions

# A stranger's score, of either kind of targets: a function and a record, written into a copy of the library.
STRANGERS = {
    "labels": (
        "label_scores.py",
        '''
def jaccard(task: LabelPredictions) -> float:
    """TP / (TP + FP + FN) at the threshold; 0 to 1; NaN without positives."""
    calls = task.called
    return calls.tp / (calls.tp + calls.fp + calls.fn) if calls.tp + calls.fn else np.nan
''',
        """    Score(
        "jaccard", "Jaccard index", "also", jaccard, threshold=True,
        draws=lambda drawn: drawn.tp / (drawn.tp + drawn.fp + drawn.fn),
    ),
""",
    ),
    "signal": (
        "signal_scores.py",
        '''
def mean_absolute_error(task: SignalPredictions) -> float:
    """Mean of |prediction - target|; 0 and more; NaN without examples."""
    return float(np.abs(task.predicted - task.target).mean()) if len(task.target) else np.nan
''',
        """    Score(
        "mae", "Absolute error", "also", mean_absolute_error, splits=("validation", "test"), higher_is_better=False,
    ),
""",
    ),
}


def planted(folder, targets):
    """Predictions of one strategy and seed, their groups.tsv and dataset.json; what they are scored by."""
    cfg = {
        "tasks": TASKS,
        "regions": "all_mappable",
        "min_validation_positives": 20,
        "interval_draws": 20,
        "seed": 1,
    }
    if targets == "labels":
        evaluate(folder, "ONE", 1, 0.1, TASKS)
        here = folder / "ONE" / "seed1"
    else:
        here = folder
        found = {
            split: write_predictions(here / f"{split}.h5", split, 1.0, 3) for split in ("validation", "test")
        }
        about = {
            "task_ids": TASKS, "dataset_hash": "d" * 64, "signal_transform": "none",
            "n_evaluation": {"all_mappable": {"validation": 400, "test": 400}},
            "positives": {split: labels.sum(axis=0).tolist() for split, (_, labels) in found.items()},
        }  # fmt: skip
        (here / "dataset.json").write_text(json.dumps(sealed(about)))
        (here / "groups.tsv").write_text("task_id\tgroup\n" + "".join(f"{task}\t0\n" for task in TASKS))
    files = [str(here / name) for name in ("validation.h5", "test.h5", "groups.tsv", "dataset.json")]
    return files, cfg


def library_with(targets, folder, repository):
    """A copy of the library in a folder with the stranger's score of these targets: (its place, what was added)."""
    library = folder / "workflow" / "scripts"
    shutil.copytree(repository / "workflow" / "scripts", library)
    name, function, record = STRANGERS[targets]
    path = library / "epigroup" / "evaluation" / name
    before, start, after = path.read_text(encoding="utf-8").partition(
        f"{targets.removesuffix('s').upper()}_SCORES: "
    )
    head, end, rest = after.partition("\n)  # fmt: skip\n")
    assert start and end
    path.write_text(
        f"{before.rstrip()}\n\n{function}\n\n{start}{head}\n{record[:-1]}{end}{rest}", encoding="utf-8"
    )
    return library, function + record


def evaluated(targets, folder, library, script):
    """What a script says that evaluates and compares the planted predictions by a copy of the library; (where
    metrics.tsv is, those of the comparison's tables, what it said)."""
    files, cfg = planted(folder, targets)
    metrics, blocks = str(folder / "metrics.tsv"), str(folder / "blocks.h5")
    tables = ("strategies", "gains", "differences", "transfer", "tasks", "scores", "headline")
    outputs = {one: str(folder / f"compared_{one}") for one in tables}
    compared = {
        "tasks": [{"task_id": task, "modality": "CA", "cell_group": ""} for task in TASKS], "runs": [["ONE", 1]],
        "groupings": [], "headline": [], "matched": [], "pools": {}, "alone": None, "precisions": {},
        "bootstrap": 20, "seed": 1,
    }  # fmt: skip
    asked = json.dumps([targets, files, metrics, blocks, cfg, outputs, compared])
    ran = subprocess.run(
        [sys.executable, "-c", script], input=asked, text=True, capture_output=True, check=False,
        cwd=folder, env={"PYTHONPATH": str(library), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return metrics, outputs, json.loads(ran.stdout)
