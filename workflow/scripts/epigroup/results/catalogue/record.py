"""What is said of a file that a run leaves: where it lies, what it is, and what each of its columns means."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from string import Formatter

NUMBERS = ("seed", "replicate", "pack", "part")  # words in braces that stand for a whole number
MAPPABLE = "all_mappable"  # folder of scores over all mappable bins, where a run has them beside the others


@dataclass(frozen=True)
class Column:
    """A column of a table, a key of a JSON object, or a data set of an HDF5 file.

    name: as the file has it; words in braces stand for names of the run, so that `{strategy}:test_f1` is a column a
    strategy. meaning: in words, with unit and range where these help. needed: whether who reads a finished run must
    find it. when: what a run must have for it to be there; empty where it always is.
    """

    name: str
    meaning: str
    needed: bool = False
    when: str = ""

    @property
    def is_family(self) -> bool:
        """Whether it stands for several columns."""
        return "{" in self.name

    def stands_for(self, name: str) -> bool:
        """Whether a column of a file is this one, or one of this family."""
        return _pattern(self.name).fullmatch(name) is not None


@dataclass(frozen=True)
class ResultFile:
    """A file of a finished run, or many alike.

    key: its name in the library. path: below the results folder; words in braces stand for names of the run. about:
    what it is, in a sentence or two. columns: in the order of the file. when: what a run must have to leave it; empty
    where every run does. mappable: whether it lies below `all_mappable/` too, of all mappable bins, with
    `dataset.evaluation_regions: both`. header: whether the first line of a table names its columns.
    """

    key: str
    path: str
    about: str
    columns: tuple[Column, ...] = field(default=())
    when: str = ""
    mappable: bool = False
    header: bool = True

    @property
    def needed(self) -> list[str]:
        """The columns that who reads a finished run must find."""
        return [column.name for column in self.columns if column.needed]

    @property
    def is_many(self) -> bool:
        """Whether a run may leave several of these."""
        return bool(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The words in braces of its path."""
        return tuple(name for _, name, *_ in Formatter().parse(self.path) if name)

    def at(self, *names: object, mappable: bool = False) -> str:
        """Its path below the results folder. names: what stands for the words in braces, in their order.

        ValueError: more or fewer names than these, or it has no twin below `all_mappable/`.
        """
        if mappable and not self.mappable:
            raise ValueError(f"{self.key} is not made of all mappable bins")
        path = self.path.format(**dict(zip(self.names, names, strict=True)))
        return f"{MAPPABLE}/{path}" if mappable else path

    def stands_for(self, path: str) -> bool:
        """Whether a path below the results folder is that of such a file."""
        own = path.removeprefix(f"{MAPPABLE}/") if self.mappable else path
        return _pattern(self.path).fullmatch(own) is not None

    def column(self, name: str) -> Column | None:
        """What is said of a column of the file; None where nothing is. A plain name goes before a family."""
        found = [one for one in self.columns if one.stands_for(name)]
        return min(found, key=lambda one: one.is_family, default=None)

    def undescribed(self, names: Iterable[str]) -> list[str]:
        """Those of a file's columns of which nothing is said."""
        return [name for name in names if self.column(name) is None]

    def lacking(self, names: Iterable[str]) -> list[str]:
        """The columns that every such file has, of those that are not among `names`."""
        there = set(map(self.column, names))
        return [one.name for one in self.columns if not one.when and one not in there]


def _pattern(text: str) -> re.Pattern[str]:
    """What a text with words in braces stands for: each is any text within one folder, or one of NUMBERS."""
    parts = []
    for before, name, *_ in Formatter().parse(text):
        parts += [re.escape(before), "" if not name else r"\d+" if name in NUMBERS else "[^/]+"]
    return re.compile("".join(parts))
