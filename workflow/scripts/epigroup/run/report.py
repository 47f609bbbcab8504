"""Figures and report: which tables they are made from, and which figures this run has."""

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
from epigroup.run import affinity, comparison, evaluation, grouping, patience, reads, search, training
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


def of_shown(run: Run, pattern: str) -> list[str]:
    """A file of one seed of each strategy that is shown: enough for a picture."""
    return [
        run.path(pattern.format(strategy=name, seed=run.strategy_seeds(name)[0]))
        for name in evaluation.shown_strategies(run)
        if name in run.strategies
    ]


def head_tables(run: Run) -> list[str]:
    name = shown_heads(run.config)
    return (
        [run.path("heads", name, f"seed{seed}", "heads.h5") for seed in run.strategy_seeds(name)]
        if name
        else []
    )


def stratified(run: Run) -> dict[str, Any]:
    """Tables of strata and of baselines, where the run has them."""
    found: dict[str, Any] = {}
    if "strata" in run.config:
        for key, name in (
            ("strata", "strata"),
            ("seed_variation", "seed_variation"),
            ("over_correlation",) * 2,
        ):
            found[key] = run.path("strata", f"{name}.tsv")
        found["task_strata"] = of_shown(run, "strata/{strategy}/seed{seed}.tsv")
    if run.baselines:
        found["simple_scores"] = run.path("baselines/baselines.tsv")
        found["marks"] = run.path("baselines/marks.tsv")
    return found


def affinity_findings(run: Run) -> dict[str, Any]:
    """What was measured of affinities, and the matrices of one seed of each."""
    measured = affinity.measured(run)
    first = {(name, strategy): seed for name, strategy, seed in reversed(measured)}
    truth = {"affinity_truth": run.path("comparison/affinities.tsv")} if run.simulated else {}
    return {
        "affinity_figures": affinity.files(run, "json"),
        "affinity_stability": run.path("affinity/stability.tsv"),
        "affinity_matrices": [
            affinity.file_of(run, name, strategy, seed, "h5")
            for name, strategy, seed in measured
            if first[name, strategy] == seed
        ],
        **truth,
    }


def findings(run: Run) -> dict[str, Any]:
    """All that figures and report are made from; keys as in `epigroup.results.run.load`."""
    of_comparison = ("strategies.tsv", "gains.tsv", "differences.tsv", "headline.json")
    beside = ("transfer.tsv", "costs.tsv", "confounders.tsv")
    planted = {"agreement": "comparison/truth.tsv", "ceiling": "comparison/ceiling.tsv"}
    mappable = {
        f"mappable_{name.split('.')[0]}": f"all_mappable/comparison/{name}"
        for name in ("strategies.tsv", "headline.json")
    }
    known_sets = {"known_sets": "comparison/known_sets.tsv"}

    def named(wanted: Any, files: dict[str, str]) -> dict[str, str]:
        return {key: run.path(name) for key, name in files.items()} if wanted else {}

    return {
        "dataset": run.path("dataset/dataset.json"),
        "tasks": run.path("dataset/tasks.tsv"),
        "metrics": evaluation.of_scored(run, "metrics.tsv"),
        **{name.split(".")[0]: run.path("comparison", name) for name in of_comparison},
        "groups": grouping.tables(run, grouping.trained(run)),
        "curves": training.all_curves(run),
        "heads": head_tables(run),
        "sweep": grouping.sweep_tables(run),
        **{name.split(".")[0]: run.path("comparison", name) for name in beside},
        "choices": [
            run.path("evaluation", name, f"seed{seed}", "choice.tsv")
            for name, seed in evaluation.choice_seeds(run)
        ],
        "audit": run.path("audit/audit.json"),
        "fastp": reads.trimmed_counts(run),
        "flagstat": reads.aligned_counts(run),
        "trials": search.of_searches(run, "trials.tsv"),
        "points": of_shown(run, "evaluation/{strategy}/seed{seed}/points.tsv"),
        **named(run.simulated, planted),
        **named(run.regions[1:], mappable),
        **patience.tables(run),
        **stratified(run),
        **named(
            run.from_reads, {"read_quality": "quality/quality.tsv", "read_accounts": "quality/reads.tsv"}
        ),
        **(affinity_findings(run) if affinity.measured(run) else {}),
        **named(comparison.k_families(run), {"k": "comparison/k.tsv"}),
        **named("known_sets" in run.config, known_sets),
        **named(run.config["paper"], {"paper": "paper/paper.json"}),
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
        path, text = Path(folder, f"{one.name}.rst"), CAPTION.format(name=one.name, caption=one.caption)
        with suppress(OSError):
            if path.is_file() and path.read_text(encoding="utf-8") == text:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole(path) as partial:
                partial.write_text(text, encoding="utf-8")


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
