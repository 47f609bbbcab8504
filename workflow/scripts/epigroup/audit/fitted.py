"""Everything that a run fits or chooses, on which split, and what shows it."""

from collections.abc import Mapping

from epigroup.audit.contract import FAIL, PASS, Finding

RULES = "no file of test scores or predictions is among what it is made from"
READS = "its job reads the training split alone"


THRESHOLDS = ("F1 threshold of each task", "validation", "recomputed: see the check of thresholds")


def what_is_fitted(facts: Mapping) -> list[dict[str, str]]:
    """Rows what, split, shown: of this run's config.

    facts: regions (of evaluation), called (any profile whose peaks the run calls), positive_weights, sampling
    (whether any strategy has them), searches, choices, overlap (whether there are any), covariance,
    label_correlation, affinities, tables (names of groupings given as tables), clusterings (names), sweep,
    patience_study; targets, "labels" when absent.
    """
    rows = [
        ("weights of the networks", "train", RULES),
        ("when training stops, and which weights are kept", "validation", RULES),
        *([] if facts.get("targets") == "signal" else [THRESHOLDS]),
        ("coding of the sequence", "nothing is fitted", "one-hot"),
    ]
    if facts["called"]:
        rows.append(
            ("peaks called from reads", "whole genome, each profile by itself",
             "makes the labels, test's too, and is no part of a model")
        )  # fmt: skip
    if facts["regions"] == "any_peak":
        rows.append(
            ("which test bins are scored", "labels of these bins",
             "bins without any peak are left out: scores are for such bins alone")
        )  # fmt: skip
    for key, what, split, shown in (
        ("positive_weights", "weights of positives in the loss", "train", READS),
        ("sampling", "sampling of examples by label", "train", READS),
        ("searches", "learning rates", "validation", RULES),
        ("patience_study", "patience that would have been safe", "validation", RULES),
        ("clusterings", "E and the groups on it", "train", RULES),
        ("covariance", "covariance of the hidden features", "train", READS),
        ("label_correlation", "correlation of the tasks' labels", "train", READS),
        ("affinities", "affinities of tasks", "train", RULES),
        ("sweep", "measures by number of groups", "train", RULES),
        ("overlap", "which of its groups serves a task", "validation", RULES),
        ("choices", "which strategy serves a task", "validation", "recomputed: see the check of choices"),
    ):
        if facts[key]:
            rows.append((what, split, shown))
    if facts["tables"]:
        rows.append(
            (
                f"groups given as a table ({', '.join(facts['tables'])})",
                "not known",
                "made outside of this run",
            )
        )
    return [dict(zip(("what", "split", "shown"), row, strict=True)) for row in rows]


def check(inputs: Mapping, cfg: Mapping) -> Finding:
    """List what is fitted. A failure where test reaches what must not see it (`epigroup.audit.flow.leaks`).

    cfg: facts (as `what_is_fitted`), leaks, n_files (decision and model files whose origins were followed).
    """
    rows = what_is_fitted(cfg["facts"])
    reached = {kind: files for kind, files in cfg["leaks"].items() if files}
    by_split = {}
    for row in rows:
        by_split.setdefault(row["split"], []).append(row["what"])
    listed = "; ".join(f"{split}: {', '.join(what)}" for split, what in by_split.items())
    if reached:
        n = sum(map(len, reached.values()))
        path, source = next(iter(next(iter(reached.values())).items()))
        return Finding(
            FAIL,
            f"{n} of {cfg['n_files']} files that must not see test are made from it; {path} from {source}.",
            "Take the test file out of the rule's inputs.",
            {"fitted": rows, "leaks": reached},
        )
    figure = (
        f"Fitted on {listed}. None of {cfg['n_files']} files of models, groups and rates is made from test."
    )
    advice = "Nothing to do."
    if cfg["facts"]["tables"]:
        advice = "Make sure that groups given as a table were not made with test results in sight."
    return Finding(PASS, figure, advice, {"fitted": rows, "leaks": {}})
