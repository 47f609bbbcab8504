"""Figures and report: which tables they are made from, and which figures this run has."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from epigroup import WORKFLOW
from epigroup.config.groupings import UNGROUPED
from epigroup.config.pools import pool_members
from epigroup.config.strategies import shown_heads
from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.settings import read_settings
from epigroup.report.figures.catalogue import FIGURES
from epigroup.report.figures.record import Figure, Has, Shown
from epigroup.report.sections import SECTIONS
from epigroup.run import (
    affinity,
    comparison,
    evaluation,
    grouping,
    patience,
    training,
)
from epigroup.run.data import peaks, reads
from epigroup.run.facts import Run
from epigroup.run.settings import settings

# A caption in Snakemake's own report: the config's, or the figure's.
CAPTION = """\
{{% set own = snakemake.params.cfg["captions"]["{name}"] %}}
{{% if own %}}
{{{{ own }}}}
{{% else %}}
{caption}
{{% endif %}}
"""


def section_modules() -> tuple[str, ...]:
    """The library's modules that make the sections of the page."""
    return tuple(sorted(set(map(training.module_of, SECTIONS))))


def page_files() -> tuple[str, ...]:
    """Templates, styles and scripts of the page, relative to workflow/."""
    kept = (path for path in WORKFLOW.glob("report/**/*") if path.suffix in (".j2", ".css", ".js"))
    return tuple(sorted(path.relative_to(WORKFLOW).as_posix() for path in kept))


def shown_grouping(run: Run) -> str | None:
    """The grouping whose groups are shown: that of the headline's first strategy, or the first on clustered heads."""
    headed = [name for name, _ in evaluation.headline_pairs(run)[:1] if name in run.strategies]
    clustered = [name for name in run.strategies if run.grouping_of(name)["heads_from"]]
    for strategy in chain(headed, clustered):
        if run.grouping_of(strategy)["method"] not in UNGROUPED:
            return run.grouping_name(strategy)
    return None


def method_words(run: Run) -> dict[str, str]:
    """How each strategy on groups makes them, in a few words; a pool's strategies as the pool."""
    words = {}
    for name in evaluation.shown_strategies(run):
        members = pool_members(run.config, name)
        spec = run.grouping_of(members[0])
        if spec["method"] in UNGROUPED:
            continue
        parts = [" and ".join(spec["columns"]) if spec["method"] == "sheet" else spec["method"]]
        parts += [f"{spec['vectors']} heads"] if spec["heads_from"] else []
        parts += [f"sizes of {spec['like']}"] if spec["like"] else []
        parts += [f"K = {spec['k']}"] if spec["k"] else []
        parts += [f"{len(members)} draws"] if len(members) > 1 else []
        words[name] = ", ".join(parts)
    return words


def shown_runs(run: Run) -> list[tuple[str, int]]:
    """(strategy, seed) of one seed of each strategy that is shown: enough for a picture."""
    return [
        (name, run.strategy_seeds(name)[0])
        for name in evaluation.shown_strategies(run)
        if name in run.strategies
    ]


def head_runs(run: Run) -> list[tuple[str, int]]:
    """(strategy, seed) of the networks whose heads are shown."""
    name = shown_heads(run.config)
    return [(name, seed) for seed in run.strategy_seeds(name)] if name else []


def affinity_findings(run: Run) -> dict[str, Any]:
    """What was measured of affinities, and the matrices of one seed of each."""
    measured = affinity.measured(run)
    if not measured:
        return {}
    first = {(name, strategy): seed for name, strategy, seed in reversed(measured)}
    shown = [(name, strategy, seed) for name, strategy, seed in measured if first[name, strategy] == seed]
    truth = {"affinity_truth": run.file("affinity_truth")} if run.simulated else {}
    return {
        "affinity_figures": run.files("affinity_figures", measured),
        "affinity_stability": run.file("affinity_stability"),
        "affinity_matrices": run.files("affinity_matrices", shown),
        **truth,
    }


def findings(run: Run) -> dict[str, Any]:
    """All that figures and report are made from: {key of `epigroup.results.catalogue`: path, or several}; of scores
    over all mappable bins the key begins with `mappable_`. Absent is what this run has not."""

    def of_run(wanted: Any, *keys: str) -> dict[str, str]:
        return {key: run.file(key) for key in keys} if wanted else {}

    strata = "strata" in run.config
    grouped = [(name, seed) for name, seed, _ in grouping.trained(run)]
    packs = [(*one, pack) for one in run.trained_runs() for pack in run.packs(one[0])]
    mappable = ("strategies", "headline") if run.regions[1:] else ()
    return {
        **of_run(True, "dataset", "tasks"),
        "metrics": run.files("metrics", run.scored_runs()),
        **of_run(True, "strategies", "gains", "differences", "headline"),
        "groups": run.files("groups", grouped),
        "curves": run.files("curves", packs),
        "heads": run.files("heads", head_runs(run)),
        "sweep": grouping.sweep_tables(run),
        **of_run(True, "transfer", "unit_gains", "costs", "confounders"),
        "choices": run.files("choices", evaluation.choice_seeds(run)),
        "weights": evaluation.weight_tables(run),
        **of_run(True, "audit"),
        "fastp": reads.trimmed_counts(run),
        "flagstat": reads.aligned_counts(run),
        "trials": run.files("trials", run.searched_runs()),
        "points": run.files("points", shown_runs(run)),
        **of_run(run.simulated, "agreement", "ceiling"),
        **{f"mappable_{key}": run.file(key, mappable=True) for key in mappable},
        **patience.tables(run),
        **of_run(strata, "strata", "seed_variation", "over_correlation"),
        **({"task_strata": run.files("task_strata", shown_runs(run))} if strata else {}),
        **of_run(run.baselines, "simple_scores", "marks", "red_line"),
        **of_run(run.from_reads, "read_quality", "read_accounts"),
        **affinity_findings(run),
        **of_run(comparison.k_families(run), "k"),
        **of_run("known_sets" in run.config, "known_sets"),
        **of_run(run.config["paper"], "paper"),
    }


def has(run: Run) -> Has:
    """What this run has for figures to show."""
    return Has(
        sections=frozenset(run.config),
        strategies=tuple(run.strategies),
        searched=tuple(run.searched),
        affinities=tuple(name for name, *_ in affinity.measured(run)),
        headline=bool(evaluation.headline_pairs(run)),
        heads=bool(shown_heads(run.config)),
        shown=read_settings(Shown, shown_settings(run), "shown"),
    )


def figures(run: Run) -> tuple[Figure, ...]:
    """Those of results that this run has."""
    found = has(run)
    return tuple(one for one in FIGURES if not one.of_data and one.needs(found))


def data_figures(run: Run) -> tuple[Figure, ...]:
    """Those of the data set alone that this run has."""
    found = has(run)
    return tuple(one for one in FIGURES if one.of_data and one.needs(found))


def figure_files(
    run: Run, drawn: Iterable[Figure], kinds: Sequence[str] = ("svg", "png", "tsv")
) -> list[str]:
    return [run.path("figures", f"{one.name}.{kind}") for one in drawn for kind in kinds]


def drawing_modules(drawn: Iterable[Figure]) -> tuple[str, ...]:
    """The library's modules that make the numbers of figures and draw them."""
    entries = (entry for one in drawn for entry in (one.numbers, one.drawer))
    return tuple(sorted(set(map(training.module_of, entries))))


def write_captions(folder: str | Path) -> None:
    """Write a caption a figure, FOLDER/NAME.rst: Snakemake's own report takes captions from files and fills in what a
    job was told, here the config's own caption. Files that say so already stay; a folder that cannot be written to is
    left to Snakemake, which says so when it makes its report."""
    for one in FIGURES:
        path = Path(folder, f"{one.name}.rst")
        text = CAPTION.format(name=one.name, caption=one.caption).encode()
        with suppress(OSError):
            if path.is_file() and path.read_bytes() == text:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole(path) as partial:
                partial.write_bytes(text)


def figure_settings(run: Run) -> dict[str, Any]:
    """The config's section. InputError for captions of a figure that there is not."""
    known = [one.name for one in FIGURES]
    for name in run.config["figures"]["captions"]:
        if name not in known:
            raise InputError(
                f"figures.captions.{name}: no figure is called so; there are: {', '.join(known)}"
            )
    return settings(run, "figures")


def drawing_settings(run: Run) -> dict[str, Any]:
    """What figures are drawn by."""
    return {key: figure_settings(run)[key] for key in ("palette", "dpi", "captions")}


def shown_settings(run: Run) -> dict[str, Any]:
    """What the figures of results are told of them: the fields of `Shown`."""
    return {
        "grouping": shown_grouping(run),
        "methods": method_words(run),
        "joint": evaluation.joint_strategy(run),
        "families": comparison.k_families(run),
    }


def multiqc_links(run: Run) -> list[str]:
    """The page of MultiQC, from the report's folder, in runs that make one."""
    return [os.path.relpath(path, run.path("report")) for path in reads.multiqc_page(run)]


def software(run: Run) -> list[str]:
    """Archives that files were fetched from, and what worked on reads, as far as a run of this sheet asks any: "ena",
    "encode"; "lanes" (some are joined), "fastp", "bowtie2", "samtools", "macs", "idr", "multiqc"."""
    fastq = run.of_kind("fastq")
    called = [name for name in run.from_reads if not run.profiles[name].is_input]
    asked = {
        "lanes": reads.in_lanes(run),
        "fastp": fastq and run.config["reads"]["trim"],
        "bowtie2": fastq,
        "samtools": run.from_reads,
        "macs": called,
        "idr": any(peaks.idr_program(run, name) for name in peaks.supported(run)),
        "multiqc": reads.multiqc_page(run),
    }
    archives = {file.archive for file in run.sheet.downloads.values()} - {""}
    return sorted(archives | {name for name, wanted in asked.items() if wanted})
