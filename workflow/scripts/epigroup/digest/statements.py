"""The statements of a Python file of the package, for the code digest.

A statement becomes a text free of layout, comments, docstrings, annotations that nothing reads, and of calls of the
module's logger. What it refers to in this package stands in the text as a mark, so that the text does not change when a
module moves; what it refers to elsewhere stands under its full name, whatever the import calls it.
"""

import ast
import re
from dataclasses import replace

from epigroup.digest.effects import READS_ANY_ERROR, Effects
from epigroup.digest.names import (
    NO_RESULT,
    PACKAGE,
    Package,
    Scope,
    Source,
    Statement,
    bound_by,
    chain_of,
    declarations,
    entered,
    is_type_checking,
    local_names,
)

READS_ANNOTATIONS = re.compile(
    r"\b(__annotations__|get_type_hints|get_annotations|singledispatch|singledispatchmethod|validate_call)\b"
    r"|\binspect\.signature\b|@\w+\.register\b"
)
READS_DOCSTRINGS = re.compile(r"\b(__doc__|getdoc)\b")
JOINS = {"join", "format", "strip", "lower", "upper", "capitalize"}
MARK = "\x00"


def read_source(name: str, tree: ast.Module, text: str, is_package: bool, package: Package) -> Source:
    """A file of the package, or a script (`name` without a dot), from its syntax tree and its text.

    Raises ImportError for `from x import *`, which hides what is used.
    """
    source = Source(name, declared=declarations(tree))
    reader = Reader(source, is_package, package, bool(READS_ANNOTATIONS.search(text)))
    for node in tree.body:
        reader.imports_of(node)
    reader.look_at(tree)
    reader.keep_docstrings = bool(READS_DOCSTRINGS.search(text))
    found = [reader.statement(node) for node in tree.body]
    source.statements += [one for one in found if one is not None]
    source.whole |= sum(one.always for one in source.statements) > 1
    if source.whole:
        source.statements = [replace(one, always=True) for one in source.statements]
    return source


class Reader(Effects):
    """A file whose statements are written down."""

    keep_docstrings = False

    def statement(self, node: ast.stmt) -> Statement | None:
        """None for what is no logic, and for imports of names that something uses."""
        if isinstance(node, ast.Import | ast.ImportFrom):
            return self.side_effect_import(node)
        if (
            (_is_constant(node) and not self.keep_docstrings)
            or is_type_checking(node)
            or self.is_log(node)
            or isinstance(node, ast.Pass)
        ):
            return None
        if isinstance(node, ast.Assign) and bound_by(node) == [NO_RESULT]:
            return None
        self.refs, self.messages, self.lazy, self.raises, self.keeps = [], [], [], [], []
        text = self.text(node)
        return Statement(
            text,
            tuple(self.refs),
            tuple(self.messages),
            tuple(self.lazy),
            tuple(bound_by(node)),
            self.acts(node),
            tuple(self.raises),
            tuple(filter(None, self.keeps)),
        )

    def side_effect_import(self, node: ast.Import | ast.ImportFrom) -> Statement | None:
        """A foreign import whose names nothing uses is there for what it does."""
        idle = [
            what.module
            for bound, what in self.bindings(node)
            if what.foreign and bound not in self.used and not what.module.startswith("__future__.")
        ]
        if isinstance(node, ast.Import):  # `import a.b` binds a, and does what b does
            idle += [
                alias.name
                for alias in node.names
                if "." in alias.name and not alias.asname and not _is_own(alias.name)
            ]
        return Statement(f"import {' '.join(idle)}", (), (), (), (), True) if idle else None

    # text

    def text(self, node: object, message: bool = False) -> str:
        """A syntax tree as text. Not ast.dump: versions of Python differ in the empty fields that it writes."""
        if isinstance(node, list):
            return f"[{','.join(self.text(one) for one in self.kept(node))}]"
        if not isinstance(node, ast.AST):
            return repr(node)
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            found = self.reference(node)
            if found is not None:
                return found
        match node:
            case ast.Constant(value=str(value)):
                if message:
                    self.messages.append(value)
                    return "Message()"
                return f"Constant({_entry(value, self.package)!r})"
            case ast.Raise(exc=ast.Call(func=func, args=args, keywords=[])) if self.raised_with_text_alone(
                func
            ):
                said = len(self.messages)
                shown = ",".join(self.text(one, message=True) for one in args)
                if len(self.messages) > said and (raised := self.full_name(func)) is not None:
                    self.raises.append(raised)
                return f"Raise({self.text(func)},[{shown}],{self.text(node.cause)})"
            case ast.Call(func=func) if self.is_no_result(func):
                parts = [*node.args, *(word.value for word in node.keywords)]
                return f"Call({self.text(func)},[{','.join(self.text(one, message=True) for one in parts)}])"
            case ast.Expr(value=ast.Call(args=args, keywords=words)) if self.logger_of(node) is not None:
                apart, self.messages = self.messages, []
                shown = ",".join(
                    self.text(one, message=True) for one in [*args, *(word.value for word in words)]
                )
                self.messages = apart
                return f"Log({shown})"
            case ast.ExceptHandler():
                self.keeps += self.kept_errors(node)
            case ast.Import() | ast.ImportFrom():
                return self.inner_import(node)
            case ast.AnnAssign() if not self.keep_annotations and not self.in_class():
                value = "" if node.value is None else f",value={self.text(node.value)}"
                return f"Assign(targets=[{self.text(node.target)}]{value})"
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                return self.function(node)
            case ast.ClassDef():
                outer = self.fields(node, leave=("body",))
                with entered(
                    self, Scope("class", {})
                ):  # what its body binds, it may read from outside before
                    return f"ClassDef({outer},{self.text(node.body)})"
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self.comprehension(node, message)
        if message:
            return self.message(node)
        return f"{type(node).__name__}({self.fields(node)})"

    def inner_import(self, node: ast.Import | ast.ImportFrom) -> str:
        """An import within a function, a class or a condition."""
        self.lazy.extend(self.modules_of(node))
        shown = []
        for alias, (_, what) in zip(node.names, self.bindings(node), strict=True):
            if what.foreign:
                shown.append(alias.name if isinstance(node, ast.Import) else what.module)
            elif what.name and not self.package.exists(f"{what.module}.{what.name}"):
                self.refs.append((what.module, what.name))
                shown.append(MARK)
        return f"Import({','.join(shown)})"

    def comprehension(self, node, message: bool) -> str:
        """The first iterable is read outside of it."""
        first, *others = node.generators
        outside = self.text(first.iter)
        targets = [x for part in node.generators for x in ast.walk(part.target) if isinstance(x, ast.Name)]
        with entered(
            self, Scope("function", dict.fromkeys(x.id for x in targets if isinstance(x.ctx, ast.Store)))
        ):
            parts = [self.text(first.target), self.text(first.ifs), str(first.is_async), self.text(others)]
            if isinstance(node, ast.DictComp):
                parts += [self.text(node.key), self.text(node.value)]
            else:
                parts.append(self.text(node.elt, message))
        return f"{type(node).__name__}({outside},{','.join(parts)})"

    def message(self, node: ast.AST) -> str:
        """What makes the text of a message: its literals are set apart, its values are not."""
        match node:
            case ast.JoinedStr(values=values):
                return f"JoinedStr({','.join(filter(None, (self.part(one) for one in values)))})"
            case ast.BinOp(op=ast.Add() | ast.Mod() as op) if _is_text(node):
                sides = self.text(node.left, True), self.text(node.right, _is_text(node.right))
                return f"BinOp({sides[0]},{type(op).__name__},{sides[1]})"
            case ast.IfExp():
                return f"IfExp({self.text(node.test)},{self.text(node.body, True)},{self.text(node.orelse, True)})"
            case ast.Call(
                func=ast.Attribute(value=ast.Constant(value=str(literal)), attr=attr), keywords=[]
            ) if attr in JOINS:
                self.messages.append(literal)
                return f"Call({attr},[{','.join(self.text(one, True) for one in node.args)}])"
        return f"{type(node).__name__}({self.fields(node)})"

    def part(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant):
            self.messages.append(str(node.value))
            return ""
        if isinstance(node, ast.FormattedValue):
            form = self.text(node.format_spec) if node.format_spec else ""
            self.messages.append(f"{node.conversion}{form}")
            return self.text(node.value, _is_text(node.value))
        return self.text(node, True)

    def function(self, node) -> str:
        lambda_ = isinstance(node, ast.Lambda)
        outer = "" if lambda_ else f"{node.name!r},{self.text(node.decorator_list)},"
        outer += self.text([*node.args.defaults, *(x for x in node.args.kw_defaults if x is not None)])
        bare = [x is None for x in node.args.kw_defaults]
        with entered(self, Scope("function", local_names(node, self))):
            args = [
                [x.arg for x in node.args.posonlyargs],
                [x.arg for x in node.args.args],
                node.args.vararg and node.args.vararg.arg,
                [x.arg for x in node.args.kwonlyargs],
                node.args.kwarg and node.args.kwarg.arg,
                bare,
            ]
            notes = ""
            if self.keep_annotations and not lambda_:
                parts = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                notes = self.text([x.annotation for x in parts] + [node.returns])
            return f"{type(node).__name__}({outer},{args!r},{notes},{self.text(node.body)})"

    def fields(self, node: ast.AST, leave: tuple[str, ...] = ()) -> str:
        """The fields that Python fills; an annotation in the body of a class as it is written."""
        shown = []
        for name in node._fields:
            value = getattr(node, name, None)
            if value is None or name in (*leave, "type_comment", "kind"):
                continue
            if isinstance(value, list) and not self.kept(value):
                continue
            if name == "annotation":
                shown.append(f"{name}={ast.unparse(value)!r}")
            else:
                shown.append(f"{name}={self.text(value)}")
        return ",".join(shown)

    def kept(self, nodes: list) -> list:
        """A body without docstrings, calls of the logger and `pass`."""
        if not nodes or not isinstance(nodes[0], ast.stmt):
            return nodes
        bare = not self.keep_annotations and not self.in_class()
        return [
            one
            for one in nodes
            if not (
                (_is_constant(one) and not self.keep_docstrings)
                or isinstance(one, ast.Pass)
                or self.is_log(one)
            )
            and not (bare and isinstance(one, ast.AnnAssign) and one.value is None)
        ]

    def reference(self, node: ast.expr) -> str | None:
        """The text of a name or a chain of attributes: a mark where it leads into this package."""
        chain = chain_of(node)
        if chain is None:
            return None
        what, local = self.find(chain[0])
        if local:
            return f"{'.'.join(chain)}"
        if what is None:
            if chain[0] in self.top:
                self.refs.append((self.source.name, chain[0]))
                return f"{MARK}{''.join(f'.{x}' for x in chain[1:])}"
            return ".".join(chain)
        if what.foreign:
            full = ".".join([what.module, *chain[1:]])
            if READS_ANY_ERROR.match(full):
                self.keeps.append("*")
            return full
        module, rest = what.module, [*([what.name] if what.name else []), *chain[1:]]
        while (
            rest
            and rest[0] not in self.package.declared(module).binds
            and self.package.exists(f"{module}.{rest[0]}")
        ):
            module, rest = f"{module}.{rest[0]}", rest[1:]
        if rest and not rest[0].startswith("__"):
            self.refs.append((module, rest[0]))
            return f"{MARK}{''.join(f'.{x}' for x in rest[1:])}"
        self.refs.append((module,))
        return f"{MARK}{''.join(f'.{x}' for x in rest)}"


def _is_constant(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_own(module: str) -> bool:
    return module.split(".")[0] == PACKAGE


def _is_text(node: ast.AST) -> bool:
    """An expression that is sure to be a text."""
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            return _is_text(left) or (isinstance(node.op, ast.Add) and _is_text(right))
        case ast.IfExp(body=body, orelse=orelse):
            return _is_text(body) and _is_text(orelse)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr=attr)):
            return attr in JOINS
    return False


def _entry(value: str, package: Package) -> str:
    """A string that names a module of this package, as registries hold them, without the folders it lies in; with as
    many of them as tell it from another module of the same name."""
    module, colon, name = value.partition(":")
    if module.startswith(f"{PACKAGE}.") and re.fullmatch(r"[\w.]+", module) and package.exists(module):
        return f"{MARK}entry {package.shortest(module)}{colon}{name}"
    return f"{MARK}{value}" if value.startswith(MARK) else value
