"""House rules: how long functions and files are, how much a function is told, and that what a module calls its own
stays there. How many files a folder holds: `test_packages`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

LONGEST_FUNCTION, LONGEST_FILE, LONGEST_RULES, MOST_PARAMETERS = 80, 400, 200, 10

# Functions with more parameters than that, and why no record says it better.
ARE_TOLD_MORE: dict[str, str] = {}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def trees(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Each Python file below a folder, its path relative to the folder, and its syntax tree."""
    found = sorted(folder.rglob("*.py"))
    assert found, folder
    for path in found:
        yield path.relative_to(folder), ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Each function of a file, methods and inner ones too, by its name with that of its class or function before."""
    todo: list[tuple[str, ast.AST]] = [("", tree)]
    while todo:
        within, node = todo.pop()
        for child in ast.iter_child_nodes(node):
            name = within
            if isinstance(child, Function | ast.ClassDef):
                name = f"{within}.{child.name}".lstrip(".")
            if isinstance(child, Function):
                yield name, child
            todo.append((name, child))


def length(function: Function) -> int:
    """Lines from the first decorator to the last statement."""
    first = min([function.lineno, *(one.lineno for one in function.decorator_list)])
    return function.end_lineno - first + 1


def parameters(function: Function) -> list[str]:
    """The names that a call may give values to; an object or a class that is given by itself is none."""
    told = function.args
    named = [*told.posonlyargs, *told.args, *told.kwonlyargs]
    starred = [one for one in (told.vararg, told.kwarg) if one is not None]
    return [one.arg for one in [*named, *starred] if one.arg not in ("self", "cls")]


def too_long(folder: Path) -> list[str]:
    return [
        f"{path}:{function.lineno}: {name} has {length(function)} lines"
        for path, tree in trees(folder)
        for name, function in functions(tree)
        if length(function) > LONGEST_FUNCTION
    ]


def told_much(folder: Path) -> dict[str, int]:
    """ "file:function" -> how many parameters, of those with more than MOST_PARAMETERS."""
    return {
        f"{path.as_posix()}:{name}": len(parameters(function))
        for path, tree in trees(folder)
        for name, function in functions(tree)
        if len(parameters(function)) > MOST_PARAMETERS
    }


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def taken_from_others(folder: Path) -> list[str]:
    """Where a file names what begins with an underscore in another: by an import, or as `module._name`."""
    found = []
    for path, tree in trees(folder):
        modules: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                words = [*(node.module or "").split("."), *(one.name for one in node.names)]
                found += [f"{path}:{node.lineno}: {word}" for word in words if private(word)]
                modules |= {
                    one.asname or one.name for one in node.names if (node.module or "").startswith("epigroup")
                }
            elif isinstance(node, ast.Import):
                own = [one for one in node.names if one.name.startswith("epigroup")]
                found += [
                    f"{path}:{node.lineno}: {one.name}"
                    for one in own
                    if any(map(private, one.name.split(".")))
                ]
                modules |= {one.asname for one in own if one.asname}
        found += [
            f"{path}:{node.lineno}: {node.value.id}.{node.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in modules
            and private(node.attr)
        ]
    return found


def test_a_function_fits_on_a_page(repository):
    found = too_long(repository / "workflow" / "scripts")
    assert not found, "\n".join(found)


def test_what_a_function_is_told_fits_in_a_head(repository):
    found = told_much(repository / "workflow" / "scripts")
    more = [f"{name} has {n} parameters" for name, n in found.items() if name not in ARE_TOLD_MORE]
    assert not more, "\n".join(more)
    assert set(ARE_TOLD_MORE) <= set(found), "ARE_TOLD_MORE names what is gone or mended"


@pytest.mark.parametrize(
    "folder, pattern, most", [("scripts", "*.py", LONGEST_FILE), ("rules", "*.smk", LONGEST_RULES)]
)
def test_a_file_is_about_one_thing(repository, folder, pattern, most):
    files = list((repository / "workflow" / folder).rglob(pattern))
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    found = [f"{path} has {n} lines" for path, n in sizes.items() if n > most]
    assert files
    assert not found, "\n".join(found)


def test_a_name_with_an_underscore_stays_in_its_module(repository):
    found = taken_from_others(repository / "workflow" / "scripts")
    assert not found, "\n".join(found)


def test_what_breaks_a_rule_is_found(tmp_path):
    names = ", ".join(f"one_{i}" for i in range(MOST_PARAMETERS))
    body = "\n".join("        pass" for _ in range(LONGEST_FUNCTION))
    (tmp_path / "mine.py").write_text(
        "import epigroup.core._own\n"
        "from epigroup.core import files\n"
        "from epigroup.core.files import _stamp, whole\n"
        "from numpy import _core\n"
        f"class Long:\n    def at_most(self, {names}): ...\n"
        f"    def much(self, {names}, *, last):\n{body}\n"
        "self._own = files._kept, files.__name__\n"
    )
    assert too_long(tmp_path) == ["mine.py:7: Long.much has 81 lines"]
    assert told_much(tmp_path) == {"mine.py:Long.much": 11}
    assert taken_from_others(tmp_path) == [
        "mine.py:1: epigroup.core._own",
        "mine.py:3: _stamp",
        "mine.py:4: _core",
        "mine.py:88: files._kept",
    ]
