"""Everything that a run fits or chooses, on which split, and what of it this run has looked at."""

from collections.abc import Mapping

from epigroup.audit.finding import FAIL, NOT_APPLICABLE, PASS, Finding

FOLLOWED = "checked: none of its files is made from test predictions"
UNCHECKED = "by construction, not checked on this run"
AGAIN = "checked: made again from validation, see the check of {}"


def what_is_fitted(facts: Mapping, followed: Mapping[str, int]) -> list[dict[str, str]]:
    """Rows what, split, shown: of this run's config. shown begins with `checked` where this run has looked at
    something, and is UNCHECKED, with the reason, where it has not.

    facts: targets, baselines (names), regions (of evaluation), called (any profile whose peaks the run calls),
    positive_weights, sampling (whether any strategy has them), searches, choices, overlap (whether there are any),
    covariance, label_correlation, affinities, tables (names of groupings given as tables), clusterings (whether E is
    clustered), sweep, patience_study. followed: {kind: files whose origins were followed}, none of them made from test.
    """

    def files(kind: str, reason: str) -> str:
        n = followed.get(kind, 0)
        return f"{FOLLOWED} ({n:,} files); {UNCHECKED}: {reason}" if n else f"{UNCHECKED}: {reason}"

    train, validation = "its job reads the training split", "its job reads the validation split"
    rows = [
        ("weights of the networks", "train", files("networks", train)),
        ("when training stops, and which weights are kept", "validation", files("networks", validation)),
        ("coding of the sequence", "nothing is fitted", f"{UNCHECKED}: one-hot"),
    ]
    if facts["targets"] == "labels":
        rows.append(("F1 threshold of each task", "validation", AGAIN.format("thresholds")))
    if {"gc", "kmer", "kmer_low_rank"} & set(facts["baselines"]):
        rows += [
            (
                "regressions on GC or k-mers, with the scale of their features",
                "train",
                f"{UNCHECKED}: {train}",
            ),
            (
                "penalty, rank and calibration of these regressions",
                "validation (few positives: train)",
                f"{UNCHECKED}: {validation}",
            ),
        ]
    if "mean_label" in facts["baselines"]:
        rows.append(
            ("mean label of the other tasks", "labels of the test bins",
             f"{UNCHECKED}: reads what is to be predicted; stands for reference, marks no task")
        )  # fmt: skip
    if facts["called"]:
        rows.append(
            ("peaks called from reads", "whole genome, each profile by itself",
             f"{UNCHECKED}: makes the labels, test's too, and is no part of a model")
        )  # fmt: skip
    if facts["regions"] == "any_peak":
        rows.append(
            ("which test bins are scored", "labels of these bins",
             f"{UNCHECKED}: bins without any peak are left out; scores are for such bins alone")
        )  # fmt: skip
    for key, what, split, shown in (
        ("positive_weights", "weights of positives in the loss", "train", f"{UNCHECKED}: {train}"),
        ("sampling", "sampling of examples by label", "train", f"{UNCHECKED}: {train}"),
        ("searches", "learning rates", "validation", files("rates", validation)),
        ("patience_study", "patience that would have been safe", "validation", files("patience", validation)),
        ("clusterings", "E and the groups on it", "train", files("groups", "E is the networks' weights")),
        ("covariance", "covariance of the hidden features", "train", f"{UNCHECKED}: {train}"),
        ("label_correlation", "correlation of the tasks' labels", "train", f"{UNCHECKED}: {train}"),
        ("affinities", "affinities of tasks", "train", files("affinities", train)),
        ("sweep", "measures by number of groups", "train", files("sweep", train)),
        ("overlap", "which of its groups serves a task", "validation", files("serving", validation)),
        ("averages", "weights of averaged predictions", "validation", files("weights", validation)),
        ("choices", "which strategy serves a task", "validation", AGAIN.format("choices")),
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
    """List what is fitted. A failure where test reaches what must not see it (`epigroup.audit.flow.leaks`); a pass
    speaks of the files that were followed alone, and names what was not looked at.

    cfg: facts (as `what_is_fitted`), leaks, followed ({kind: decision and model files whose origins were followed}).
    """
    rows, n_files = what_is_fitted(cfg["facts"], cfg["followed"]), sum(cfg["followed"].values())
    reached = {kind: files for kind, files in cfg["leaks"].items() if files}
    if reached:
        n = sum(map(len, reached.values()))
        path, source = next(iter(next(iter(reached.values())).items()))
        return Finding(
            FAIL,
            f"{n} of {n_files:,} files that must not see test are made from it; {path} from {source}.",
            "Take the test file out of the rule's inputs.",
            {"fitted": what_is_fitted(cfg["facts"], {}), "leaks": reached},
        )
    unseen = [row["what"] for row in rows if row["shown"].startswith(UNCHECKED)]
    unknown = [row["what"] for row in rows if row["split"] == "not known"]
    kinds = ", ".join(f"{n:,} of {kind}" for kind, n in cfg["followed"].items() if n)
    figure = (
        f"Checked: none of {n_files:,} files ({kinds}) is made from test predictions, however far up. "
        if n_files
        else "Nothing was followed. "
    )
    figure += (
        f"By construction, not checked on this run: {'; '.join(unseen)}, and which split each job reads."
    )
    figure += f" Not known: {'; '.join(unknown)}." if unknown else ""
    advice = "Nothing to do for what was checked; the rest stands in the code alone."
    if unknown:
        advice += " Make sure that groups given as a table were not made with test results in sight."
    return Finding(PASS if n_files else NOT_APPLICABLE, figure, advice, {"fitted": rows, "leaks": {}})
