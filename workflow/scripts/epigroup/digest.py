"""What a job's code is: a digest that changes with the logic and with nothing else."""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
SCRIPTS = PACKAGE.parent


def code_digest(script: str, modules: Iterable[str] = (), files: Iterable[str] = ()) -> str:
    """sha256 over the syntax trees of a script and of all package modules it imports, directly or not.

    Docstrings, comments and layout do not count, so that a touch, a fresh checkout or a better comment reruns
    nothing. `modules` are further package modules (`grouping.kmeans`) that a registry loads by name at run
    time; `files` are further files of any kind, relative to `workflow/`, taken byte by byte.
    """
    digest = hashlib.sha256()
    seen: dict[Path, str] = {}
    todo = [SCRIPTS / f"{script}.py", *(module_path(f"epigroup.{name}") for name in modules)]
    while todo:
        path = todo.pop()
        if path not in seen:
            seen[path], imported = tree_and_imports(path, path.stat().st_mtime_ns)
            todo.extend(imported)
    for path in sorted(seen):
        digest.update(f"{path.relative_to(SCRIPTS)}\0{seen[path]}\0".encode())
    for name in sorted(files):
        digest.update(f"{name}\0".encode() + (SCRIPTS.parent / name).read_bytes() + b"\0")
    return digest.hexdigest()


def module_path(dotted: str) -> Path:
    """File of a package module; ModuleNotFoundError when there is none."""
    base = SCRIPTS.joinpath(*dotted.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    raise ModuleNotFoundError(f"no module {dotted} under {SCRIPTS}")


@cache
def tree_and_imports(path: Path, _mtime: int) -> tuple[str, tuple[Path, ...]]:
    """Digest of a file's syntax tree without docstrings, and the package files it imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    imported = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and node.level == 0
            and (node.module or "").split(".")[0] == "epigroup"
        ):
            imported.append(module_path(node.module))
            for alias in node.names:
                child = SCRIPTS.joinpath(*node.module.split("."), alias.name)
                if child.with_suffix(".py").is_file() or (child / "__init__.py").is_file():
                    imported.append(module_path(f"{node.module}.{alias.name}"))
        elif isinstance(node, ast.Import):
            imported.extend(module_path(a.name) for a in node.names if a.name.split(".")[0] == "epigroup")
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body[0] = ast.Pass()
    return hashlib.sha256(_text(tree).encode()).hexdigest(), tuple(imported)


def _text(node: object) -> str:
    """A syntax tree as text. Not ast.dump: versions of Python differ in the empty fields that it writes."""
    if isinstance(node, ast.AST):
        fields = ((name, getattr(node, name, None)) for name in node._fields)
        kept = (f"{name}={_text(value)}" for name, value in fields if value is not None and value != [])
        return f"{type(node).__name__}({','.join(kept)})"
    if isinstance(node, list):
        return f"[{','.join(map(_text, node))}]"
    return repr(node)
