"""House rules of the tests themselves: where they lie, what they share, how long a file is."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from checkouts import LIBRARY, REPOSITORY

TESTS = REPOSITORY / "tests"
LONGEST_FILE, LONGEST_DOUBLE = (
    400,
    3,
)  # lines of a file; statements that two files may both have in one function


def files() -> Iterator[tuple[str, ast.Module]]:
    """Each Python file of the tests and benchmarks: its place, its syntax tree."""
    for folder in (TESTS, REPOSITORY / "benchmarks"):
        for path in sorted(folder.rglob("*.py")):
            yield str(path.relative_to(REPOSITORY)), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    """The modules that a file imports, at its head or within a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def said_twice(trees: Iterator[tuple[str, ast.Module]]) -> list[str]:
    """Functions at the head of several files with one body."""
    places = defaultdict(list)
    for place, tree in trees:
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and len(node.body) > LONGEST_DOUBLE:
                places[ast.dump(ast.Module(node.body, []))].append(f"{place}:{node.lineno}: {node.name}")
    return [", ".join(found) for found in places.values() if len(found) > 1]


def test_each_package_has_its_folder_of_tests():
    packages = {path.parent.name for path in (LIBRARY / "epigroup").glob("*/__init__.py")}
    folders = {path.name for path in (TESTS / "unit").iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == packages
    assert not list((TESTS / "unit").glob("*.py"))
    assert all(list((TESTS / "unit" / name).glob("test_*.py")) for name in folders)


def test_no_two_test_files_have_one_name():
    """pytest imports them by their names alone, and refuses the second of two; so it does modules beside them."""
    names = Counter(Path(place).name for place, _ in files() if place.startswith("tests/"))
    assert [name for name, times in names.items() if times > 1 and name != "conftest.py"] == []


def test_what_files_share_stands_in_no_test_file():
    found = [
        f"{place}: {name}"
        for place, tree in files()
        for name in imported(tree)
        if name.startswith("test_") or name == "conftest"
    ]
    assert found == []


def test_nothing_is_said_twice():
    assert said_twice(files()) == []


def test_a_function_that_two_files_have_is_found():
    body = "\n".join(f"    a = {i}" for i in range(LONGEST_DOUBLE + 1))
    one, other = (ast.parse(f"def {name}():\n{body}\n") for name in ("one", "other"))
    assert said_twice(iter([("a.py", one), ("b.py", other)])) == ["a.py:1: one, b.py:1: other"]


def test_a_file_is_about_one_thing_and_says_which():
    lengths = {
        place: len((REPOSITORY / place).read_text(encoding="utf-8").splitlines()) for place, _ in files()
    }
    assert [f"{place}: {n} lines" for place, n in lengths.items() if n > LONGEST_FILE] == []
    assert [place for place, tree in files() if not ast.get_docstring(tree)] == []


def test_tests_that_a_page_names_are_there():
    named = {
        (page.name, path)
        for page in [
            *REPOSITORY.glob("*.md"),
            *REPOSITORY.glob("docs/**/*.md"),
            REPOSITORY / "benchmarks/RESULTS.md",
        ]
        for path in re.findall(r"\btests/[\w/]+\.(?:py|yaml|tsv|sh|c)\b", page.read_text(encoding="utf-8"))
    }
    assert len(named) > 20
    assert [one for one in sorted(named) if not (REPOSITORY / one[1]).is_file()] == []
