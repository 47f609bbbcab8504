"""The numbers behind each figure: one table a figure, drawn as SVG, put in the report and saved beside it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from epigroup.dataset.tasks import with_assay
from epigroup.results.affinities import matrix_table
from epigroup.results.run import DataTables, Results

LONGEST_CURVE = 200


def strategy_scores(results: Results) -> pd.DataFrame:
    """Mean test score by strategy and modality: a row a (strategy, seed, level); n_tasks counts those with a
    score.
    """
    frame = results.strategies[results.strategies["by"].isin(["all", "modality"])].copy()
    frame["seed"] = frame["seed"].astype(str)
    frame["n_tasks"] -= frame["n_nan"]
    frame = in_order(frame, results)
    means = [f"mean_{score}" for score in results.names.shown]
    keep = ["strategy", "seed", "level", "n_tasks", *means, "low", "high"]
    return frame.drop_duplicates(["strategy", "seed", "level"])[[c for c in keep if c in frame]]


def in_order(frame: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Rows by strategy, in the order of `results.strategy_names`; those of a pool are left out."""
    rank = {name: i for i, name in enumerate(results.strategy_names)}
    return (
        frame[frame["strategy"].isin(list(rank))]
        .sort_values("strategy", key=lambda names: names.map(rank), kind="stable")
        .reset_index(drop=True)
    )


def gain_rows(results: Results) -> pd.DataFrame:
    """Gains of the headline's strategy over each baseline, over all seeds, by modality and over all;
    headline order.
    """
    gains = results.gains[
        results.gains["by"].isin(["all", "modality"]) & (results.gains["seed"].astype(str) == "all")
    ]
    pairs = results.headline.get("pairs", [])
    focus = pairs[0]["strategy"] if pairs else None
    chosen = gains[(gains["strategy"] == focus) & gains["baseline"].isin(results.strategy_names)]
    order = [p["baseline"] for p in pairs if p["strategy"] == focus]
    rank = {name: i for i, name in enumerate(dict.fromkeys([*order, *chosen["baseline"]]))}
    return chosen.sort_values("baseline", key=lambda names: names.map(rank), kind="stable").reset_index(
        drop=True
    )


def task_scores(results: Results) -> pd.DataFrame:
    """Mean over seeds of each metric: a row a task, columns `{strategy}:{metric}`; NaN seeds are left out."""
    wide = {}
    for name in results.strategy_names:
        mine = (
            results.metrics[results.metrics["strategy"] == name]
            .groupby("task_id", sort=False)[results.names.metrics]
            .mean()
        )
        for metric in results.names.metrics:
            wide[f"{name}:{metric}"] = mine[metric].reindex(results.tasks.index)
    return pd.DataFrame(wide, index=results.tasks.index)


def pair_points(results: Results, pairs: list[tuple[str, str]]) -> pd.DataFrame:
    """Test score of each task under two strategies, a row a (pair, task); tasks that lack either are out."""
    scores = task_scores(results)
    rows = []
    for x, y in pairs:
        both = scores[[f"{name}:{results.names.test}" for name in (x, y)]].dropna()
        rows.append(
            pd.DataFrame(
                {
                    "x_strategy": x,
                    "y_strategy": y,
                    "task_id": both.index,
                    "modality": results.tasks.loc[both.index, "modality"].to_numpy(),
                    "x": both.iloc[:, 0].to_numpy(),
                    "y": both.iloc[:, 1].to_numpy(),
                }
            )
        )
    columns = ["x_strategy", "y_strategy", "task_id", "modality", "x", "y"]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)


def default_pairs(results: Results) -> list[tuple[str, str]]:
    """Pairs for scatters: the headline's first, then the paper's Figure 7, of the strategies that there
    are.
    """
    names = results.strategy_names
    pairs = [(p["baseline"], p["strategy"]) for p in results.headline.get("pairs", [])[:1]]
    pairs += [("STL", "SMTL"), ("STL", "KMTL"), ("SMTL", "KMTL")]
    kept = [pair for pair in dict.fromkeys(pairs) if pair[0] in names and pair[1] in names]
    if not kept and len(names) > 1:
        kept = [(names[0], names[1])]
    return kept


def default_pair_points(results: Results) -> pd.DataFrame:
    """`pair_points` of the `default_pairs`."""
    return pair_points(results, default_pairs(results))


def principal_components(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First two principal components of E (T, d), centred: scores (T, 2) and shares of the variance (2,).

    Signs are fixed by making each component's largest score in size positive. Fewer than two components
    leave zeros.
    """
    centred = weights - weights.mean(axis=0)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    scores = np.zeros((len(weights), 2))
    share = np.zeros(2)
    n = min(2, len(size))
    scores[:, :n] = left[:, :n] * size[:n]
    if (size**2).sum() > 0:
        share[:n] = size[:n] ** 2 / (size**2).sum()
    biggest = scores[np.abs(scores).argmax(axis=0), [0, 1]]
    return scores * np.where(biggest < 0, -1.0, 1.0), share


def embedding(results: Results, grouping: str | None) -> pd.DataFrame:
    """Principal components of E for each seed: a row a (seed, task), with modality, cell group and group."""
    rows = []
    for seed, weights in sorted(results.heads.items()):
        known = np.isfinite(weights).all(axis=1)
        scores = np.full((len(weights), 2), np.nan)
        scores[known], share = principal_components(weights[known])
        rows.append(
            pd.DataFrame(
                {
                    "seed": seed,
                    "task_id": results.tasks.index,
                    "pc1": scores[:, 0],
                    "pc2": scores[:, 1],
                    "share1": share[0],
                    "share2": share[1],
                    "modality": results.tasks["modality"].to_numpy(),
                    "assay": results.tasks["assay"].to_numpy(),
                    "cell_group": results.tasks["cell_group"].to_numpy(),
                    "group": group_names(results, grouping, seed).to_numpy(),
                }
            )
        )
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def similarity(results: Results, grouping: str | None) -> pd.DataFrame:
    """Cosine of each pair of rows of E, of the first seed: task_id, group (from 1, 0: none), and a column a
    task; tasks by group, then in the order of the sheet. Tasks without a row of E are left out."""
    if not results.heads:
        return pd.DataFrame()
    seed, weights = min(results.heads.items())
    names = group_names(results, grouping, seed)
    number = names.str.removeprefix("Group ").replace("", "0").astype(int).to_numpy()
    known = np.flatnonzero(np.isfinite(weights).all(axis=1))
    order = known[np.argsort(number[known], kind="stable")]
    rows = weights[order]
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(float).tiny)
    tasks = results.tasks.index[order]
    cosine = pd.DataFrame((rows @ rows.T).round(4), columns=tasks)
    return pd.concat([pd.DataFrame({"task_id": tasks, "group": number[order]}), cosine], axis=1)


def algorithms(results: Results, methods: dict[str, str]) -> pd.DataFrame:
    """Validation and test mean score of each strategy on groups (the paper's Figure 6B), by modality: a row a
    (strategy, level). methods: strategy -> how its groups are made, in words."""
    frame = results.strategies[
        results.strategies["by"].isin(["all", "modality"])
        & (results.strategies["seed"].astype(str) == "all")
        & results.strategies["strategy"].isin(list(methods))
    ]
    frame = in_order(frame, results)
    frame.insert(1, "method", frame["strategy"].map(methods))
    means = [f"mean_{results.names.validation[0]}", results.names.mean]
    return frame[["strategy", "method", "level", "n_seeds", *means, "low", "high"]]


def scores_by_k(results: Results, families: Sequence[Mapping]) -> pd.DataFrame:
    """Validation and test mean score by number of groups (the paper's Figure 6A): a row a (family, K, level), of
    families (`k_choice.families`) of which two K or more were trained."""
    overall = results.strategies[
        results.strategies["by"].isin(["all", "modality"]) & (results.strategies["seed"].astype(str) == "all")
    ]
    means = [f"mean_{results.names.validation[0]}", results.names.mean]
    keep = ["level", "n_seeds", *means, "low", "high"]
    tables = [
        overall.loc[overall["strategy"] == name, keep].assign(family=family["family"], strategy=name, k=k)
        for family in families
        for name, _, k in family["strategies"]
        if len(family["strategies"]) > 1
    ]
    columns = ["family", "k", "strategy", *keep]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def gain_against_cost(results: Results, joint: str | None) -> pd.DataFrame:
    """What each strategy gains over the joint network (SMTL) and what it cost in all, a row a strategy; means
    over seeds."""
    if results.costs is None or joint is None:
        return pd.DataFrame()
    gains = results.gains[
        (results.gains["by"] == "all")
        & (results.gains["seed"].astype(str) == "all")
        & (results.gains["baseline"] == joint)
    ]
    costs = results.costs[results.costs["seed"].astype(str) == "all"]
    keep = ["strategy", "device", "hours", "flop", "needs", "hours_in_all", "flop_in_all"]
    found = in_order(costs[keep], results).merge(
        gains[["strategy", "baseline", "n_tasks", "gain_percent", "difference", "low", "high"]],
        on="strategy",
        how="left",
    )
    own = {"baseline": joint, "difference": 0.0, "gain_percent": 0.0, "low": 0.0, "high": 0.0}
    for column, value in own.items():
        found.loc[found["strategy"] == joint, column] = value
    return found[found["difference"].notna()].reset_index(drop=True)


def group_names(results: Results, grouping: str | None, seed: int) -> pd.Series:
    """`Group n` (from 1, as the paper counts) of each task under a grouping; empty where there is none.

    A task in more than one group carries the first of them.
    """
    mine = results.groups[(results.groups["grouping"] == grouping) & (results.groups["seed"] == seed)]
    first = mine.drop_duplicates("task_id").set_index("task_id")["group"].reindex(results.tasks.index)
    return first.map(lambda g: "" if pd.isna(g) else f"Group {int(g) + 1}")


def affinity_matrices(results: Results, grouping: str | None) -> pd.DataFrame:
    """`results.affinities.matrix_table` with the names of groups under a grouping, by seed."""
    groups = {seed: group_names(results, grouping, seed) for seed in results.seeds}
    return matrix_table(results.affinities, groups)


def agreement(results: Results) -> pd.DataFrame:
    """Agreement of each grouping and seed with the planted groups: `Results.agreement`, empty where there is none."""
    return pd.DataFrame() if results.agreement is None else results.agreement


def composition(results: Results, grouping: str | None) -> pd.DataFrame:
    """Tasks by category and group (the paper's Table II), a row a (seed, category, level, group)."""
    rows = []
    for seed in sorted(results.groups.loc[results.groups["grouping"] == grouping, "seed"].unique()):
        mine = results.groups[(results.groups["grouping"] == grouping) & (results.groups["seed"] == seed)]
        joined = mine.join(results.tasks[["modality", "assay", "cell_group"]], on="task_id")
        joined["modality"] = with_assay(joined)
        for category in ("modality", "cell_group"):
            counts = pd.crosstab(joined[category], joined["group"])
            for level, row in counts.iterrows():
                rows += [(int(seed), category, level, int(group), int(n)) for group, n in row.items()]
    return pd.DataFrame(rows, columns=["seed", "category", "level", "group", "n_tasks"])


def examples(results: DataTables) -> pd.DataFrame:
    """Examples by chromosome and split, in the order of dataset.json."""
    splits = ["train", "validation", "test", "dropped_border"]
    rows = [
        {"chromosome": name, "size": facts.get("size"), **{s: int(facts.get(f"n_{s}") or 0) for s in splits}}
        for name, facts in results.dataset["chromosomes"].items()
    ]
    return pd.DataFrame(rows)


def positives(results: DataTables) -> pd.DataFrame:
    """Positives of each task by split, and their share of the training examples (the paper's Figure 4)."""
    columns = ["modality", "cell_group", "positives_train", "positives_validation", "positives_test"]
    frame = results.tasks[columns].copy()
    n_train = max(int(examples(results)["train"].sum()), 1)
    frame["share_train"] = frame["positives_train"] / n_train
    return frame.reset_index(names="task_id")


def trials(results: Results) -> pd.DataFrame:
    """The trials of the searches of learning rates, rates ascending within a group."""
    if results.trials is None:
        return pd.DataFrame()
    return in_order(results.trials.sort_values(["seed", "group", "learning_rate"], kind="stable"), results)


def courses(results: Results) -> pd.DataFrame:
    """The patience study's validation losses by step, with what is known of each profile."""
    if results.course is None or results.study is None:
        return pd.DataFrame()
    about = results.study[["task_id", "modality", "share_train", "best_step", "safe_patience"]]
    return results.course[["task_id", "step", "validation_loss"]].merge(about, on="task_id", sort=False)


def regret(results: Results) -> pd.DataFrame:
    """What each patience loses, a row a (patience, profile): `Results.regret`, empty where there is none."""
    return pd.DataFrame() if results.regret is None else results.regret


def curves(results: Results) -> pd.DataFrame:
    """Loss by step; curves longer than 200 validations are thinned evenly, their lowest point kept."""
    if results.curves.empty:
        return results.curves
    parts = []
    for _, frame in results.curves.groupby(["strategy", "seed", "group"], sort=False):
        frame = frame.sort_values("step")
        if len(frame) > LONGEST_CURVE:
            keep = set(np.linspace(0, len(frame) - 1, LONGEST_CURVE).round().astype(int))
            if frame["validation_loss"].notna().any():
                keep.add(int(np.nanargmin(frame["validation_loss"].to_numpy())))
            frame = frame.iloc[sorted(keep)]
        parts.append(frame)
    return in_order(pd.concat(parts, ignore_index=True), results)


def sweep_lines(results: Results) -> pd.DataFrame:
    """Measures by number of groups: `line`, `k` and the measures. A line a seed where one method on one form
    of task vectors was tried, else a line each of these, its mean over the seeds."""
    if results.sweep is None or results.sweep.empty:
        return pd.DataFrame()
    frame = results.sweep.copy()
    measures = [
        name for name in frame.select_dtypes("number").columns
        if name not in ("k", "seed") and frame[name].notna().any()
    ]  # fmt: skip
    tried = [name for name in ("method", "vectors") if name in frame]
    if not tried or len(frame[tried].drop_duplicates()) == 1:
        frame["line"] = "seed " + frame["seed"].astype(str)
        return frame[["line", "k", *measures]].reset_index(drop=True)
    frame["line"] = frame["method"] + " on " + frame["vectors"].map(named_vectors)
    return frame.groupby(["line", "k"], sort=False)[measures].mean().reset_index()


def named_vectors(vectors: str) -> str:
    """Task vectors as a reader knows them."""
    return {"raw": "head weights", "l2": "head weights of length 1"}.get(vectors, vectors.replace("_", " "))


def most_stable(results: Results) -> list[tuple[str, str]]:
    """(method on vectors, its most stable number of groups by seed in words) of the sweep."""
    if results.sweep is None or "most_stable" not in results.sweep:
        return []
    marked = results.sweep[results.sweep["most_stable"].astype(str) == "True"]
    found = []
    for (method, vectors), rows in marked.groupby(["method", "vectors"], sort=False):
        counts = rows["k"].value_counts().sort_index()
        words = [f"{k} ({n} of {len(rows)} seeds)" if len(counts) > 1 else f"{k}" for k, n in counts.items()]
        found.append((f"{method} on {named_vectors(vectors)}", ", ".join(words)))
    return found
