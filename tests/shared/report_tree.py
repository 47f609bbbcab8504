"""A small results tree in the form of a real run's, for tests of the report."""

import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from scipy.stats import norm

from epigroup.results.catalogue import FILES

STRATEGIES = {
    "STL": "single",
    "SMTL": "all",
    "EMTL": "modality",
    "CMTL": "cell_group",
    "KMTL": "kmeans",
    "RANDOM": "random",
}
LIFT = {"STL": 0.0, "SMTL": 0.02, "EMTL": 0.03, "CMTL": 0.025, "KMTL": 0.06, "RANDOM": 0.015}
NETWORK = {
    "name": "small",
    "channels": [32, 48, 96],
    "filter_width": 8,
    "pool": 4,
    "dropout": [0.0, 0.0, 0.2],
    "hidden": 64,
    "head": "shared",
}
TRAINING = {
    "network": NETWORK,
    "loss": "bce",
    "focal_gamma": 2.0,
    "positive_weights": "none",
    "max_positive_weight": 100.0,
    "optimiser": "adam",
    "learning_rate": 0.002,
    "momentum": 0.0,
    "weight_decay": 0.0,
    "batch_size": 64,
    "max_steps": 6000,
    "validate_every": 300,
    "patience": 5,
    "reverse_complement": False,
    "jitter": 0,
    "sampling": "none",
    "keep": "group",
    "balancing": "none",
}
PAIRS = [["KMTL", "RANDOM"], ["KMTL", "SMTL"], ["KMTL", "EMTL"], ["KMTL", "CMTL"], ["KMTL", "STL"]]


def config(name: str = "demo") -> dict:
    """A completed config, as far as the report reads it."""
    grouping = {
        "k": None,
        "columns": None,
        "file": None,
        "heads_from": None,
        "like": None,
        "vectors": "raw",
        "append": [],
        "of": "kmeans",
        "starts": 50,
    }
    return {
        "name": name,
        "dataset": {
            "training_regions": "any_peak",
            "evaluation_regions": "any_peak",
            "targets": "labels",
            "signal_transform": "none",
            "negatives_share": 0.5,
            "max_n_fraction": 1.0,
        },
        "genome": {"assembly": "demo1", "blacklist": None},
        "reads": {"trim": True, "mapq": 30, "max_fragment": 2000},
        "peaks": {"qvalue": 0.01, "broad_qvalue": 0.1, "extsize": 200},
        "evaluation": {"min_validation_positives": 20, "both_strands": False, "interval_draws": 200},
        "comparison": {"bootstrap": 1000, "headline": PAIRS, "pools": {}, "seed": 7},
        "audit": {
            "kmer": 24,
            "sketch": 32,
            "similarity": 0.5,
            "warn_share": 0.001,
            "fail_share": 0.05,
            "min_positives": 50,
            "draws": 10000,
            "seed": 3,
        },
        "choices": {},
        "groupings": {
            "single": grouping | {"method": "single"},
            "all": grouping | {"method": "all"},
            "modality": grouping | {"method": "sheet", "columns": ["modality"]},
            "cell_group": grouping | {"method": "sheet", "columns": ["cell_group"]},
            "kmeans": grouping | {"method": "kmeans", "k": 4, "heads_from": "SMTL"},
            "random": grouping | {"method": "random", "like": "kmeans"},
        },
        "strategies": {name: {"grouping": grouping} for name, grouping in STRATEGIES.items()},
    }


def settings(name: str = "demo") -> dict:
    """Keyword arguments of `page.render` and `make_report` besides the inputs."""
    return {
        "report": {
            "name": name,
            "config_hash": "0123456789abcdef" * 4,
            "code": "fedcba9876543210" * 4,
            "config": config(name),
        },
        "grouping": "kmeans",
        "training": dict.fromkeys(STRATEGIES, TRAINING),
    }


def file_of(root: Path, key: str, *names: object) -> Path:
    """Where a run with its results in `root` has a file of the catalogue; its folder is made."""
    path = root / FILES[key].at(*names)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def write_tsv(frame: pd.DataFrame, path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, sep="\t", index=False, na_rep="NaN")
    return str(path)


def build(
    root: Path,
    n_tasks: int = 24,
    seeds: tuple = (1, 2),
    validations: int = 20,
    strategies: tuple = tuple(STRATEGIES),
) -> dict:
    """Write the tree under `root`; returns inputs as `results.run.load` takes them.

    The first task has no test positives; the second a task name and target with markup in it.
    """
    rng = np.random.default_rng(5)
    kinds = [
        ("CA", "ATAC", ""),
        ("CA", "DNase", ""),
        ("HM", "ChIP", "H3K27ac"),
        ("HM", "ChIP", "H3K4me3"),
        ("TFB", "ChIP", "CTCF"),
        ("TFB", "ChIP", "REST"),
    ]
    cells = ["neuron", "glia", "progenitor", "circulation", "cancer", "mix"]
    tasks = pd.DataFrame(
        [
            {
                "task_id": f"P{i:03d}_{kinds[i % 6][1]}",
                "modality": kinds[i % 6][0],
                "assay": kinds[i % 6][1],
                "target": kinds[i % 6][2],
                "cell_type": f"cell{i % 9}",
                "cell_group": cells[(i // 6 + i) % 6],
                "n_peaks": int(rng.integers(800, 9000)),
            }
            for i in range(n_tasks)
        ]
    )
    tasks.loc[1, "target"] = "</script><b>x"
    tasks["positives_train"] = rng.integers(60, 4000, n_tasks)
    tasks["positives_validation"] = rng.integers(25, 400, n_tasks)
    tasks["positives_test"] = rng.integers(25, 500, n_tasks)
    tasks.loc[0, "positives_test"] = 0
    tasks["share_train"] = tasks["positives_train"] / 20000
    tasks["flag"] = ["no positives in test", *[""] * (n_tasks - 1)]
    latent = np.arange(n_tasks) % 4
    ids = tasks["task_id"]
    chromosomes = {
        f"chr{i}": {"size": 2_000_000, "n_train": 0, "n_validation": 0, "n_test": 0, "n_dropped_border": 0}
        for i in range(1, 6)
    }
    for i, split in enumerate(["train", "train", "train", "validation", "test"], start=1):
        chromosomes[f"chr{i}"][f"n_{split}"] = 7000 - 400 * i
    chromosomes["chr1"]["n_dropped_border"] = 12
    dataset = {
        "format_version": 1,
        "assembly": "demo1",
        "genome_sha256": "ab" * 32,
        "bin_size": 200,
        "window": 1001,
        "min_overlap": 50,
        "chromosomes": chromosomes,
        "splits": {
            "train": [{"chrom": f"chr{i}", "start": 0, "end": None} for i in (1, 2, 3)],
            "validation": [{"chrom": "chr4", "start": 1000, "end": 900000}],
            "test": [{"chrom": "chr5"}],
            "rule": "window",
        },
        "task_ids": list(ids),
        "dataset_hash": "cd" * 32,
    }
    file_of(root, "dataset").write_text(json.dumps(dataset))
    lists = {key: [] for key in ("metrics", "groups", "curves", "heads", "sweep", "points")}
    base = rng.uniform(0.2, 0.6, n_tasks)
    kept = {name: STRATEGIES[name] for name in strategies}
    for seed in seeds:
        groupings = {
            "single": np.arange(n_tasks),
            "all": np.zeros(n_tasks, int),
            "modality": pd.factorize(tasks["modality"])[0],
            "cell_group": pd.factorize(tasks["cell_group"])[0],
            "kmeans": np.where(rng.random(n_tasks) < 0.1, rng.integers(0, 4, n_tasks), latent),
            "random": rng.permutation(latent),
        }
        for strategy, grouping in kept.items():
            table = pd.DataFrame({"task_id": ids, "group": groupings[grouping]})
            lists["groups"].append(write_tsv(table, file_of(root, "groups", grouping, seed)))
            f1 = np.clip(base + LIFT[strategy] + rng.normal(0, 0.03, n_tasks), 0, 1)
            frame = pd.DataFrame(
                {
                    "task_id": ids,
                    "group": groupings[grouping],
                    "positives_test": tasks["positives_test"],
                    "threshold_flag": 0,
                    "test_f1": f1,
                    "test_auprc": f1 * 0.95,
                    "test_auroc": 0.5 + f1 / 2,
                    "test_base_rate": tasks["positives_test"] / 5000,
                    "threshold": 0.3 + 0.01 * seed,
                    "test_f1_low": f1 - 0.03,
                    "test_f1_high": f1 + 0.03,
                    "test_auprc_low": f1 * 0.95 - 0.04,
                    "test_auprc_high": f1 * 0.95 + 0.04,
                    "test_f1_at_half": f1 * 0.8,
                    "test_precision_at_half": f1 * 0.9,
                    "test_recall_at_half": f1 * 0.7,
                    "test_brier": 0.2 - f1 / 10,
                    "test_calibration_error": 0.1 - f1 / 20,
                    "validation_f1": f1 + 0.02,
                    "validation_auprc": f1 * 0.97,
                    "validation_auroc": 0.5 + f1 / 2,
                    "validation_log_loss": 0.4 - f1 / 10,
                    "test_precision": f1,
                    "test_recall": f1,
                }
            )
            frame.loc[
                0, [name for name in frame if name.startswith("test_") and name != "test_base_rate"]
            ] = np.nan
            if seed == seeds[0]:
                curves = [points(*row) for row in zip(ids, f1, tasks["positives_test"], strict=True)]
                for row, curve in enumerate(curves):
                    if len(curve):
                        called = curve.iloc[10]
                        frame.loc[row, "test_recall"] = called["tp"] / curve["tp"].iloc[-1]
                        frame.loc[row, "test_precision"] = called["tp"] / (called["tp"] + called["fp"])
                lists["points"].append(
                    write_tsv(
                        pd.concat([curve for curve in curves if len(curve)]),
                        file_of(root, "points", strategy, seed),
                    )
                )
            lists["metrics"].append(write_tsv(frame, file_of(root, "metrics", strategy, seed)))
            steps = np.arange(1, validations + 1) * 300
            rows = [
                pd.DataFrame(
                    {
                        "group": g,
                        "step": steps,
                        "examples": steps * 64,
                        "train_loss": 0.3 * np.exp(-steps / 1500) + 0.2,
                        "validation_loss": 0.3 * np.exp(-steps / 1500)
                        + 0.25
                        + 1e-5 * steps
                        + rng.normal(0, 0.004, validations),
                        "seconds": steps / 50.0,
                    }
                )
                for g in np.unique(groupings[grouping])
            ]
            lists["curves"].append(write_tsv(pd.concat(rows), file_of(root, "curves", strategy, seed, 0)))
        if "SMTL" in kept:
            path = file_of(root, "heads", "SMTL", seed)
            centres = rng.normal(0, 2, (4, 16))
            with h5py.File(path, "w") as handle:
                handle["E"] = (centres[latent] + rng.normal(0, 0.6, (n_tasks, 16))).astype(np.float32)
                handle["bias"] = np.zeros(n_tasks, np.float32)
                handle["task_id"] = list(ids)
            lists["heads"].append(str(path))
            ks = np.arange(2, 9)
            sweep = pd.DataFrame(
                {
                    "method": "kmeans",
                    "vectors": "raw",
                    "k": ks,
                    "inertia": 500.0 / ks,
                    "silhouette": 0.5 - 0.05 * abs(ks - 4),
                    "most_stable": ks == 4,
                }
            )
            lists["sweep"].append(write_tsv(sweep, file_of(root, "sweep", seed)))
    return {
        "dataset": str(file_of(root, "dataset")),
        "tasks": write_tsv(tasks, file_of(root, "tasks")),
        **comparison(root, tasks, lists["metrics"], kept, seeds),
        "agreement": write_tsv(
            pd.DataFrame(
                [
                    {"grouping": g, "method": m, "vectors": v, "seed": s, "k": 4, "ari_planted": x - 0.05 * s}
                    for g, m, v, x in (
                        ("modality", "sheet", "", 0.0),
                        ("kmeans", "kmeans", "raw", 0.95),
                        ("labels", "kmeans", "labels", 0.4),
                        ("random", "random", "", -0.02),
                    )
                    for s in seeds
                ]
            ),
            file_of(root, "agreement"),
        ),
        "ceiling": write_tsv(
            pd.DataFrame({"task_id": ids, "test_auprc": np.where(np.arange(n_tasks) == 0, np.nan, 0.7)}),
            file_of(root, "ceiling"),
        ),
        **reads(root),
        **lists,
    }


def beside(root: Path, inputs: dict) -> dict:
    """The inputs with strata and baseline marks of every task under every strategy."""
    rng = np.random.default_rng(6)
    strata = [("all", "", 0, "all regions")]
    strata += [
        ("specificity", "cell types with a peak", i, name) for i, name in enumerate(("[1, 2)", "[2, 9)"))
    ]
    strata += [("gc", "GC share of the window", i, name) for i, name in enumerate(("[0, 0.5)", "[0.5, 1)"))]
    ids = pd.read_csv(inputs["tasks"], sep="\t")["task_id"]
    found, marks, means = [], [], []
    for strategy in STRATEGIES:
        tables = []
        for by, counted, rank, stratum in strata:
            auroc, above = rng.uniform(0.6, 0.9, len(ids)), rng.uniform(-0.05, 0.4, len(ids))
            facts = {"by": by, "counted": counted, "rank": rank, "stratum": stratum}
            table = pd.DataFrame(
                {"task_id": ids, **facts, "test_auroc": auroc, "test_auprc_above_base": above}
            )
            table.loc[0, ["test_auroc", "test_auprc_above_base"]] = np.nan
            tables.append(table)
            facts |= {"strategy": strategy, "seed": "all", "level": "All", "n_tasks": len(ids), "n_nan": 1}
            means.append(facts | {"mean_auroc": auroc[1:].mean(), "mean_auprc_above_base": above[1:].mean()})
            means[-1]["mean_base_rate"] = 0.1
        found.append(write_tsv(pd.concat(tables), file_of(root, "task_strata", strategy, 1)))
        apart = rng.normal(0.05, 0.05, len(ids))
        word = np.where(apart <= 0, "no better", np.where(apart < 0.03, "not shown", ""))
        table = pd.DataFrame({"strategy": strategy, "task_id": ids, "baseline": "gc", "difference": apart})
        table = table.assign(difference_low=apart - 0.03, difference_high=apart + 0.03, mark=word)
        marks.append(table)
    simple = {"name": "gc", "kind": "baseline", "uses_test_labels": 0, "level": "All", "n_tasks": len(ids)}
    simple |= {"n_nan": 1, "mean_f1": 0.3, "mean_auprc": 0.25, "mean_auroc": 0.6}
    tables = {
        "strata": pd.DataFrame(means),
        "marks": pd.concat(marks),
        "simple_scores": pd.DataFrame([simple]),
    }
    return inputs | {
        "task_strata": found,
        **{name: write_tsv(table, file_of(root, name)) for name, table in tables.items()},
    }


def points(task: str, quality: float, positives: int, negatives: int = 5000, n: int = 46) -> pd.DataFrame:
    """Points of a task's curves, as many as a real run keeps: scores normal, 1 + 4 * quality standard
    deviations higher for positives."""
    if not positives:
        return pd.DataFrame({"task_id": [], "score": [], "tp": [], "fp": []})
    false = np.linspace(0, 1, n) ** 3
    true = norm.cdf(1 + 4 * quality + norm.ppf(np.clip(false, 1 / negatives, 1)))
    tp = np.maximum(1, np.round(positives * true)).astype(int)
    columns = {"score": np.linspace(1, 0, n), "tp": tp, "fp": np.round(negatives * false).astype(int)}
    return pd.DataFrame({"task_id": task, **columns})


FLAGSTAT = """{total} + 0 in total (QC-passed reads + QC-failed reads)
{total} + 0 primary
0 + 0 secondary
0 + 0 supplementary
40 + 0 duplicates
40 + 0 primary duplicates
{mapped} + 0 mapped (95.00% : N/A)
{mapped} + 0 primary mapped (95.00% : N/A)
{total} + 0 paired in sequencing
{mates} + 0 with itself and mate mapped
"""


def reads(root: Path) -> dict:
    """Quality files of one profile from FASTQ and one from BAM."""
    trimmed = file_of(root, "fastp", "P000_ATAC", 1)
    aligned = [file_of(root, "flagstat", name, 1) for name in ("P000_ATAC", "P001_DNase")]
    trimmed.write_text(
        json.dumps(
            {"summary": {"before_filtering": {"total_reads": 2100}, "after_filtering": {"total_reads": 2000}}}
        )
    )
    for path in aligned:
        path.write_text(FLAGSTAT.format(total=2000, mapped=1900, mates=1800))
    return {"fastp": [str(trimmed)], "flagstat": [str(path) for path in aligned]}


def comparison(root: Path, tasks: pd.DataFrame, metrics: list[str], kept: dict, seeds: tuple) -> dict:
    """strategies.tsv, gains.tsv and headline.json with plain means and made-up intervals of +-0.01."""
    scores = {
        name: np.mean([pd.read_csv(p, sep="\t")["test_f1"] for p in metrics if f"/{name}/" in p], axis=0)
        for name in kept
    }
    levels = [("all", "All", np.ones(len(tasks), bool))] + [
        ("modality", m, (tasks["modality"] == m).to_numpy()) for m in ("CA", "HM", "TFB")
    ]
    strategies, gains, pairs = [], [], []
    for name, values in scores.items():
        for seed in ["all", *seeds]:
            strategies += [
                {
                    "strategy": name,
                    "seed": seed,
                    "n_seeds": len(seeds),
                    "by": by,
                    "level": level,
                    "n_tasks": mask.sum(),
                    "n_nan": np.isnan(values[mask]).sum(),
                    "mean_f1": np.nanmean(values[mask]) + (0 if seed == "all" else 0.004 * (-1) ** seed),
                    "low": np.nanmean(values[mask]) - 0.01,
                    "high": np.nanmean(values[mask]) + 0.01,
                    "mean_validation_f1": np.nanmean(values[mask]) + 0.02,
                }
                for by, level, mask in levels
            ]
        for other, theirs in scores.items():
            for by, level, mask in levels:
                a, b = np.nanmean(values[mask]), np.nanmean(theirs[mask])
                row = {
                    "strategy": name,
                    "baseline": other,
                    "seed": "all",
                    "n_seeds": len(seeds),
                    "by": by,
                    "level": level,
                    "n_tasks": int(mask.sum()),
                    "matched": other == "RANDOM",
                    "n_nan": int(np.isnan(values[mask]).sum()),
                    "mean_f1": a,
                    "baseline_mean_f1": b,
                    "gain_percent": 100 * (a / b - 1),
                    "difference": a - b,
                    "low": a - b - 0.01,
                    "high": a - b + 0.01,
                    "share_below": float(np.mean(values[mask] < theirs[mask])),
                }
                if name != other:
                    gains.append(row)
                    if by == "all" and [name, other] in PAIRS:
                        pairs.append(row | {"per_seed": [{"seed": s, "difference": a - b} for s in seeds]})
    pairs.sort(key=lambda row: PAIRS.index([row["strategy"], row["baseline"]]))
    file_of(root, "headline").write_text(
        json.dumps({"pairs": pairs, "block_size": 100000, "interval_withheld": None, "interval_percent": 95})
    )
    return {
        "strategies": write_tsv(pd.DataFrame(strategies), file_of(root, "strategies")),
        "gains": write_tsv(
            pd.DataFrame(gains, columns=None if gains else FILES["gains"].needed), file_of(root, "gains")
        ),
        "headline": str(file_of(root, "headline")),
    }
