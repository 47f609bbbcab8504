"""What run a report is of: its hashes, dates, seeds and versions."""

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata

import epigroup
from epigroup.report.figures import numbers as tables
from epigroup.results.run import Results

NOT_RECORDED = "not recorded"


def identity(results: Results, report: Mapping) -> list[tuple[str, str]]:
    """What run this is: (label, fact)."""
    dataset = results.dataset
    shown = tables.examples(results)[["train", "validation", "test"]].sum()
    modalities = results.tasks["modality"].nunique()
    return [
        ("Run", report["name"]),
        ("Config (sha256)", report["config_hash"][:16]),
        ("Data set (hash)", str(dataset["dataset_hash"])[:16]),
        ("Genome", f"{report['config']['genome']['assembly']}, sha256 {str(dataset['genome_sha256'])[:16]}"),
        ("Networks trained", trained_on(results)),
        ("Report made", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
        ("Seeds", ", ".join(map(str, results.seeds))),
        ("Tasks", f"{len(results.tasks)} in {modalities} event modalit{'y' if modalities == 1 else 'ies'}"),
        ("Examples", " / ".join(f"{n:,}" for n in shown) + " (train / validation / test)"),
        ("Code of training (digest)", report.get("code", "")[:16]),
        ("Trained with", trained_with(results)),
        ("Report made with", versions()),
        ("Bin and window", f"{dataset['bin_size']} bp, {dataset['window']:,} bp"),
    ]


def trained_on(results: Results) -> str:
    """From when to when the files of the networks were written."""
    if results.trained is None:
        return NOT_RECORDED
    ends = dict.fromkeys(f"{date:%Y-%m-%d %H:%M}" for date in (results.trained.first, results.trained.last))
    return " to ".join(ends) + f" UTC (dates of {results.trained.n_files} model files)"


def trained_with(results: Results) -> str:
    """Versions, precisions, layouts and processors that the files of the networks name."""
    if results.trained is None:
        return NOT_RECORDED
    named = {"python": "Python"}
    found = [
        f"{named.get(name, name)} {' and '.join(results.trained.versions.get(name, [NOT_RECORDED]))}"
        for name in dict.fromkeys(["python", "torch", *results.trained.versions])
    ]
    made = results.trained
    on = [f"on {' and '.join(made.processors)}"] if made.processors else []
    return ", ".join([*found, *made.precisions, *made.layouts, *on])


def versions() -> str:
    """Versions of what this environment, the report's own, has of the software that matters, without importing
    it."""
    found = [f"epigroup {epigroup.__version__}", f"Python {platform.python_version()}"]
    for name in ("snakemake", "numpy", "pandas", "scipy", "scikit-learn", "matplotlib"):
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"{name} {NOT_RECORDED}")
    return ", ".join(found)
