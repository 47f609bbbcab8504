"""What a statement of a file does beyond giving names their values, and what of it changes no result."""

import ast
import re

from epigroup.digest.names import FUNCTIONS, PACKAGE, Names, chain_of

LOGS = {"debug", "info", "warning", "error", "exception", "critical"}
# What a dropped log call may call: it reads what it is given and changes nothing. Nothing here uses up an iterator.
FORMATS = {"str", "repr", "len", "round", "format", "abs", "int", "float", "bool", "type"}
# Calls that may stand where a module is imported without doing anything but make a value.
MAKES_VALUES = re.compile(
    r"(builtins\.)?(tuple|list|dict|set|frozenset|range|len|sorted|min|max|sum|slice|enumerate|zip|reversed|int|float|str"
    r"|bytes|bool|abs|round|bytes\.fromhex|dict\.fromkeys|str\.maketrans|bytes\.maketrans|int\.from_bytes|type)"
    r"|re\.compile|logging\.getLogger|struct\.(Struct|calcsize)|math\.\w+|operator\.\w+|fractions\.Fraction"
    r"|pathlib\.Path|collections\.namedtuple|typing\.(TypeVar|NewType|cast)|dataclasses\.(fields|field)"
    r"|numpy\.(arange|array|asarray|dtype|finfo|iinfo|frombuffer|geomspace|linspace|round|unique|zeros|ones|full|log2?"
    r"|u?int\d+|float\d+|bool_)"
)
DECORATES = re.compile(
    r"functools\.(cache|lru_cache|wraps|cached_property|total_ordering)|contextlib\.contextmanager|dataclasses\.dataclass"
    r"|property|staticmethod|classmethod|abc\.abstractmethod|typing\.(override|final)"
    r"|numba\.(njit|jit|vectorize|guvectorize)|torch\.(no_grad|inference_mode)|\w+\.(setter|getter)"
)
# Methods of the values that such calls make, which make values too.
VALUE_METHODS = {
    "view", "astype", "reshape", "copy", "resolve", "with_name", "with_suffix", "joinpath", "split", "strip",
    "join", "format", "encode", "decode", "replace", "lower", "upper", "items", "keys", "values", "union", "tolist",
}  # fmt: skip
# What of a caught error is not its text.
NOT_TEXT = {"errno", "code", "returncode", "filename", "reason", "problem_mark", "headers", "start", "end"}
READS_ANY_ERROR = re.compile(r"^(sys\.(exc_info|exception|last_value)|traceback\.\w+)$")


class Effects(Names):
    """A file whose statements are asked what they do."""

    def acts(self, node: ast.stmt) -> bool:
        """Whether a statement does more, when the file is imported, than give names their values."""
        if isinstance(node, ast.Assign):
            plain = all(
                isinstance(one, ast.Name)
                or (isinstance(one, ast.Tuple) and all(isinstance(x, ast.Name) for x in one.elts))
                for one in node.targets
            )
            return not plain or self.calls_more(node.value)
        if isinstance(node, ast.AnnAssign):
            return not isinstance(node.target, ast.Name) or (
                node.value is not None and self.calls_more(node.value)
            )
        if isinstance(node, ast.ClassDef):
            return self.calls_more(node) or any(map(self.acts, node.body))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self.calls_more(node)
        return not (
            isinstance(node, ast.Pass)
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        )

    def calls_more(self, node: ast.AST) -> bool:
        """Whether what runs at import, not the bodies of functions, calls what may do something."""
        if isinstance(node, FUNCTIONS):
            defaults = [*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)]
            found = any(map(self.calls_more, defaults))
            if isinstance(node, ast.Lambda):
                return found
            return found or any(map(self.decorates_more, node.decorator_list))
        if isinstance(node, ast.ClassDef):
            if node.keywords or any(map(self.decorates_more, node.decorator_list)):
                return True
            return any(map(self.calls_more, [*node.bases, *node.body]))
        if isinstance(node, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr):
            return True
        if isinstance(node, ast.Call) and (
            not self.makes_value(node.func) or any(word.arg == "key" for word in node.keywords)
        ):
            return True
        return any(map(self.calls_more, ast.iter_child_nodes(node)))

    def makes_value(self, func: ast.expr) -> bool:
        name = self.full_name(func)
        if name is None:  # a method of what a call or a literal gives: np.arange(3).view(...)
            if not isinstance(func, ast.Attribute) or func.attr not in VALUE_METHODS:
                return False
            inner = func.value
            while isinstance(inner, ast.Attribute):
                inner = inner.value
            return isinstance(inner, ast.Constant | ast.JoinedStr) or (
                isinstance(inner, ast.Call) and self.makes_value(inner.func)
            )
        first, _, rest = name.partition(".")
        if first in self.top:
            own = self.source.declared.values
            return first in own if not rest else rest in ("values", "keys", "items")
        if first == PACKAGE:
            module, _, last = name.rpartition(".")
            return self.package.exists(module) and last in self.package.declared(module).values
        return MAKES_VALUES.fullmatch(name) is not None

    def decorates_more(self, node: ast.expr) -> bool:
        func = node.func if isinstance(node, ast.Call) else node
        name = self.full_name(func)
        inner = isinstance(node, ast.Call) and any(
            map(self.calls_more, [*node.args, *(one.value for one in node.keywords)])
        )
        first = (name or "").split(".")[0]
        accessor = first in self.top and (name or "").endswith((".setter", ".getter"))
        own = first in self.top and not accessor
        return inner or own or name is None or DECORATES.fullmatch(name) is None

    # log calls

    def logger_of(self, node: ast.AST) -> str | None:
        """The module's logger that a line calls."""
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr))):
                free = all(name not in scope for scope in self.scopes)
                return name if attr in LOGS and name in self.loggers and free else None
        return None

    def is_log(self, node: ast.AST) -> bool:
        """A call of the module's logger, alone on its line, that formats what it is given and calls nothing else."""
        match node:
            case ast.Expr(value=ast.Call(args=args, keywords=words)) if self.logger_of(node) is not None:
                return all(self.only_formats(one) for one in [*args, *(word.value for word in words)])
        return False

    def only_formats(self, node: ast.AST) -> bool:
        parts: list[ast.AST]
        match node:
            case ast.Constant(value=str(value)) if "%(" in value:
                return False  # it looks into a mapping
            case ast.Compare(ops=ops) if any(isinstance(op, ast.In | ast.NotIn) for op in ops):
                return False  # it may use up an iterator
            case (
                ast.Constant()
                | ast.Name()
                | ast.expr_context()
                | ast.operator()
                | ast.unaryop()
                | ast.cmpop()
            ):
                return True
            case ast.boolop():
                return True
            case ast.Call(func=ast.Name(id=name)):
                own = (
                    name in self.top
                    or name in self.source.bound
                    or any(name in scope for scope in self.scopes)
                )
                plain = name in FORMATS and not own
                if not plain and not self.is_no_result(node.func):
                    return False
                parts = [*node.args, *(word.value for word in node.keywords)]
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")) if (
                "[" not in text
            ):
                parts = [*node.args, *(word.value for word in node.keywords)]
            case (
                ast.Attribute()
                | ast.JoinedStr()
                | ast.FormattedValue()
                | ast.BinOp()
                | ast.UnaryOp()
                | ast.BoolOp()
                | ast.Compare()
                | ast.IfExp()
                | ast.Tuple()
                | ast.List()
                | ast.Dict()
            ):
                parts = list(ast.iter_child_nodes(node))
            case _:
                return False
        return all(map(self.only_formats, parts))

    def is_no_result(self, func: ast.expr) -> bool:
        chain = chain_of(func)
        if chain is None or any(chain[0] in scope for scope in self.scopes):
            return False
        what = self.source.bound.get(chain[0])
        if what is not None and chain[0] in self.top:
            return False
        if what is None:
            return chain[0] in self.top and self.source.declared.changes_none(chain[0])
        if what.foreign:
            return False
        module, _, last = ".".join([what.module, *([what.name] if what.name else []), *chain[1:]]).rpartition(
            "."
        )
        return self.package.exists(module) and self.package.declared(module).changes_none(last)

    def kept_errors(self, node: ast.ExceptHandler) -> list[str]:
        """The exceptions of a handler that uses the error elsewhere than in a raise or a log line; `*` for one of this
        package, or any."""
        if node.name is None:
            return []
        todo: list[ast.AST] = list(node.body)
        while todo:
            one = todo.pop()
            if isinstance(one, ast.Raise) or self.is_log(one):
                continue
            if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.attr in NOT_TEXT:
                continue
            if isinstance(one, ast.Name) and one.id == node.name and isinstance(one.ctx, ast.Load):
                caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                return [self.caught(each) for each in caught]
            todo.extend(ast.iter_child_nodes(one))
        return []

    def caught(self, node: ast.expr | None) -> str:
        """The full name of a foreign exception; `*` for one of this package, for a tuple with one, for any."""
        name = (self.full_name(node) if node is not None else None) or "*"
        first = name.split(".")[0]
        if any(first in scope for scope in self.scopes):
            return "*"
        if first in self.top:
            return "" if name in self.source.declared.foreign_errors else "*"
        if first == PACKAGE:
            module, _, last = name.rpartition(".")
            known = self.package.exists(module) and last in self.package.declared(module).foreign_errors
            return "" if known else "*"
        return "*" if name in ("Exception", "BaseException") else name

    def raised_with_text_alone(self, func: ast.expr) -> bool:
        """Whether this is an exception that does no more with what it is given than to say it."""
        name = self.full_name(func)
        chain = chain_of(func)
        if name is None or chain is None or any(chain[0] in scope for scope in self.scopes):
            return False
        if chain[0] in self.top:
            declared = self.source.declared
            return name in declared.classes - declared.payloads
        if name.split(".")[0] == PACKAGE:
            module, _, last = name.rpartition(".")
            if not self.package.exists(module):
                return False
            declared = self.package.declared(module)
            return last in declared.classes - declared.payloads
        return name.rpartition(".")[2][:1].isupper()
