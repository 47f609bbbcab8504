"""Whether scores and gains follow depth, FRiP, number of peaks, assay, batch or donor, and not biology."""

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import permutations, product

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from epigroup.audit.finding import NOT_APPLICABLE, PASS, WARN, Finding
from epigroup.audit.properties import BY_PEAKS, NUMBERS, WORDS
from epigroup.comparison.confounders import read_depth
from epigroup.comparison.scores import check_tasks, read_metrics
from epigroup.core.errors import InputError
from epigroup.dataset.tasks import read_tasks
from epigroup.evaluation.score_names import SCORE_NAMES, ScoreNames
from epigroup.quality.tables import read_summary
from epigroup.results.files import gather, many, place
from epigroup.results.run import with_pools

COLLECTED = {"batch": "batches", "donor": "donors"}
LEAST_TASKS = 5
LEAST_EFFECT = 0.3  # |rho|, or the square root of epsilon squared: less is no concern, however sure
ALPHA = 0.05
EXACT = math.factorial(7)  # orders, of tasks within their modality, up to which every one is tried
COLUMNS = ["property", "measure", "kind", "n_tasks", "effect", "p", "q"]


def ranks_within(values: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """float64 (n,): ranks among the values of the same stratum, over its size + 1, less their mean; so that each task
    weighs alike, as in van Elteren's test (1960)."""
    found = np.empty(len(values))
    for stratum in np.unique(strata):
        mine = strata == stratum
        n = int(mine.sum())
        found[mine] = (pd.Series(values[mine]).rank().to_numpy() - (n + 1) / 2) / (n + 1)
    return found


def spearman(
    values: np.ndarray, scores: np.ndarray, strata: np.ndarray, orders: np.ndarray
) -> tuple[float, np.ndarray]:
    """Spearman's rho within strata of `scores` with `values`, and under each of `orders` (D, n) of the values;
    that of all where there is one stratum."""
    a, b = ranks_within(values, strata), ranks_within(scores, strata)
    size = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / size, (a[orders] @ b) / size


def kruskal(
    codes: np.ndarray, scores: np.ndarray, strata: np.ndarray, orders: np.ndarray
) -> tuple[float, np.ndarray]:
    """Epsilon squared, H / (n - 1), of the Kruskal-Wallis statistic over groups `codes`, and of each order; of ranks
    within strata, so that groups that are each a stratum have 0."""
    ranks = ranks_within(scores, strata)
    whole = float(ranks @ ranks)
    sizes = np.bincount(codes)

    def between(shuffled: np.ndarray) -> np.ndarray:
        return sum(shuffled[:, codes == g].sum(axis=1) ** 2 / n for g, n in enumerate(sizes)) / whole

    return float(between(ranks[None])[0]), between(ranks[orders])


def shuffles(strata: np.ndarray, draws: int, seed: int) -> tuple[np.ndarray, bool]:
    """(orders int (D, n) that keep each task within its stratum int (n,), whether they are all that there are)."""
    members = [np.flatnonzero(strata == one) for one in np.unique(strata)]
    if math.prod(math.factorial(len(one)) for one in members) <= EXACT:
        every = product(*(permutations(one) for one in members))
        orders = np.array([np.concatenate(parts) for parts in every])
    else:
        rng = np.random.default_rng(seed)
        at_random = [np.argsort(rng.random((draws, len(one))), axis=1) for one in members]
        orders = np.concatenate([one[order] for one, order in zip(members, at_random, strict=True)], axis=1)
    found = np.empty_like(orders)
    found[:, np.concatenate(members)] = orders
    return found, len(orders) == math.prod(math.factorial(len(one)) for one in members)


def p_value(seen: float, drawn: np.ndarray, exact: bool) -> float:
    """Two-sided chance of an effect as large under permutation; the draws' own order counts once where they are
    a sample (Phipson & Smyth 2010)."""
    as_large = int((np.abs(drawn) >= abs(seen) - 1e-12).sum())
    return as_large / len(drawn) if exact else (as_large + 1) / (len(drawn) + 1)


def measures(names: ScoreNames) -> dict[str, str]:
    """Column and words of what is held against technique: the score that strategies are compared by, the last of
    those shown (AUROC, which the base rate does not move), and the gain in the first."""
    shown = list(names.shown.items())
    found = {f"test_{score}": f"test {words}" for score, words in (shown[0], shown[-1])}
    return found | {"gain": f"gain in test {names.label}"}


def tested_part(points: pd.DataFrame, name: str, measure: str) -> pd.DataFrame:
    """The points of the modalities in which both the property and the measure vary; no rows where these are fewer than
    5 tasks, or of words where no two have two tasks each."""
    known = points[measure].notna()
    known &= points[name].notna() if name in NUMBERS else points[name].astype(str) != ""
    part = points[known]
    varies = part.groupby("modality")[[name, measure]].transform("nunique") > 1
    part = part[varies.all(axis=1)]
    common = (part[name].value_counts() > 1).sum() > 1
    return part if len(part) >= LEAST_TASKS and (name in NUMBERS or common) else part[:0]


def confounder_tests(
    points: pd.DataFrame, of: Iterable[str], draws: int, seed: int, follow: Container[str] = ()
) -> pd.DataFrame:
    """A row a (property, measure) that can be tested: COLUMNS. effect: rho of numbers, epsilon squared of words,
    both within modality: modalities differ in what they measure and by which assay, which is biology as much as
    technique.

    points: a row a task, modality and columns of NUMBERS and WORDS (NaN or empty: not known) and `of`. Tested is what
    `tested_part` leaves. follow: measures that follow the base rate by themselves, and with it what `BY_PEAKS` names,
    with which they are not tested.
    """
    rows = []
    for name in (*NUMBERS, *WORDS):
        for measure in of:
            if name not in points or measure not in points or (name in BY_PEAKS and measure in follow):
                continue
            part = tested_part(points, name, measure)
            if part.empty:
                continue
            strata, _ = pd.factorize(part["modality"])
            orders, exact = shuffles(strata, draws, seed)
            scores = part[measure].to_numpy(float)
            of_numbers = name in NUMBERS
            values = part[name].to_numpy(float) if of_numbers else pd.factorize(part[name])[0]
            seen, drawn = (spearman if of_numbers else kruskal)(values, scores, strata, orders)
            kind, p = "rho" if of_numbers else "epsilon2", p_value(seen, drawn, exact)
            rows.append([name, measure, kind, len(part), seen, p])
    table = pd.DataFrame(rows, columns=COLUMNS[:-1])
    table["q"] = false_discovery_control(table["p"].to_numpy(float), method="bh") if len(table) else []
    return table


def check_learnt(paths: Sequence[str], cfg: Mapping, names: ScoreNames) -> None:
    """InputError unless there are metrics of both strategies of the pair, each of all tasks that it learns."""
    for name in filter(None, cfg["pair"]):
        for member in cfg["pools"].get(name, [name]):
            mine = [path for path in paths if place(path)[0] == member]
            if not mine:
                raise InputError(f"audit: no metrics.tsv of the strategy {member} is given; evaluate it")
            for path in mine:
                check_tasks(read_metrics(path, names.metrics), cfg["learnt"][member], path)


def read_frip(quality: str | None) -> pd.Series:
    """Share of reads in peaks by profile, of those that came as reads, from quality.tsv; empty without one."""
    if not quality:
        return pd.Series(dtype=float)
    summary = read_summary(quality).set_index("profile_id")
    return summary["frip"].astype(float) if "frip" in summary else pd.Series(dtype=float)


def task_points(inputs: Mapping, cfg: Mapping, names: ScoreNames) -> pd.DataFrame:
    """A row a task, in order: task_id, modality, assay, batch, donor, depth (aligned fragments), frip,
    n_peaks, the two
    scores of `measures` of the headline's strategy and gain over its first baseline, means over seeds; NaN for tasks
    that a strategy does not learn. InputError: as `check_learnt`, a task that the sheet lacks."""
    tasks = read_tasks(inputs["tasks"]).set_index("task_id", drop=False)
    check_learnt(many(inputs, "metrics"), cfg, names)
    metrics = gather(many(inputs, "metrics"), "metrics", "strategy", tasks.index, names.metrics)
    metrics = with_pools(metrics, cfg["pools"])
    means = metrics.groupby(["strategy", "task_id"])[names.metrics].mean()
    sheet = pd.DataFrame(cfg["tasks"]).set_index("task_id")
    if lacking := [task for task in tasks.index if task not in sheet.index]:
        raise InputError(
            f"{inputs['tasks']}: task '{lacking[0]}' is not in the sample sheet; describe the tasks again"
        )
    sheet = sheet.reindex(tasks.index)
    points = tasks[["task_id", "modality", "assay"]].copy()
    for name in ("batch", "donor"):
        points[name] = sheet[COLLECTED[name]].map(" + ".join)
    depth = read_depth(many(inputs, "fastp"), many(inputs, "flagstat"))
    points["depth"] = np.nan if depth is None else depth.reindex(tasks.index)
    points["frip"] = read_frip(inputs.get("read_quality")).reindex(tasks.index)
    points["n_peaks"] = tasks["n_peaks"].astype(float)
    strategy, baseline = cfg["pair"]
    for column in (names.metrics[0], names.metrics[-1]):
        points[column] = means.loc[strategy, column].reindex(tasks.index)
    if baseline is not None:
        points["gain"] = points[names.test] - means.loc[baseline, names.test].reindex(tasks.index)
    return points.reset_index(drop=True)


def check(inputs: Mapping, cfg: Mapping) -> Finding:
    """Spearman's rho of depth, FRiP and peaks, and Kruskal-Wallis of assay, batch and donor, with score and gain,
    within modality. Peaks and FRiP, which come with the base rate, are held against AUROC and gain alone where the
    targets are labels: F1 rises with the base rate by itself.

    inputs: tasks, metrics, and fastp, flagstat, read_quality (quality.tsv) where profiles came as reads. cfg: targets,
    pair ([strategy, baseline or None]), pools, learnt ({strategy: ids of the tasks it learns} of those two, or of a
    pool's members), tasks (dicts of task_id, donors, batches), draws, seed. A warning where an effect of at least 0.3
    is found at a false discovery rate of 5 %. A property known of too few tasks is not tested.
    """
    names = SCORE_NAMES[cfg["targets"]]
    words = measures(names)
    points = task_points(inputs, cfg, names)
    follow = {names.test} if names.targets == "labels" else set()
    tests = confounder_tests(points, words, cfg["draws"], cfg["seed"], follow)
    strategy, baseline = cfg["pair"]
    shown = points.astype(object).where(points.notna(), None).to_dict("records")
    details = {
        "strategy": strategy,
        "baseline": baseline,
        "measures": words,
        "tests": tests.to_dict("records"),
        "points": shown,
    }
    lacking = [
        text
        for name, text in (("depth", NUMBERS["depth"]), ("frip", NUMBERS["frip"]), ("batch", "batch"))
        if name not in set(tests["property"])
    ]
    untested = (
        f" Not tested, as too few tasks of a modality are known to differ in it: {', '.join(lacking)}."
        if lacking
        else ""
    )
    if tests.empty:
        return Finding(NOT_APPLICABLE, f"Nothing can be tested.{untested}", "Give more tasks.", details)
    size = np.where(tests["kind"] == "rho", tests["effect"].abs(), np.sqrt(tests["effect"].clip(lower=0)))
    found = tests[(tests["q"] < ALPHA) & (size >= LEAST_EFFECT)]
    if found.empty:
        strongest = tests.loc[int(size.argmax())]
        figure = f"None of {len(tests)} tests within modality finds {strategy} to follow technique"
        figure += f"; strongest: {_said(strongest, words)}.{untested}"
        return Finding(PASS, figure, "Nothing to do.", details)
    said = "; ".join(_said(row, words) for _, row in found.iterrows())
    figure = f"Within modality {strategy} follows: {said}.{untested}"
    advice = "Compare tasks within levels of this property, or sample reads down to one depth and call peaks again."
    if names.targets == "labels" and set(BY_PEAKS) & set(found["property"]):
        advice += (
            " Tasks with more peaks also have more positives to learn from: compare tasks of like numbers."
        )
    return Finding(WARN, figure, advice, details)


def _said(row: pd.Series, words: Mapping[str, str]) -> str:
    sign = "rho" if row["kind"] == "rho" else "epsilon²"
    name = NUMBERS.get(row["property"], row["property"])
    found = f"{sign} {row['effect']:.2f} (q {row['q']:.2g}, {row['n_tasks']} tasks)"
    return f"{words[row['measure']]} with {name}, {found}"
