"""The models beside the average activity, on every test track of all folds and over them."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, ttest_rel

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import check_attributes, open_hdf5, read_numbers
from epigroup.core.tables import read_figures
from epigroup.imputation.measure_names import MEANINGS
from epigroup.imputation.settings import JudgeSettings

log = logging.getLogger(__name__)

Path = str | os.PathLike
AVERAGE, CHOSEN = "average", "chosen"
NAMES = ("fold", "task_id", "cell_type", "assay", "model")
FEWEST = 10  # stretches, cell types or assays that an interval needs; of the last two 3
FEWEST_CLUSTERS = 3


@dataclass(frozen=True)
class _Blocks:
    tracks: tuple[str, ...]
    models: tuple[str, ...]
    squared: np.ndarray  # (tracks, models, stretches)
    bins: np.ndarray  # (tracks, stretches)


def compare_models(
    scores: Sequence[Path],
    blocks: Sequence[Path],
    choices: Sequence[Path],
    tracks_out: Path,
    models_out: Path,
    settings: JudgeSettings,
) -> None:
    """Write by_track.tsv and by_model.tsv from the files of all folds, in one order.

    The model `chosen` is in each fold the one that its choices.tsv marks: by the known tracks, each left out. By track,
    the interval of a model's mean squared error less the average's is over stretches of the genome, drawn with
    replacement, the same for all models; over positions it is narrow, and says nothing of other tracks. Over tracks,
    intervals draw cell types, and assays, with replacement. p is that of a two-sided paired t-test over tracks
    (Avocado 2019, 2.2), q adjusted over models (Benjamini & Hochberg 1995).
    InputError: files of other folds, models or tracks than the first's.
    """
    tables: list[pd.DataFrame] = []
    drawn: dict[tuple[str, str], tuple[float, float]] = {}
    for path, beside, chosen in zip(scores, blocks, choices, strict=True):
        table = _with_chosen(read_figures(path, names=NAMES), _chosen(chosen), path)
        tables.append(table)
        drawn |= _intervals(table, _read_blocks(beside), settings)
    table = pd.concat(tables, ignore_index=True)
    if (
        len({tuple(sorted(set(one["model"]))) for one in tables}) > 1
        or table.duplicated(["task_id", "model"]).any()
    ):
        raise InputError(
            f"{scores[0]}: the folds have not the same models, or a track twice; judge them again"
        )
    _write(tracks_out, _by_track(table, drawn))
    _write(models_out, _by_model(table, settings))


def _chosen(path: Path) -> str:
    rows = read_figures(path, names=("model", "penalty"))
    return str(rows.loc[rows["chosen"] == 1, "model"].iloc[0])


def _with_chosen(table: pd.DataFrame, model: str, path: Path) -> pd.DataFrame:
    rows = table[table["model"] == model]
    if rows.empty or AVERAGE not in set(table["model"]):
        raise InputError(f"{path}: has no rows of {model}, or none of {AVERAGE}; judge the fold again")
    log.info("%s: chosen by validation: %s", path, model)
    return pd.concat([table, rows.assign(model=CHOSEN, is_of=model)], ignore_index=True)


def _read_blocks(path: Path) -> _Blocks:
    with open_hdf5(path) as store:
        check_attributes(store)
        return _Blocks(
            tuple(str(store.attrs["tracks"]).split("\t")), tuple(str(store.attrs["models"]).split("\t")),
            read_numbers(store, "squared", 3), read_numbers(store, "bins", 2).astype(np.float64),
        )  # fmt: skip


def _intervals(
    table: pd.DataFrame, blocks: _Blocks, settings: JudgeSettings
) -> dict[tuple[str, str], tuple[float, float]]:
    """(task, model) -> 95 % interval over stretches of the model's error less the average's; NaN of too few."""
    n = blocks.squared.shape[2]
    nothing = (float("nan"), float("nan"))
    if n < FEWEST:
        return {(task, model): nothing for task in blocks.tracks for model in set(table["model"])}
    rng = np.random.default_rng([settings.seed])
    weights = rng.multinomial(n, np.full(n, 1 / n), settings.draws).astype(np.float64)
    real = dict(
        zip(table.loc[table["model"] == CHOSEN, "task_id"], table.loc[table["model"] == CHOSEN, "is_of"])
    )
    found = {}
    average = blocks.models.index(AVERAGE)
    for i, task in enumerate(blocks.tracks):
        total = weights @ blocks.bins[i]
        for m, model in enumerate(blocks.models):
            with np.errstate(invalid="ignore", divide="ignore"):
                drawn = weights @ (blocks.squared[i, m] - blocks.squared[i, average]) / total
            low, high = np.quantile(drawn[total > 0], [0.025, 0.975])
            found[task, model] = float(low), float(high)
        found[task, CHOSEN] = found[task, real[task]]
    return found


def _by_track(table: pd.DataFrame, drawn: dict[tuple[str, str], tuple[float, float]]) -> pd.DataFrame:
    average = table[table["model"] == AVERAGE].set_index("task_id")["mse_global"]
    rows = []
    for one in table.itertuples():
        beside = float(average[one.task_id])
        difference = float(one.mse_global) - beside
        low, high = drawn[one.task_id, one.model]
        verdict = "better" if high < 0 else "worse" if low > 0 else "not shown"
        rows.append(
            {
                "task_id": one.task_id, "cell_type": one.cell_type, "assay": one.assay, "fold": one.fold,
                "model": one.model, "mse": one.mse_global, "average_mse": beside, "difference": difference,
                "relative": difference / beside if beside else float("nan"), "low": low, "high": high,
                "verdict": "" if one.model == AVERAGE else verdict,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _by_model(table: pd.DataFrame, settings: JudgeSettings) -> pd.DataFrame:
    errors = table.pivot(index="task_id", columns="model", values="mse_global")
    facts = table[table["model"] == AVERAGE].set_index("task_id").loc[errors.index]
    average = errors[AVERAGE].to_numpy()
    rows = []
    for model in dict.fromkeys(table["model"]):
        mine, here = errors[model].to_numpy(), table[table["model"] == model]
        differ = mine - average
        row = {"model": model, "n_tracks": len(mine), "average_mse": average.mean()}
        row["relative"] = mine.mean() / average.mean() - 1
        for what, column in (("cells", "cell_type"), ("assays", "assay")):
            low, high = _over_clusters(mine, average, facts[column].to_numpy(), settings)
            row |= {f"relative_low_{what}": low, f"relative_high_{what}": high}
        row["share_below"] = float((differ < 0).mean())
        varies = len(mine) > 1 and np.ptp(differ) > 0
        row["p"] = float(ttest_rel(mine, average).pvalue) if varies else float("nan")
        rows.append(row | {name: float(here[name].mean()) for name in MEANINGS})
    found = pd.DataFrame(rows)
    known = found["p"].notna() & (found["model"] != CHOSEN)
    found.insert(found.columns.get_loc("p") + 1, "q", np.nan)
    if known.any():
        found.loc[known, "q"] = false_discovery_control(found.loc[known, "p"])
    return found


def _over_clusters(
    mine: np.ndarray, average: np.ndarray, cluster: np.ndarray, settings: JudgeSettings
) -> tuple[float, float]:
    """95 % interval of mean error / mean error of the average - 1, clusters of tracks drawn with replacement."""
    names, of = np.unique(cluster, return_inverse=True)
    if len(names) < FEWEST_CLUSTERS:
        return float("nan"), float("nan")
    rng = np.random.default_rng([settings.seed, 1])
    weights = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), settings.draws)[:, of]
    relative = (weights @ mine) / (weights @ average) - 1
    low, high = np.quantile(relative, [0.025, 0.975])
    return float(low), float(high)


def _write(path: Path, table: pd.DataFrame) -> None:
    with whole(path) as partial:
        table.to_csv(partial, sep="\t", index=False, float_format="%.6g", na_rep="NaN")
