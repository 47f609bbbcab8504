"""A page of the report in the making: what its sections draw on, and what a section is."""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import jinja2
import pandas as pd
from markupsafe import Markup

from epigroup.report_data import Results

TEMPLATES = Path(__file__).resolve().parents[2] / "report"


@dataclass(frozen=True)
class Page:
    """What sections are made from.

    results: the tables of the run. report: name, config_hash, config, code. grouping: the one whose groups are
    shown. training: resolved settings by strategy. shades: colours by kind and name. rows: the headline's rows.
    scores: as `figure_tables.task_scores`. data: what the page's script draws from. figures: the config's
    section. drawn: the figures that lie in the folder `figures` beside the page's. pictures: figure -> its PNG
    file, of those that the page holds as pictures.
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
    drawn: frozenset[str] = frozenset()
    pictures: Mapping[str, Path] = field(default_factory=dict)

    def caption(self, name: str) -> str | None:
        """The config's own caption of a figure, or None."""
        return self.figures.get("captions", {}).get(name)

    def picture(self, name: str, alt: str) -> Markup:
        """The figure itself, held by the page; nothing where it was not drawn. alt: what it shows, in words."""
        if name not in self.pictures:
            return Markup("")
        coded = base64.b64encode(Path(self.pictures[name]).read_bytes()).decode()
        return Markup('<img class="picture" src="data:image/png;base64,{}" alt="{}">').format(coded, alt)

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
        return Markup('<span class="files">Figure {name}: {links}</span>').format(
            name=name, links=Markup(", ").join(links)
        )


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
    """The sections of a page in order, without those of which this run has nothing."""
    made = (maker(page) for maker in makers)
    return [section for section in made if section is not None]


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
