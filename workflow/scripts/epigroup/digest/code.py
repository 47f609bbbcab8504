"""What a job's code is: a digest that changes with the logic and with nothing else.

It goes from name to name: what a script refers to, what that refers to, and so on. A function that the script does
not reach may change. Where things lie, how they are imported, what is logged and how an error is worded do not count.
"""

import ast
import builtins
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache, cached_property, partial
from pathlib import Path

from epigroup import WORKFLOW
from epigroup.core.files import sha256_file, whole
from epigroup.digest.names import PACKAGE, Declared, Source, Statement, declarations
from epigroup.digest.statements import read_source

SCRIPTS = WORKFLOW / "scripts"
# (module, name) of a file's own name, (module,) for all of a file
Node = tuple[str, ...]


def code_digest(
    script: str,
    modules: Iterable[str] = (),
    files: Iterable[str] = (),
    known: str | os.PathLike | None = None,
) -> str:
    """sha256 over the statements of a script and over all statements of the package that it reaches.

    What counts: every statement of the script; the definition of each name of the package that is referred to, from
    there on likewise; what a module does when it is imported. What does not: docstrings, comments, layout, notes of
    types outside classes, calls of the module's logger that only format what they are given, string literals of a
    `raise` (unless the code that is reached keeps an error's text), where modules lie, and names that their module
    lists in `CHANGES_NO_RESULT`.

    `modules` are further package modules (`grouping.kmeans`) that a registry loads by name at run time, taken whole;
    `files` are further files of any kind, relative to `workflow/`, taken byte by byte.

    `known`: a file in which digests are kept from one process to the next, as each job of a run asks for all of them;
    they are believed for the very bytes of all files that they were made from.
    """
    modules, files = tuple(modules), tuple(files)
    code = _code(SCRIPTS, _stamp(SCRIPTS))
    if known is None:
        return code.digest(script, modules, files)
    key = json.dumps([script, modules, [[name, sha256_file(SCRIPTS.parent / name)] for name in files]])
    found = _read_known(Path(known), code.content)
    if key not in found:
        found[key] = code.digest(script, modules, files)
        _write_known(Path(known), code.content, found)
    return found[key]


def _read_known(path: Path, content: str) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return kept["digests"] if kept["content"] == content else {}
    except (OSError, ValueError, KeyError, TypeError):  # it saves time and nothing else
        return {}


def _write_known(path: Path, content: str, digests: dict[str, str]) -> None:
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as partial:
            partial.write_text(json.dumps({"content": content, "digests": digests}), encoding="utf-8")


def reached(script: str, modules: Iterable[str] = ()) -> set[Node]:
    """The names of the package whose definitions are part of a script's digest, as (module, name); the name is empty of
    a module that is part of it as a whole."""
    code = _code(SCRIPTS, _stamp(SCRIPTS))
    nodes = code.reach(script, tuple(modules))[0]
    ours = [node for node in nodes if node[0].startswith(f"{PACKAGE}.")]
    return {(node[0], "".join(node[1:])) for node in ours if len(node) == 2 or code.source(node[0]).whole}


def _stamp(scripts: Path) -> tuple:
    """Names, dates and sizes of all files; by `scandir`, for it is asked some sixty times when Snakemake starts."""
    found, folders = [], [str(scripts)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    at = entry.stat()
                    found.append((entry.path, at.st_mtime_ns, at.st_size))
                elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                    folders.append(entry.path)
    return tuple(sorted(found))


@cache
def _code(scripts: Path, _stamp: tuple) -> "_Code":
    return _Code(scripts)


class _Code:
    """All files of the package, read when they are asked for, and the digests of their names."""

    def __init__(self, scripts: Path):
        self.scripts = scripts
        self.paths: dict[str, Path | None] = {}
        self.trees: dict[str, tuple[ast.Module, str, bool]] = {}
        self.declarations: dict[str, Declared] = {}
        self.ends: dict[str, str] = {}
        self.sources: dict[str, Source] = {}
        self.nodes: dict[Node, tuple[list[Statement], list[list[Node | str]]]] = {}
        self.hashes: dict[bool, dict[Node, str]] = {False: {}, True: {}}

    # files

    @cached_property
    def content(self) -> str:
        """sha256 over the bytes of all files."""
        found = sorted([*self.scripts.glob("*.py"), *self.files()])
        return _sha256(f"{path.relative_to(self.scripts)} {sha256_file(path)}" for path in found)

    def files(self) -> list[Path]:
        return list((self.scripts / PACKAGE).rglob("*.py"))

    def path(self, module: str) -> Path | None:
        if module not in self.paths:
            base = self.scripts.joinpath(*module.split("."))
            both = (base / "__init__.py", base.with_suffix(".py"))
            self.paths[module] = next((one for one in both if one.is_file()), None)
        return self.paths[module]

    def exists(self, module: str) -> bool:
        return module.split(".")[0] == PACKAGE and self.path(module) is not None

    def tree(self, module: str) -> tuple[ast.Module, str, bool]:
        if module not in self.trees:
            path = self.path(module)
            if path is None:
                raise ModuleNotFoundError(f"no module {module} under {self.scripts}")
            text = path.read_text(encoding="utf-8-sig")
            self.trees[module] = ast.parse(text, filename=str(path)), text, path.name == "__init__.py"
        return self.trees[module]

    def declared(self, module: str) -> Declared:
        if module not in self.declarations:
            self.declarations[module] = declarations(self.tree(module)[0])
        return self.declarations[module]

    def source(self, module: str) -> Source:
        if module not in self.sources:
            self.sources[module] = read_source(module, *self.tree(module), self)
        return self.sources[module]

    def shortest(self, module: str) -> str:
        if module not in self.ends:
            self.ends[module] = self.end_of(module)
        return self.ends[module]

    def end_of(self, module: str) -> str:
        known = [".".join(path.relative_to(self.scripts).with_suffix("").parts) for path in self.files()]
        parts = module.split(".")
        ends = [".".join(parts[at:]) for at in range(len(parts) - 1, -1, -1)]
        return next(end for end in ends if sum(f".{one}".endswith(f".{end}") for one in known) <= 1)

    # names

    def node(self, module: str, name: str | None = None) -> Node | str:
        """Where a name is defined; the full name of what is foreign, or of what changes no result."""
        if name is None:
            return (module,)
        source = self.source(module)
        if source.declared.changes_none(name) and source.of(name):
            return f"no result {name}"
        if name.startswith("__") or (source.whole and name in source.declared.binds):
            return (module,)
        if source.of(name):
            return (module, name)
        if name in source.bound:
            what = source.bound[name]
            if what.foreign:
                return f"foreign {what.module}"
            if what.name is None or not self.exists(f"{what.module}.{what.name}"):
                return self.node(what.module, what.name)
            return (f"{what.module}.{what.name}",)
        if self.exists(f"{module}.{name}"):
            return (f"{module}.{name}",)
        raise ImportError(f"{module} has no {name}")

    def parts(self, node: Node) -> tuple[list[Statement], list[list[Node | str]]]:
        """The statements of a node, and what each refers to."""
        if node not in self.nodes:
            source = self.source(node[0])
            statements = list(source.statements) if len(node) == 1 else source.of(node[1])
            if len(node) == 1 and "." in node[0] or source.whole:
                statements.append(self.brought(source))
            self.nodes[node] = statements, [[self.node(*ref) for ref in one.refs] for one in statements]
        return self.nodes[node]

    def brought(self, source: Source) -> Statement:
        """What the imports of a file bind, for one of which all counts: an attribute of it may be any of them."""
        own = [(name, what) for name, what in sorted(source.bound.items()) if not what.foreign]
        refs = [(what.module, *([what.name] if what.name else [])) for _, what in own]
        shown = [f"{name}={what.module}" for name, what in sorted(source.bound.items()) if what.foreign]
        text = f"brought {' '.join([*(name for name, _ in own), *shown])}"
        return Statement(text, tuple(refs), (), (), (), False)

    def reach(self, script: str, modules: Sequence[str]) -> tuple[set[Node], set[str]]:
        """All nodes that a script reaches, and all modules that it imports."""
        roots = [(script,), *((f"{PACKAGE}.{name}",) for name in modules)]
        for root in roots:
            self.tree(root[0])
        nodes: set[Node] = set()
        imported: set[str] = set()
        todo: list[Node] = list(roots)
        new = [root[0] for root in roots]
        while todo or new:
            while new:
                module = new.pop()
                if module in imported:
                    continue
                imported.add(module)
                source = self.source(module)
                new += [*source.imports, *_parents(module)]
                for one in self.acting(module):
                    todo += [n for n in (self.node(*ref) for ref in one.refs) if not isinstance(n, str)]
                    new += one.imports
            while todo:
                node = todo.pop()
                if node in nodes:
                    continue
                nodes.add(node)
                statements, refs = self.parts(node)
                new += [module for one in statements for module in one.imports]
                new += [node[0]]
                todo += [n for found in refs for n in found if not isinstance(n, str)]
        return nodes, imported

    def acting(self, module: str) -> list[Statement]:
        """What a module does when it is imported."""
        source = self.source(module)
        return [] if source.declared.changes_none("*") else [one for one in source.statements if one.always]

    # digests

    def digest(self, script: str, modules: Sequence[str], files: Sequence[str]) -> str:
        nodes, imported = self.reach(script, modules)
        worded = self.is_worded(nodes, imported)
        parts = [self.hash((script,), worded)]
        parts += sorted(self.hash((f"{PACKAGE}.{name}",), worded) for name in modules)
        acts = [[self.hash_of(one, worded) for one in self.acting(module)] for module in imported - {script}]
        parts += ["acts", *sorted(_sha256(found) for found in acts if found)]
        parts += ["order", self.identities([(script,), *((f"{PACKAGE}.{name}",) for name in modules)])]
        for name in sorted(files, key=lambda name: (Path(name).name, name)):
            parts += [Path(name).name, sha256_file(self.scripts.parent / name)]
        return _sha256(parts)

    def is_worded(self, nodes: set[Node], imported: set[str]) -> bool:
        """Whether the text of an error that is raised here may come to stand in a result: something keeps it."""
        reached = [one for node in nodes for one in self.parts(node)[0]]
        reached += [one for module in imported for one in self.acting(module)]
        raised = {name for one in reached for name in one.raises}
        return any(
            name == "*" or any(_is_a(other, name) for other in raised)
            for one in reached
            for name in one.keeps
        )

    def identities(self, roots: Sequence[Node]) -> str:
        """Which references lead to the same name: tables of the same content may be two, or one that both share."""
        numbers: dict[Node, int] = {}
        seen = []
        todo = list(reversed(roots))
        while todo:
            node = todo.pop()
            if node in numbers:
                seen.append(str(numbers[node]))
                continue
            numbers[node] = len(numbers)
            seen.append("new")
            found = [one for refs in self.parts(node)[1] for one in refs if not isinstance(one, str)]
            todo.extend(reversed(found))
        return _sha256(seen)

    def hash_of(self, one: Statement, worded: bool) -> str:
        refs = [
            n if isinstance(n, str) else self.hash(n, worded) for n in (self.node(*ref) for ref in one.refs)
        ]
        return _hash_of(one, refs, worded)

    def hash(self, node: Node, worded: bool) -> str:
        """Digest of a name: its statements, with the digests of what they refer to in place of the names.

        Names that refer to each other in a circle are told apart by as many rounds of replacing as there are names.
        """
        known = self.hashes[worded]
        if node not in known:
            for circle in _circles(node, partial(self.neighbours, worded=worded)):
                now = {one: self.local_hash(one, circle, {}, worded) for one in circle}
                for _ in circle if len(circle) > 1 else ():
                    now = {one: self.local_hash(one, circle, now, worded) for one in circle}
                known |= now
        return known[node]

    def neighbours(self, node: Node, worded: bool) -> list[Node]:
        named = (one for found in self.parts(node)[1] for one in found if not isinstance(one, str))
        return [one for one in named if one not in self.hashes[worded]]

    def local_hash(self, node: Node, circle: list[Node], now: dict[Node, str], worded: bool) -> str:
        known = self.hashes[worded]
        texts = []
        for one, found in zip(*self.parts(node), strict=True):
            refs = [n if isinstance(n, str) else now.get(n, "") if n in circle else known[n] for n in found]
            texts.append(_hash_of(one, refs, worded))
        return _sha256(texts)


def _is_a(raised: str, caught: str) -> bool:
    """Whether an exception is caught by that name, as far as the names say it."""
    one, other = (getattr(builtins, name, None) for name in (raised, caught))
    if isinstance(one, type) and isinstance(other, type):
        return issubclass(one, other)
    return raised == caught or not (isinstance(one, type) or isinstance(other, type))


def _hash_of(one: Statement, refs: Iterable[str], worded: bool) -> str:
    return _sha256([one.text, *refs, *(one.messages if worded else ())])


def _circles(start: Node, neighbours) -> Iterable[list[Node]]:
    """Strongly connected components of what is reached from a node, each after those it refers to (Tarjan 1972)."""
    order: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: list[Node] = []
    here: set[Node] = set()
    work = [(start, iter(neighbours(start)))]
    order[start] = low[start] = 0
    stack.append(start)
    here.add(start)
    while work:
        node, rest = work[-1]
        for other in rest:
            if other not in order:
                order[other] = low[other] = len(order)
                stack.append(other)
                here.add(other)
                work.append((other, iter(neighbours(other))))
                break
            if other in here:
                low[node] = min(low[node], order[other])
        else:
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == order[node]:
                at = stack.index(node)
                circle = stack[at:]
                del stack[at:]
                here -= set(circle)
                yield sorted(circle)


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts))] if parts[0] == PACKAGE else []


def _sha256(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}\n".encode())
    return digest.hexdigest()
