"""What a Python file of the package binds and imports, and what a name in it means where it stands."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

PACKAGE = "epigroup"
# Names that a module declares to change no result: its own tuple of this name.
NO_RESULT = "CHANGES_NO_RESULT"
# Where one of these stands, names are not all that a file refers to: all of it counts.
BEYOND_NAMES = {"globals", "exec", "eval", "__import__"}
BEYOND_WITHOUT_ARGUMENTS = {"vars", "locals"}
BEYOND_METHODS = {"__init_subclass__", "__set_name__", "__subclasses__", "__dict__", "__globals__", "modules"}
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True)
class Import:
    """What an import binds: `module` of this package and perhaps a name in it, or the full name of what is foreign."""

    module: str
    name: str | None = None
    foreign: bool = False


@dataclass(frozen=True)
class Declared:
    """Names that a module declares to change no result (`*`: all that it defines); of its classes all, those that do
    nothing but hold values, and the exceptions that keep more than their text; its tuples of exceptions that are not
    of this package; every name that it binds.
    """

    no_result: tuple[str, ...] = ()
    classes: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    payloads: frozenset[str] = frozenset()
    foreign_errors: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()

    def changes_none(self, name: str) -> bool:
        return name in self.no_result or "*" in self.no_result


@dataclass(frozen=True)
class Statement:
    """`text` with a mark for each of `refs`: (module, names...) of this package, or a name of the file itself.

    `messages`: the literals that stand in a raise. `binds`: the names that it gives a value. `always`: it does
    something when the file is imported. `raises`: foreign exceptions that it raises with a literal. `keeps`: exceptions
    that it catches and whose text it uses; `*`: one of this package, or any.
    """

    text: str
    refs: tuple[tuple[str, ...], ...]
    messages: tuple[str, ...]
    imports: tuple[str, ...]
    binds: tuple[str, ...]
    always: bool
    raises: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()


@dataclass
class Source:
    """A file: its statements in order, what its imports bind, the modules that importing it imports.

    `whole`: all of it counts, in order, whichever name is referred to: it binds a name more than once, does more than
    one thing when it is imported, imports under a condition, or goes beyond names.
    """

    name: str
    statements: list[Statement] = field(default_factory=list)
    bound: dict[str, Import] = field(default_factory=dict)
    imports: list[str] = field(default_factory=list)
    declared: Declared = field(default_factory=Declared)
    whole: bool = False

    def of(self, name: str) -> list[Statement]:
        """The statements that bind a name."""
        return [one for one in self.statements if name in one.binds]


class Package(Protocol):
    """What a file has to know of the others."""

    def exists(self, module: str) -> bool:
        """Whether there is a module of this dotted name."""

    def declared(self, module: str) -> Declared:
        """What the module says of its own names."""

    def shortest(self, module: str) -> str:
        """The end of a dotted name that no other module of the package has."""


def declarations(tree: ast.Module) -> Declared:
    """What a file says of its own names, without a look at other files."""
    no_result: tuple[str, ...] = ()
    values, payloads, foreign_errors = set(), set(), set()
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    imported = _imported(tree)
    own = {*classes, *(name for name, ours in imported.items() if ours)}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == NO_RESULT:
                no_result = tuple(ast.literal_eval(value))
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Tuple(elts=elts)):
                heads = {(chain_of(one) or [""])[0] for one in elts}
                if "" not in heads and not heads & own and not heads & {"Exception", "BaseException"}:
                    foreign_errors.add(name)
    for name, node in classes.items():
        if _holds_values(node):
            values.add(name)
        if _keeps_more_than_text(node):
            payloads.add(name)
    binds = {*imported, *(name for node in tree.body for name in bound_by(node))}
    return Declared(no_result, *map(frozenset, (classes, values, payloads, foreign_errors, binds)))


def _imported(tree: ast.Module) -> dict[str, bool]:
    """Names that the imports of a file bind, and whether they come from this package."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                found[alias.asname or first] = first == PACKAGE
        elif isinstance(node, ast.ImportFrom):
            own = node.level > 0 or (node.module or "").split(".")[0] == PACKAGE
            found |= {alias.asname or alias.name: own for alias in node.names}
    return found


class Scope(dict):
    """Names bound in a function, class or comprehension: what an import binds, or None."""

    def __init__(self, kind: str, names):
        super().__init__(names)
        self.kind = kind


class Names:
    """A file under reading, and the scopes around the place that is read."""

    def __init__(self, source: Source, is_package: bool, package: Package, keep_annotations: bool):
        self.source, self.is_package, self.package = source, is_package, package
        self.keep_annotations = keep_annotations
        self.top: set[str] = set()
        self.loggers: set[str] = set()
        self.used: set[str] = set()
        self.scopes: list[Scope] = []
        self.refs: list[tuple[str, ...]] = []
        self.messages: list[str] = []
        self.lazy: list[str] = []
        self.raises: list[str] = []
        self.keeps: list[str] = []

    # what the file binds

    def imports_of(self, node: ast.AST, plain: bool = True) -> None:
        """Imports that run when the file is imported, those in `if`, `try` and classes too."""
        if isinstance(node, ast.Import | ast.ImportFrom):
            for bound, what in self.bindings(node):
                self.source.whole |= not plain or bound in self.source.bound
                self.source.bound[bound] = what
            self.source.imports.extend(self.modules_of(node))
        elif not isinstance(node, FUNCTIONS | ast.expr) and not is_type_checking(node):
            for child in ast.iter_child_nodes(node):
                self.imports_of(child, plain=False)

    def bindings(self, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Import]]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                own = alias.name.split(".")[0] == PACKAGE
                shown = alias.name if alias.asname else alias.name.split(".")[0]
                yield alias.asname or shown, Import(shown, None, not own)
            return
        module = self.absolute(node)
        for alias in node.names:
            if module.split(".")[0] != PACKAGE:
                yield alias.asname or alias.name, Import(f"{module}.{alias.name}", None, True)
            elif alias.name == "*":
                raise ImportError(
                    f"{self.source.name}, line {node.lineno}: import the names that are used, not *"
                )
            else:
                yield alias.asname or alias.name, Import(module, alias.name)

    def absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.source.name.split(".")
        parts = parts[: len(parts) - node.level + (1 if self.is_package else 0)]
        return ".".join([*parts, *([node.module] if node.module else [])])

    def modules_of(self, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
            return
        module = self.absolute(node)
        if module.split(".")[0] == PACKAGE:
            yield module
            yield from (f"{module}.{a.name}" for a in node.names if self.package.exists(f"{module}.{a.name}"))

    def look_at(self, tree: ast.Module) -> None:
        """The file's own names, its loggers, and whether all of it counts."""
        bound = [name for node in tree.body for name in bound_by(node)]
        self.top = set(bound)
        stored = [
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
        for node in tree.body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func)):
                    if self.full_name(func) == "logging.getLogger":
                        self.loggers.add(name)
                case ast.With(items=[ast.withitem(ast.Call(func=func), ast.Name(id=name))]):
                    full = self.full_name(func) or ""
                    if full.startswith(f"{PACKAGE}.") and full.endswith(".log_to"):
                        self.loggers.add(name)
        self.loggers = {
            name
            for name in self.loggers
            if stored.count(name) == bound.count(name) == 1 and name not in self.source.bound
        }
        self.used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        shared = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
        brought = {
            name
            for node in ast.walk(tree)
            if isinstance(node, FUNCTIONS)
            for inner in ast.walk(node)
            if isinstance(inner, ast.Import | ast.ImportFrom)
            for name, _ in self.bindings(inner)
        }
        self.source.whole |= (
            len(self.top) < len(bound)
            or bool(self.top & set(self.source.bound))
            or bool(shared & brought)
            or any(map(self.goes_beyond_names, ast.walk(tree)))
        )

    def full_name(self, node: ast.expr) -> str | None:
        """`numpy.linalg.norm` for `np.linalg.norm`; a name of the file as it is; None for what is no name."""
        chain = chain_of(node)
        if chain is None:
            return None
        what = self.source.bound.get(chain[0])
        if what is None:
            return ".".join(chain)
        return ".".join([what.module, *([what.name] if what.name else []), *chain[1:]])

    def goes_beyond_names(self, node: ast.AST) -> bool:
        match node:
            case ast.Name(id=name):
                return name in BEYOND_NAMES and name not in self.top
            case ast.Call(func=ast.Name(id=name), args=[], keywords=[]):
                return name in BEYOND_WITHOUT_ARGUMENTS
            case ast.FunctionDef(name=name, args=args):
                named = [*args.posonlyargs, *args.args]
                of_module = name == "__getattr__" and not (named and named[0].arg == "self")
                return of_module or name in BEYOND_METHODS - {"modules"}
            case ast.Attribute(attr=name):
                return name in BEYOND_METHODS and (name != "modules" or self.full_name(node) == "sys.modules")
        return False

    def in_class(self) -> bool:
        return bool(self.scopes) and self.scopes[-1].kind == "class"

    def find(self, name: str) -> tuple[Import | None, bool]:
        """What a name is where it stands: (what an import binds, whether it is a local name that no import binds)."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name], scope[name] is None
        return self.source.bound.get(name), False


@contextmanager
def entered(reader: Names, scope: Scope) -> Iterator[None]:
    """Read what stands in a scope."""
    reader.scopes.append(scope)
    try:
        yield
    finally:
        reader.scopes.pop()


def chain_of(node: ast.AST) -> list[str] | None:
    """`a.b.c` as its names; None for what is more than names."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id, *reversed(names)] if isinstance(node, ast.Name) else None


def local_names(node, reader: Names) -> dict[str, Import | None]:
    """Names that a function or a class binds itself, without those of functions and classes within."""
    names: dict[str, Import | None] = {}
    shared: set[str] = set()
    if isinstance(node, FUNCTIONS):
        a = node.args
        every = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
        names |= dict.fromkeys(x.arg for x in every)
    todo: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
    while todo:
        one = todo.pop()
        if isinstance(one, ast.Global | ast.Nonlocal):
            shared |= set(one.names)
        elif isinstance(one, ast.Import | ast.ImportFrom):
            names |= dict(reader.bindings(one))
            continue
        else:
            for name in own_names(one):
                names.setdefault(name)
        if isinstance(one, FUNCTIONS | ast.ClassDef):
            continue
        if isinstance(one, COMPREHENSIONS):  # its targets are its own; what := binds is the function's
            names |= dict.fromkeys(x.target.id for x in ast.walk(one) if isinstance(x, ast.NamedExpr))
            continue
        todo.extend(ast.iter_child_nodes(one))
    return {name: what for name, what in names.items() if name not in shared}


def own_names(node: ast.AST) -> list[str]:
    """Names that this very node binds."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.MatchMapping(rest=str(name)):
            return [name]
    return []


def bound_by(node: ast.AST) -> list[str]:
    """Names that a statement of the file binds in it, without imports."""
    found, todo = [], [node]
    while todo:
        one = todo.pop()
        found += own_names(one)
        if not isinstance(one, FUNCTIONS | ast.ClassDef | COMPREHENSIONS):
            todo.extend(ast.iter_child_nodes(one))
    return list(dict.fromkeys(found))


def is_type_checking(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If) and (chain_of(node.test) or [""])[-1] == "TYPE_CHECKING" and not node.orelse
    )


def _holds_values(node: ast.ClassDef) -> bool:
    """A dataclass without code of its own where it is made."""
    made = {"__init__", "__post_init__", "__new__", "__setattr__"}
    decorated = any(
        (chain_of(x.func if isinstance(x, ast.Call) else x) or [""])[-1] == "dataclass"
        for x in node.decorator_list
    )
    return (
        decorated
        and not node.bases
        and not any(isinstance(x, ast.FunctionDef) and x.name in made for x in node.body)
    )


def _keeps_more_than_text(node: ast.ClassDef) -> bool:
    """Whether an exception's own `__init__` does more than to call that of its parent."""
    for one in node.body:
        if isinstance(one, ast.FunctionDef) and one.name in ("__init__", "__new__", "__post_init__"):
            match [
                x for x in one.body if not (isinstance(x, ast.Expr) and isinstance(x.value, ast.Constant))
            ]:
                case [
                    ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")))))
                ]:
                    continue
            return True
    return False
