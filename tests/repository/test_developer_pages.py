"""Pages for developers: the functions that they name are there, and a term is said once."""

import ast
import re

from checkouts import LIBRARY, REPOSITORY

DEVELOPERS = REPOSITORY / "docs" / "developers"


def names_of(path):
    """The names that a module binds at its head: functions, classes, constants."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            found |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return found


def test_the_ways_through_the_files_name_functions_that_are_there():
    text = (DEVELOPERS / "architecture.md").read_text(encoding="utf-8")
    ways = text[text.index("## The way of a label") :]
    named = re.findall(r"`((?:\w+\.)+\w+)`", ways)
    assert len(named) > 30 and ways.count("## The way of a ") == 4
    files = {"metrics.tsv", "groups.tsv", "dataset.json", "measures.json", "blocks.h5"}
    for dotted in set(named) - files:
        *module, name = dotted.split(".")
        base = LIBRARY.joinpath("epigroup", *module)
        path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        assert path.is_file() and name in names_of(path), dotted


def test_the_glossary_says_each_term_once():
    terms = re.findall(
        r"^\| \*\*(.+?)\*\*", (DEVELOPERS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(terms) > 60 and len(set(terms)) == len(terms)
