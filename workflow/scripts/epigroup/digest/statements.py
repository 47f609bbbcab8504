"""The statements of a Python file of the package, for the code digest.

A statement becomes a text free of layout, comments, docstrings, annotations that nothing reads, and of calls of the
module's logger. What it refers to in this package stands in the text as a mark, so that the text does not change when a
module moves; what it refers to elsewhere stands under its full name, whatever the import calls it.
"""

import ast
import re

from epigroup.digest.effects import Effects
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
)
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
    whole = any(map(reader.goes_beyond_names, ast.walk(tree)))
    for node in tree.body:
        statement = reader.statement(node, whole)
        if statement is not None:
            source.statements.append(statement)
    return source


class Reader(Effects):
    """A file whose statements are written down."""

    def statement(self, node: ast.stmt, whole: bool) -> Statement | None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            return self.side_effect_import(node)
        if _is_constant(node) or is_type_checking(node) or self.is_log(node) or isinstance(node, ast.Pass):
            return None
        if isinstance(node, ast.Assign) and bound_by(node) == [NO_RESULT]:
            return None
        self.refs, self.messages, self.lazy, self.keeps_errors = [], [], [], False
        text = self.text(node)
        return Statement(
            text,
            tuple(self.refs),
            tuple(self.messages),
            tuple(self.lazy),
            tuple(bound_by(node)),
            whole or self.acts(node),
            self.keeps_errors,
        )

    def side_effect_import(self, node: ast.Import | ast.ImportFrom) -> Statement | None:
        """A foreign import whose names nothing uses is there for what it does."""
        idle = [
            what.module
            for bound, what in self.bindings(node)
            if what.foreign and bound not in self.used and not what.module.startswith("__future__.")
        ]
        return Statement(f"import {' '.join(idle)}", (), (), (), (), True, False) if idle else None

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
                    return "message"
                return f"Constant({_entry(value, self.package.exists)!r})"
            case ast.Raise(exc=ast.Call(func=func, args=args, keywords=[])) if _is_class_name(func):
                shown = ",".join(self.text(one, message=True) for one in args)
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
                self.keeps_errors |= self.keeps_error(node)
            case ast.Import() | ast.ImportFrom():
                self.lazy.extend(self.modules_of(node))
                return "Import()"
            case ast.AnnAssign() if not self.keep_annotations and not self.in_class():
                value = "" if node.value is None else f",value={self.text(node.value)}"
                return f"Assign(targets=[{self.text(node.target)}]{value})"
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                return self.function(node)
            case ast.ClassDef():
                outer = self.fields(node, leave=("body",))
                with entered(self, Scope("class", local_names(node, self))):
                    return f"ClassDef({outer},{self.text(node.body)})"
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                names = dict.fromkeys(
                    x.id for part in node.generators for x in ast.walk(part.target) if isinstance(x, ast.Name)
                )
                with entered(self, Scope("function", names)):
                    inner = "elt" if hasattr(node, "elt") else "key"
                    if message and inner == "elt":
                        return (
                            f"{type(node).__name__}({self.text(node.elt, True)},{self.text(node.generators)})"
                        )
                    return f"{type(node).__name__}({self.fields(node)})"
        if message:
            return self.message(node)
        return f"{type(node).__name__}({self.fields(node)})"

    def message(self, node: ast.AST) -> str:
        """What makes the text of a message: its literals are set apart, its values are not."""
        match node:
            case ast.JoinedStr(values=values):
                return f"JoinedStr({','.join(filter(None, (self.part(one) for one in values)))})"
            case ast.BinOp(op=ast.Add() | ast.Mod()):
                return f"BinOp({self.text(node.left, True)},{self.text(node.right, True)})"
            case ast.IfExp():
                return f"IfExp({self.text(node.test)},{self.text(node.body, True)},{self.text(node.orelse, True)})"
            case ast.Call(
                func=ast.Attribute(value=ast.Constant(value=str()) as literal, attr=attr), keywords=[]
            ) if attr in JOINS:
                self.messages.append(literal.value)
                return f"Call({attr},[{','.join(self.text(one, True) for one in node.args)}])"
        return f"{type(node).__name__}({self.fields(node)})"

    def part(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant):
            self.messages.append(str(node.value))
            return ""
        if isinstance(node, ast.FormattedValue):
            self.messages.append(
                f"{node.conversion}{ast.unparse(node.format_spec) if node.format_spec else ''}"
            )
            return self.text(node.value, True)
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
            if value is None or value == [] or name in (*leave, "type_comment", "kind"):
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
            if not (_is_constant(one) or isinstance(one, ast.Pass) or self.is_log(one))
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
            return ".".join([what.module, *chain[1:]])
        module, rest = what.module, chain[1:]
        if what.name:
            if self.package.exists(f"{module}.{what.name}"):
                module = f"{module}.{what.name}"
            else:
                self.refs.append((module, what.name))
                return f"{MARK}{''.join(f'.{x}' for x in rest)}"
        while rest and self.package.exists(f"{module}.{rest[0]}"):
            module, rest = f"{module}.{rest[0]}", rest[1:]
        if rest and not rest[0].startswith("__"):
            self.refs.append((module, rest[0]))
            return f"{MARK}{''.join(f'.{x}' for x in rest[1:])}"
        self.refs.append((module,))
        return f"{MARK}{''.join(f'.{x}' for x in rest)}"


def _is_constant(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_class_name(func: ast.expr) -> bool:
    chain = chain_of(func)
    return chain is not None and chain[-1][:1].isupper()


def _entry(value: str, exists) -> str:
    """A string that names a module of this package, as registries hold them, without the folders it lies in."""
    module, colon, name = value.partition(":")
    if module.startswith(f"{PACKAGE}.") and re.fullmatch(r"[\w.]+", module) and exists(module):
        return f"{MARK}entry {module.rpartition('.')[2]}{colon}{name}"
    return value
