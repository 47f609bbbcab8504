"""All strategies and seeds held against each other: means, gains as the paper's Table III, paired bootstrap
intervals."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from epigroup.comparison.differences import difference_table
from epigroup.comparison.means import score_means
from epigroup.comparison.scores import Results, shared_seeds
from epigroup.comparison.transfer import transfer_table
from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.settings import read_settings
from epigroup.dataset.groups import read_groups
from epigroup.evaluation.bootstrap import mean_known, percentile_interval
from epigroup.training.precision import check_compared_precisions

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gain:
    """What a strategy gains over a baseline on the tasks both learn and the seeds both have; one row of
    gains.tsv. mean, baseline_mean: of the score, whose name the table adds (`mean_f1`)."""

    n_tasks: int
    n_nan: int
    mean: float
    baseline_mean: float
    gain_percent: float
    mean_of_ratios_percent: float
    n_ratios: int
    difference: float
    low: float
    high: float
    share_below: float
    n_intervals: int
    n_up: int
    n_down: int

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside the interval; False when that is withheld."""
        return bool(self.low > 0 or self.high < 0)

    def row(self, score: str) -> dict:
        """The fields as columns of a table of this score."""
        return {_named(key, score): value for key, value in vars(self).items()}


def _named(field: str, score: str) -> str:
    return f"{field}_{score}" if field.endswith("mean") else field


def find_gain(results: Results, strategy: str, baseline: str, seeds: list[int], mask: np.ndarray) -> Gain:
    """Gain over tasks of `mask`, the score (F1, or Pearson's r) of a task being its mean over `seeds`.

    gain_percent: 100 (ratio of mean scores - 1), as Shiri & Sun 2022, Table III. mean_of_ratios_percent: mean
    of each task's ratio, tasks whose baseline score is not above 0 left out (`n_ratios` are in). difference,
    low, high: of mean scores, with the 95 % interval of the paired block bootstrap, the same draws for both, averaged
    over seeds within a draw. share_below: share of tasks under the baseline. n_intervals: tasks with an
    interval of their own; n_up, n_down: those whose interval lies above and below 0.
    """
    mask = mask & results.covers[strategy] & results.covers[baseline]
    mine, theirs = (results.score(name, seeds, results.names.test)[mask] for name in (strategy, baseline))
    known = ~np.isnan(mine) & ~np.isnan(theirs)
    mine, theirs = mine[known], theirs[known]
    ours, base = (float(mean_known(values)) for values in (mine, theirs))
    ratios = mine[theirs > 0] / theirs[theirs > 0]
    drawn = [results.mean_draws(strategy, s, mask) - results.mean_draws(baseline, s, mask) for s in seeds]
    low, high = percentile_interval(np.mean(drawn, axis=0)) if drawn else (np.nan, np.nan)
    lows, highs = (ends[mask] for ends in results.task_intervals(strategy, baseline, seeds))
    return Gain(
        n_tasks=int(mask.sum()),
        n_nan=int((~known).sum()),
        mean=ours,
        baseline_mean=base,
        gain_percent=100 * (ours / base - 1) if base > 0 else np.nan,
        mean_of_ratios_percent=100 * (float(ratios.mean()) - 1) if len(ratios) else np.nan,
        n_ratios=len(ratios),
        difference=ours - base,
        low=low,
        high=high,
        share_below=float((mine < theirs).mean()) if len(mine) else np.nan,
        n_intervals=int((~np.isnan(lows)).sum()),
        n_up=int((lows > 0).sum()),
        n_down=int((highs < 0).sum()),
    )


def strategy_table(results: Results) -> pd.DataFrame:
    """strategies.tsv: a row a (strategy or pool, seed, level); seed `all` averages over the strategy's seeds,
    within a draw too."""
    rows = []
    names = results.names
    for strategy in results.strategies:
        seeds = results.seeds[strategy]
        for chosen, name in [(seeds, "all")] + [([seed], str(seed)) for seed in seeds]:
            for by, level, of_level in results.levels():
                mask = of_level & results.covers[strategy]
                if not mask.any():
                    continue
                means = {s: results.score(strategy, chosen, s)[mask] for s in names.columns}
                low, high = percentile_interval(
                    np.mean([results.mean_draws(strategy, seed, mask) for seed in chosen], axis=0)
                )
                rows.append(
                    {
                        "strategy": strategy,
                        "seed": name,
                        "n_seeds": len(chosen),
                        "by": by,
                        "level": level,
                        "n_tasks": int(mask.sum()),
                        "n_nan": int(np.isnan(means[names.test]).sum()),
                        names.mean: float(mean_known(means[names.test])),
                        "low": low,
                        "high": high,
                        **{
                            f"mean_{score}": float(mean_known(means[f"test_{score}"]))
                            for score in (*list(names.shown)[1:], *names.also)
                        },
                        f"mean_{names.validation[0]}": float(mean_known(means[names.validation[0]])),
                    }
                )
    return pd.DataFrame(rows)


def gain_table(results: Results) -> pd.DataFrame:
    """gains.tsv: every strategy against every other, by level; over the shared seeds (`all`, first) and
    each seed apart."""
    rows = []
    for strategy in results.strategies:
        for baseline in results.strategies:
            seeds = shared_seeds(results, strategy, baseline)
            if strategy == baseline or not seeds:
                continue
            apart = [([seed], str(seed)) for seed in seeds]
            for chosen, name in [(seeds, "all"), *apart]:
                for by, level, mask in results.levels():
                    gain = find_gain(results, strategy, baseline, chosen, mask)
                    if gain.n_tasks:
                        head = {
                            "strategy": strategy,
                            "baseline": baseline,
                            "seed": name,
                            "n_seeds": len(chosen),
                        }
                        rows.append(
                            head
                            | {"by": by, "level": level}
                            | gain.row(results.names.score)
                            | {"excludes_zero": int(gain.excludes_zero)}
                        )
    columns = ["strategy", "baseline", "seed", "n_seeds", "by", "level"]
    columns += [_named(field, results.names.score) for field in Gain.__dataclass_fields__]
    return pd.DataFrame(rows, columns=[*columns, "excludes_zero"])


def headline(
    results: Results, pairs: Sequence[Sequence[str]], matched: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """headline.json: the pairs in the order of config, each over all its tasks, its seeds together and apart.

    matched: pairs whose baseline has random groups of the strategy's sizes. InputError: a pair without a
    common seed or task.
    """
    everything = np.ones(len(results.task_ids), bool)
    names = results.names
    found = []
    for strategy, baseline in pairs:
        seeds = shared_seeds(results, strategy, baseline)
        if not seeds:
            raise InputError(
                f"comparison.headline: {strategy} (seeds {results.seeds[strategy]}) and {baseline}"
                f" (seeds {results.seeds[baseline]}) share no seed"
            )
        gain = find_gain(results, strategy, baseline, seeds, everything)
        if gain.n_tasks == 0:
            raise InputError(f"comparison.headline: {strategy} and {baseline} share no task")
        entry: dict[str, Any] = {"strategy": strategy, "baseline": baseline, "seeds": seeds}
        entry["n_seeds"] = len(seeds)
        entry |= gain.row(names.score) | {
            "excludes_zero": gain.excludes_zero,
            "matched": (strategy, baseline) in [tuple(pair) for pair in matched],
        }
        if baseline in results.pools:
            entry |= rank_among(results, strategy, baseline, seeds, everything)
        entry["per_seed"] = []
        for seed in seeds:
            one = find_gain(results, strategy, baseline, [seed], everything)
            entry["per_seed"].append(
                {"seed": seed} | one.row(names.score) | {"excludes_zero": one.excludes_zero}
            )
        found.append(entry)
        log.info(
            "%s against %s on %s bins: mean %s %.4f and %.4f, difference %+.4f [%.4f, %.4f], %+.2f %%;"
            " %d tasks, %d seeds",
            strategy,
            baseline,
            results.regions,
            names.label,
            gain.mean,
            gain.baseline_mean,
            gain.difference,
            gain.low,
            gain.high,
            gain.gain_percent,
            gain.n_tasks,
            len(seeds),
        )
    said = (
        f"95 % of {results.n_draws:,} draws of {results.n_blocks} test blocks of"
        f" {results.block_size:,} bp, the same for every"
        " strategy; seeds are averaged within a draw, not drawn"
    )
    return {
        "regions": results.regions,
        "pairs": found,
        "pools": results.pools,
        "interval": f"withheld: {results.withheld}" if results.withheld else said,
        "interval_withheld": results.withheld,
        "block_size": results.block_size,
        "n_blocks": results.n_blocks,
        "warnings": [f"Intervals are withheld: {results.withheld}."] if results.withheld else [],
    }


def rank_among(results: Results, strategy: str, pool: str, seeds: list[int], mask: np.ndarray) -> dict:
    """How a strategy stands to each member of a pool: `members`, a dict each of strategy, mean_f1,
    difference, low, high, excludes_zero; `rank`, 1 where none has a higher mean, of `n_members` + 1."""
    rows = []
    for one in results.pools[pool]:
        gain = find_gain(results, strategy, one, seeds, mask)
        rows.append(
            {
                "strategy": one,
                results.names.mean: gain.baseline_mean,
                **{key: getattr(gain, key) for key in ("difference", "low", "high", "excludes_zero")},
            }
        )
    above = sum(row["difference"] < 0 for row in rows)
    return {"members": rows, "n_members": len(rows), "rank": above + 1}


def task_scores(results: Results, groupings: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """tasks.tsv: the sheet's columns, `{strategy}:{score}` as mean over seeds, `group:{grouping}:seed{seed}`.

    groupings: dicts of grouping, seed, groups (path), tasks (ids that take part; others get no group).
    """
    columns: dict[str, np.ndarray | list[str]] = {}
    for strategy in results.strategies:
        for name in results.names.metrics:
            columns[f"{strategy}:{name}"] = results.score(strategy, results.seeds[strategy], name)
    for item in groupings:
        found = read_groups(item["groups"], item["tasks"], overlap=True)
        of = dict(zip(found.task_ids, found.joined(), strict=True))
        columns[f"group:{item['grouping']}:seed{item['seed']}"] = [
            of.get(task, "") for task in results.task_ids
        ]
    return pd.concat([results.sheet, pd.DataFrame(columns)], axis=1)


@dataclass(frozen=True)
class ComparisonSettings:
    """What a comparison is told.

    tasks: rows of the sheet; runs: [strategy, seed], as metrics and blocks; groupings: [grouping, seed, task ids], as
    groups; headline, matched: pairs [strategy, baseline]; pools: name -> strategies; alone: the strategy that learns
    each task by itself; precisions: strategy -> training.precision of the config; bootstrap: draws.
    """

    tasks: tuple[Mapping[str, Any], ...]
    runs: tuple[Sequence[Any], ...]
    groupings: tuple[Sequence[Any], ...]
    headline: tuple[Sequence[str], ...]
    matched: tuple[Sequence[str], ...]
    pools: Mapping[str, list[str]]
    alone: str | None
    precisions: Mapping[str, str]
    bootstrap: int
    seed: int


def compare_strategies(
    metrics: list[str],
    blocks: list[str],
    groups: list[str],
    outputs: Mapping[str, str],
    cfg: Mapping[str, Any],
) -> None:
    """Write strategies.tsv, scores.tsv, gains.tsv, differences.tsv, transfer.tsv, tasks.tsv and headline.json; each
    names its evaluation regions.

    cfg: `ComparisonSettings`. outputs: paths by strategies, scores, gains, differences, transfer, tasks, headline.
    InputError: precisions were left open, and the networks were trained in several.
    """
    told = read_settings(ComparisonSettings, cfg, "comparison")
    runs = [
        {"strategy": strategy, "seed": seed, "metrics": m, "blocks": b}
        for (strategy, seed), m, b in zip(told.runs, metrics, blocks, strict=True)
    ]
    results = Results(pd.DataFrame(told.tasks), runs, told.bootstrap, told.seed, told.pools)
    check_compared_precisions(results.precisions, told.precisions)
    if results.withheld:
        log.warning("intervals are withheld: %s", results.withheld)
    groupings = [
        {"grouping": name, "seed": seed, "tasks": tasks, "groups": path}
        for (name, seed, tasks), path in zip(told.groupings, groups, strict=True)
    ]
    tables = {
        "strategies": strategy_table(results),
        "gains": gain_table(results),
        "differences": difference_table(results, told.headline),
        "transfer": transfer_table(results, told.alone),
        "tasks": task_scores(results, groupings),
        "scores": score_means(results),
    }
    for name, table in tables.items():
        table.insert(int(name == "tasks"), "regions", results.regions)
        with whole(outputs[name]) as path:
            table.to_csv(path, sep="\t", index=False, na_rep="NaN")
    with whole(outputs["headline"]) as path:
        path.write_text(
            json.dumps(plain(headline(results, told.headline, told.matched)), indent=1) + "\n",
            encoding="utf-8",
        )


def plain(value: Any) -> Any:
    """The value with NaN as None, which JSON can say."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and np.isnan(value) else value
