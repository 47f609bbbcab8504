"""A page of the report in the making: what its sections draw on, and what a section is."""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import jinja2
import pandas as pd
from markupsafe import Markup

from epigroup import WORKFLOW
from epigroup.report.figures.catalogue import FIGURES
from epigroup.report.figures.record import Figure
from epigroup.results.run import Results

LARGEST = 1_000_000  # bytes of a picture that a page holds
SMALL = 60_000  # bytes of an SVG that is taken whatever the PNG's size
TEMPLATES = WORKFLOW / "report"
KNOWN: Mapping[str, Figure] = {one.name: one for one in FIGURES}


@dataclass(frozen=True)
class Page:
    """What sections are made from.

    results: the tables of the run. report: name, config_hash, config, code. grouping: the one whose groups are
    shown. training: resolved settings by strategy. shades: colours by kind and name. rows: the headline's rows.
    scores: as `figures.numbers.task_scores`. data: what the page's script draws from. figures: the config's
    section. drawn: figure -> its SVG file in the folder `figures` of the run, a PNG beside it.
    """

    results: Results
    report: Mapping
    grouping: str | None
    training: Mapping
    shades: Mapping
    rows: list[dict]
    scores: pd.DataFrame
    data: Mapping
    figures: Mapping = field(default_factory=dict)
    drawn: Mapping[str, Path] = field(default_factory=dict)

    def caption(self, name: str) -> str | None:
        """The config's own caption of a figure, or None."""
        return self.figures.get("captions", {}).get(name)

    def picture(self, name: str, alt: str) -> Markup:
        """The figure itself, held by the page; nothing where it was not drawn. alt: what it shows, in words."""
        if name not in self.drawn:
            return Markup("")
        source = address_of(self.drawn[name])
        if source is None:
            return Markup('<p class="note">Figure {} is too large to be held by this page.</p>').format(name)
        return Markup('<img class="picture" src="{}" alt="{}">').format(source, alt)

    def files(self, name: str) -> Markup:
        """Links to a figure's files, where it was drawn."""
        if name not in self.drawn:
            return Markup("")
        links = [
            Markup(
                '<a href="../figures/{name}.{kind}" aria-label="Figure {name}, {words}">{words}</a>'
            ).format(name=name, kind=kind, words=words)
            for kind, words in (("svg", "SVG"), ("png", "PNG"), ("tsv", "numbers as TSV"))
        ]
        return Markup(
            '<span class="files">Figure {name}, in the folder <code>figures</code> of the run: {links}</span>'
        ).format(name=name, links=Markup(", ").join(links))

    def still(self, name: str) -> Markup:
        """The figure itself, to be opened, where it was drawn: a link leads nowhere once the page is mailed."""
        if name not in self.drawn:
            return Markup("")
        figure = KNOWN[name]
        words = figure.still or figure.title
        held = self.picture(name, self.caption(name) or f"Figure {name}: {words}")
        return Markup('<details class="still"><summary>Figure: {}</summary>{}</details>').format(words, held)

    def at_the_end(self, section: str) -> Markup:
        """The figures that stand at the end of a section because their records say so (`Figure.section`)."""
        parts = [
            Markup('\n{}\n<p class="note">{} {}</p>').format(
                self.still(one.name), self.caption(one.name) or one.caption, self.files(one.name)
            )
            for one in FIGURES
            if one.section == section and one.name in self.drawn
        ]
        return Markup("").join(parts)


def address_of(svg: Path) -> str | None:
    """The figure as a data: address: its SVG, or its PNG where that is smaller and the SVG not small; None for one
    above `LARGEST`."""
    drawing, pixels = svg.read_bytes(), svg.with_suffix(".png").read_bytes()
    kind, content = ("svg+xml", drawing) if len(drawing) <= max(SMALL, len(pixels)) else ("png", pixels)
    if len(content) > LARGEST:
        return None
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


@dataclass(frozen=True)
class Section:
    """One section of the page.

    key: its id, to which links lead (`#key`). title: as it stands in the list of sections. html: its body.
    heading: whether the title stands over it. data: what the page's script needs for it, in JSON's types
    (`data.sections[key]` there).
    """

    key: str
    title: str
    html: Markup
    heading: bool = True
    data: Mapping = field(default_factory=dict)


SectionMaker = Callable[[Page], Section | None]


def make_sections(makers: Iterable[SectionMaker], page: Page) -> list[Section]:
    """The sections of a page in order, each with the figures at its end, without those of which this run has
    nothing."""
    made = (maker(page) for maker in makers)
    return [
        replace(section, html=section.html + page.at_the_end(section.key))
        for section in made
        if section is not None
    ]


@cache
def environment() -> jinja2.Environment:
    """Where templates are found, and how they are filled: all text escaped, no name left undefined."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )


def fill(template: str, **names: object) -> Markup:
    """The template `sections/{template}.html.j2` with these names, safe to put into a page."""
    return Markup(environment().get_template(f"sections/{template}.html.j2").render(names))
