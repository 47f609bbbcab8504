"""The sections of the report, in their order on the page."""

import yaml

from epigroup.report.figures import numbers as tables
from epigroup.report.methods.citations import citations
from epigroup.report.methods.text import methods
from epigroup.report.section import Page, Section, SectionMaker, fill
from epigroup.report.sections.affinities import affinities
from epigroup.report.sections.audit import audit_warnings, the_audit
from epigroup.report.sections.comparison import (
    choice_rows,
    confounder_rows,
    cost_rows,
    energy_rows,
    transfer_rows,
)
from epigroup.report.sections.differences import clear_tasks
from epigroup.report.sections.groups import k_choice_rows
from epigroup.report.sections.headline import interval_text, warnings
from epigroup.report.sections.identity import identity
from epigroup.report.sections.known_sets import known_sets
from epigroup.report.sections.paper import the_paper
from epigroup.report.sections.quality import read_quality
from epigroup.report.sections.strata import baselines, strata
from epigroup.report.sections.strategies import (
    REGIONS,
    composition_tables,
    data_tables,
    gain_table,
    planted_table,
    regions_tables,
    score_tables,
    strategy_table,
    task_table,
)
from epigroup.report.sections.tasks import task_details
from epigroup.report.sections.training import search_rows, study_rows
from epigroup.report.sections.twins import twin_warnings

WATTS = {"gpu": 400.0, "cpu": 10.0}  # W of a GPU and of a thread of a CPU; figures.watts of the config


def headline(page: Page) -> Section:
    """Who won, by how much, what to be wary of, and what run this is."""
    html = fill(
        "headline",
        headline=page.rows,
        score=page.results.names.label,
        interval_text=interval_text(page.results),
        scored_on=REGIONS[page.results.headline.get("regions", "any_peak")],
        clear_tasks=clear_tasks(
            page.results,
            {name: one["grouping"] for name, one in page.report["config"]["strategies"].items()},
        ),
        targets=page.results.names.targets,
        warnings=[
            *audit_warnings(page.results),
            *twin_warnings(page.results),
            *warnings(page.results, page.rows),
        ],
        identity=identity(page.results, page.report),
    )
    return Section("headline", "Headline", html, heading=False)


def strategies(page: Page) -> Section:
    """All strategies, gains over each, choices, negative transfer, task by task."""
    html = fill(
        "strategies",
        score=page.results.names.label,
        shown_scores=page.data["metrics"],
        of_labels=page.results.names.targets == "labels",
        levels=page.data["levels"],
        strategies=page.results.strategy_names,
        strategy_rows=strategy_table(page.data),
        **score_tables(page.results),
        **gain_table(page.results),
        choices=choice_rows(page.results),
        transfer=transfer_rows(page.results),
        pairs=tables.default_pairs(page.results),
        page=page,
    )
    return Section("strategies", "Strategies", html)


def regions(page: Page) -> Section | None:
    """The same networks on all mappable bins."""
    both = regions_tables(page.results)
    names = page.results.names
    if both is None:
        return None
    html = fill(
        "regions", regions=both, score=names.label, shown=names.shown, of_labels=names.targets == "labels"
    )
    return Section("regions", "All mappable bins", html)


def groups(page: Page) -> Section | None:
    """The task vectors in a plane, who is in which group, and what the groups follow."""
    results = page.results
    composition = composition_tables(results, page.grouping)
    confounders = confounder_rows(results)
    if not (page.data["embedding"] or composition or confounders or results.k is not None):
        return None
    html = fill(
        "groups",
        has_embedding=bool(page.data["embedding"]),
        embedding_seeds=list(page.data["embedding"]),
        colour_by=colour_choices(page),
        composition=composition,
        grouping=page.grouping,
        confounders=confounders,
        has_sweep=bool(page.data["sweep"]["measures"]),
        most_stable=tables.most_stable(results),
        k_choice=k_choice_rows(results),
        page=page,
    )
    return Section("groups", "Groups", html)


def colour_choices(page: Page) -> list[tuple[str, str]]:
    """What the embedding can be coloured by, first what tells tasks apart."""
    choices = [("modality", "event modality"), ("cell_group", "cell group")]
    if page.results.tasks["modality"].nunique() == 1:
        choices.reverse()
    if page.grouping in set(page.results.groups["grouping"]):
        choices.append(("group", "task group"))
    if page.data["gain"]["label"]:
        choices.append(("gain", f"gain in {page.results.names.label}"))
    return choices


def planted(page: Page) -> Section | None:
    """How near a simulated run comes to what was planted in it."""
    found = planted_table(page.results, page.scores)
    if found is None:
        return None
    return Section("planted", "Planted truth", fill("planted", planted=found, page=page))


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


def tasks(page: Page) -> Section:
    """The table of all tasks."""
    html = fill(
        "tasks",
        shown_scores=page.data["metrics"],
        of_labels=page.results.names.targets == "labels",
        modalities=list(page.shades["modality"]),
        **task_table(page.results, page.scores, page.data),
    )
    return Section("tasks", "All tasks", html, data=task_details(page.results))


def data(page: Page) -> Section:
    """Profiles, examples, positives."""
    html = fill(
        "data",
        n_border=int(tables.examples(page.results)["dropped_border"].sum()),
        splits_rule=page.results.dataset["splits"]["rule"],
        **data_tables(page.results),
        page=page,
    )
    return Section("data", "Data", html)


def quality(page: Page) -> Section | None:
    """Peaks by assay, and reads of the profiles that entered as reads."""
    found = data_tables(page.results)
    if not (found["peak_rows"] or found["read_rows"]):
        return None
    return Section("quality", "Sample quality", fill("quality", **found))


def cost(page: Page) -> Section | None:
    """Hours, FLOP and energy of each strategy."""
    watts = page.figures.get("watts", WATTS)
    costs = energy_rows(cost_rows(page.results), watts)
    return Section("cost", "Cost", fill("cost", costs=costs, watts=watts, page=page)) if costs else None


def method(page: Page) -> Section:
    """Methods in words, every setting, and what to cite."""
    config = page.report["config"]
    html = fill(
        "methods",
        methods=methods(page.results, config, page.training, page.grouping, page.report["used"]),
        settings_text=yaml.safe_dump(
            {"config": config, "training by strategy": dict(page.training)}, sort_keys=True
        ),
        citations=citations(config, page.training, page.report["used"]),
    )
    return Section("methods", "Methods", html)


# A section is a function of the page; None where the run has nothing for it.
SECTIONS: tuple[SectionMaker, ...] = (
    headline,
    strategies,
    baselines,
    strata,
    regions,
    groups,
    affinities,
    known_sets,
    planted,
    tasks,
    training,
    data,
    quality,
    read_quality,
    the_audit,
    cost,
    the_paper,
    method,
)
