"""The report's tables of learning rates searched and of the patience study."""

from collections.abc import Mapping

import numpy as np

from epigroup.report.figures import numbers as tables
from epigroup.report.figures.trials import search_units
from epigroup.report.section import Page, Section, fill
from epigroup.results.run import Results


def search_rows(results: Results) -> list[dict]:
    """A row a network, or a sample of networks, that got a learning rate by search."""
    frame = tables.trials(results)
    rows = []
    for name, mine in frame.groupby("strategy", sort=False) if len(frame) else []:
        for unit in search_units(mine):
            won = unit[unit["chosen"] == 1].iloc[0]
            rates, sample = unit["learning_rate"], int(won["networks"])
            finite = unit["mean_loss"][np.isfinite(unit["mean_loss"])]
            rows.append(
                {
                    "strategy": name,
                    "seed": int(won["seed"]),
                    "group": f"sample of {sample}" if sample > 1 else f"{int(won['group']) + 1}",
                    "trials": len(unit),
                    "diverged": len(unit) - len(finite),
                    "low": float(rates.min()),
                    "high": float(rates.max()),
                    "rate": float(won["learning_rate"]),
                    "at_edge": len(unit) > 1 and won["learning_rate"] in (rates.min(), rates.max()),
                    "loss": float(won["mean_loss"]),
                    "spread": float(finite.max() - finite.min()),
                    "steps": int(mine.loc[mine["seed"] == won["seed"], "steps"].max()),
                }
            )
    return rows


def study_rows(results: Results, training: Mapping, config: Mapping) -> dict | None:
    """The patience study: a row a profile, the safe patience over all, and what the configured one loses."""
    if results.study is None or results.regret is None:
        return None
    strategy = config["patience_study"]["strategy"]
    configured = training[strategy]["patience"]
    at = results.regret[results.regret["patience"] == configured]
    lost = 100 * at["regret"] / (at["loss"] - at["regret"])
    return {
        "strategy": strategy,
        "configured": configured,
        "safe": int(results.study["safe_patience"].max()),
        "worst_lost": float(lost.max()),
        "steps_share": 100 * float(at["steps_share"].mean()),
        "rows": results.study.sort_values(["modality", "share_train"]).to_dict("records"),
    }


def training(page: Page) -> Section | None:
    """Curves, searches of learning rates, the patience study."""
    if not page.data["curves"]:
        return None
    html = fill(
        "training",
        searches=search_rows(page.results),
        study=study_rows(page.results, page.training, page.report["config"]),
        page=page,
    )
    return Section("training", "Training", html)
