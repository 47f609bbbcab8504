"""One self-contained HTML page of a run: who gained, who lost, and on what data."""

import json
import logging
import math
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd
import yaml

import epigroup
from epigroup import figure_tables as tables
from epigroup.files import whole
from epigroup.plots import OKABE_ITO, SPLITS, default_pairs, palettes
from epigroup.plots_scores import MEASURES, ordered_levels, overall
from epigroup.report_comparison import choice_rows, confounder_rows, cost_rows, transfer_rows
from epigroup.report_data import Results, load
from epigroup.report_headline import headline_rows, interval_text, lead_sentence, warnings
from epigroup.report_methods import citations, methods
from epigroup.report_tables import (
    REGIONS,
    composition_tables,
    data_tables,
    gain_table,
    planted_table,
    regions_tables,
    strategy_table,
    task_flags,
    task_table,
)
from epigroup.report_trials import search_rows, study_rows

log = logging.getLogger(__name__)

TEMPLATES = Path(__file__).resolve().parents[2] / "report"
CURVE_POINTS = 60  # a page holds thousands of curves; the files hold every point


def make_report(
    inputs: Mapping, out: str, *, report: dict, figures: dict, grouping: str | None, training: dict
) -> None:
    """Write the report of a run.

    inputs: as in `report_data.load`. report: name, config_hash, config (the completed config), code (digest
    of the training code). figures: palette, dpi. grouping: the one whose groups are shown. training:
    resolved training settings by strategy. The page holds its styles, scripts and numbers; it asks nothing
    of the network.
    """
    results = load(inputs)
    page = render(results, report=report, palette=figures["palette"], grouping=grouping, training=training)
    with whole(out) as path:
        path.write_text(page, encoding="utf-8")
    log.info(
        "%s: %.1f MB, %d tasks, %d strategies",
        out,
        len(page) / 1e6,
        len(results.tasks),
        len(results.strategy_names),
    )


def render(results: Results, *, report: dict, palette: dict, grouping: str | None, training: dict) -> str:
    """The page as text."""
    shades = palettes(results, palette, grouping)
    rows = headline_rows(results, shades["strategy"])
    scores = tables.task_scores(results)
    pairs = default_pairs(results)
    data = page_data(results, shades, scores, pairs, grouping, rows)
    composition = composition_tables(results, grouping)
    regions = regions_tables(results)
    present = {
        "regions": regions is not None,
        "groups": bool(data["embedding"] or composition or confounder_rows(results)),
        "planted": results.agreement is not None,
        "training": bool(data["curves"]),
    }
    titles = {
        "headline": "Headline",
        "strategies": "Strategies",
        "regions": "All mappable bins",
        "groups": "Groups",
        "planted": "Planted truth",
        "training": "Training",
        "tasks": "All tasks",
        "data": "Data",
        "methods": "Methods",
    }
    context = {
        "name": report["name"],
        "lead": lead_sentence(rows, results),
        "sections": [(key, title) for key, title in titles.items() if present.get(key, True)],
        "headline": rows,
        "interval_text": interval_text(results),
        "warnings": warnings(results, rows),
        "identity": identity(results, report),
        "levels": data["levels"],
        "strategies": results.strategy_names,
        "strategy_rows": strategy_table(data),
        "regions": regions,
        "scored_on": REGIONS[results.headline.get("regions", "any_peak")],
        "n_border": int(tables.examples(results)["dropped_border"].sum()),
        "splits_rule": results.dataset["splits"]["rule"],
        **gain_table(results),
        "choices": choice_rows(results),
        "transfer": transfer_rows(results),
        "costs": cost_rows(results),
        "confounders": confounder_rows(results),
        "pairs": pairs,
        "has_embedding": bool(data["embedding"]),
        "embedding_seeds": list(data["embedding"]),
        "colour_by": colour_choices(results, grouping, rows),
        "composition": composition,
        "grouping": grouping,
        "has_sweep": bool(data["sweep"]["measures"]),
        "most_stable": tables.most_stable(results),
        "planted": planted_table(results, scores) if present["planted"] else None,
        "has_curves": bool(data["curves"]),
        "searches": search_rows(results),
        "study": study_rows(results, training, report["config"]),
        "modalities": list(shades["modality"]),
        **task_table(results, scores, data),
        **data_tables(results),
        "methods": methods(results, report["config"], training, grouping),
        "settings_text": yaml.safe_dump(
            {"config": report["config"], "training by strategy": training}, sort_keys=True
        ),
        "citations": citations(report["config"]),
        "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "version": epigroup.__version__,
        "data": embed(data),
        "style": (TEMPLATES / "style.css").read_text(),
        "script": (TEMPLATES / "report.js").read_text(),
    }
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    return environment.get_template("report.html.j2").render(context)


def embed(data: dict) -> str:
    """JSON that is safe inside a script element: no NaN, and no `<` that could end it."""
    return json.dumps(plain(data), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def plain(value):
    """The value in JSON's types; NaN and infinite become null, floats keep five significant digits."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | pd.Series | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    return value


def identity(results: Results, report: dict) -> list[tuple[str, str]]:
    """What run this is: (label, fact)."""
    dataset = results.dataset
    shown = tables.examples(results)[["train", "validation", "test"]].sum()
    return [
        ("Run", report["name"]),
        ("Config (sha256)", report["config_hash"][:16]),
        ("Data set (hash)", str(dataset["dataset_hash"])[:16]),
        ("Genome", f"{dataset['assembly']}, sha256 {str(dataset['genome_sha256'])[:16]}"),
        ("Seeds", ", ".join(map(str, results.seeds))),
        ("Tasks", f"{len(results.tasks)} in {results.tasks['modality'].nunique()} event modalities"),
        ("Examples", " / ".join(f"{n:,}" for n in shown) + " (train / validation / test)"),
        ("Code of training (digest)", report.get("code", "")[:16]),
        ("Versions", versions()),
        ("Bin and window", f"{dataset['bin_size']} bp, {dataset['window']:,} bp"),
    ]


def versions() -> str:
    """Versions of what this environment has of the software that matters, without importing it."""
    found = [f"epigroup {epigroup.__version__}", f"Python {platform.python_version()}"]
    for name in ("snakemake", "torch", "numpy", "scikit-learn"):
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def page_data(
    results: Results, shades: dict, scores: pd.DataFrame, pairs: list, grouping: str | None, rows: list
) -> dict:
    """All that the page's script draws from."""
    numbers = tables.strategy_scores(results)
    levels = ordered_levels(numbers["level"])
    summary = []
    for (name, level), mine in numbers.groupby(["strategy", "level"], sort=False):
        mean, low, high, seeds = overall(mine)
        n_tasks = int(mine["n_tasks"].max())
        summary.append(
            {
                "strategy": name,
                "level": level,
                "mean": mean,
                "low": low,
                "high": high,
                "seeds": seeds,
                "n": n_tasks,
            }
        )
    cloud = tables.embedding(results, grouping)
    per_seed = {
        int(seed): {
            "pc1": part["pc1"],
            "pc2": part["pc2"],
            "group": part["group"],
            "share": [part["share1"].iloc[0], part["share2"].iloc[0]],
        }
        for seed, part in (cloud.groupby("seed") if len(cloud) else [])
    }
    first = rows[0] if rows else None
    gain = {"label": "", "values": []}
    if first and {first["strategy"], first["baseline"]} <= set(results.strategy_names):
        difference = scores[f"{first['strategy']}:test_f1"] - scores[f"{first['baseline']}:test_f1"]
        gain = {"label": f"{first['strategy']} \N{MINUS SIGN} {first['baseline']}", "values": difference}
    positives = tables.positives(results)
    tasks = results.tasks
    known = ["modality", "assay", "target", "cell_type", "cell_group"]
    counts = [
        c for c in ("n_peaks", "positives_train", "positives_validation", "positives_test") if c in tasks
    ]
    return {
        "levels": levels,
        "strategies": results.strategy_names,
        "summary": summary,
        "pairs": pairs,
        "scores": {
            name: {metric: scores[f"{name}:{metric}"] for metric in tables.METRICS}
            for name in results.strategy_names
        },
        "tasks": {
            "id": list(tasks.index),
            **{c: tasks[c] for c in [*known, *counts]},
            "share_train": positives["share_train"],
            "flag": task_flags(results),
        },
        "embedding": per_seed,
        "gain": gain,
        "curves": curve_data(results),
        "sweep": sweep_data(results),
        "examples": tables.examples(results).to_dict("records"),
        "colours": {**shades, "split": SPLITS, "cycle": OKABE_ITO},
    }


def curve_data(results: Results) -> list[dict]:
    """Loss curves, thinned to 60 points each; a group of one task carries its name."""
    frame = tables.curves(results)
    one_task = (
        results.metrics.groupby(["strategy", "seed", "group"])["task_id"].agg(["size", "first"])
        if "group" in results.metrics
        else None
    )
    found = []
    for (name, seed, group), part in (
        frame.groupby(["strategy", "seed", "group"], sort=False) if len(frame) else []
    ):
        rows = np.unique(np.linspace(0, len(part) - 1, min(len(part), CURVE_POINTS)).round().astype(int))
        lowest = part["validation_loss"].reset_index(drop=True)
        if lowest.notna().any():
            rows = np.union1d(rows, [int(lowest.idxmin())])
        part = part.iloc[rows]
        label = f"group {int(group) + 1}"
        if (
            one_task is not None
            and (name, seed, group) in one_task.index
            and one_task.loc[(name, seed, group), "size"] == 1
        ):
            label = str(one_task.loc[(name, seed, group), "first"])
        found.append(
            {
                "strategy": name,
                "seed": int(seed),
                "group": int(group),
                "label": label,
                "step": part["step"],
                "train": part["train_loss"],
                "validation": part["validation_loss"],
            }
        )
    return found


def sweep_data(results: Results) -> dict:
    """Measures of the clustering by K."""
    lines = tables.sweep_lines(results)
    if lines.empty:
        return {"measures": [], "rows": []}
    measures = [c for c in lines.columns if c not in ("line", "k")]
    names = {m: MEASURES.get(m, m.replace("_", " ")) for m in measures}
    return {"measures": measures, "names": names, "rows": lines.to_dict("records")}


def colour_choices(results: Results, grouping: str | None, rows: list) -> list[tuple[str, str]]:
    """What the embedding can be coloured by."""
    choices = [("modality", "event modality"), ("cell_group", "cell group")]
    if grouping in set(results.groups["grouping"]):
        choices.append(("group", "task group"))
    if rows and {rows[0]["strategy"], rows[0]["baseline"]} <= set(results.strategy_names):
        choices.append(("gain", "gain in F1"))
    return choices
