"""Small changes of the library's own code, one at a time: what the digest reads of the statement changes with each."""

import ast
import copy
import random

from epigroup.digest import code as digest
from epigroup.digest.names import Source, declarations
from epigroup.digest.statements import Reader

MUTANTS = 300
LOGGERS = ("log", "logger")


def is_line_of_log(node):
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
            return name in LOGGERS
    return False


def is_quiet(node):
    """What is no logic: a docstring, a line of the log."""
    return is_line_of_log(node) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def changes_nothing(tree):
    """Whether a module says that nothing in it changes a result (`test_digest_of_the_library` lists those that may)."""
    return any(
        isinstance(one, ast.Assign) and ast.unparse(one) == "CHANGES_NO_RESULT = ('*',)" for one in tree.body
    )


def changes_no_result(tree):
    """Names of a module's own functions and values of which it says that they change no result."""
    lists = [
        one.value
        for one in tree.body
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "CHANGES_NO_RESULT"
    ]
    return {name for value in lists for name in ast.literal_eval(value)}


def left_alone(statement):
    """Nodes whose change may pass unseen: notes of types, docstrings, lines of the log, literals of errors and of
    progress."""
    found = set()
    for node in ast.walk(statement):
        notes = [getattr(node, name, None) for name in ("annotation", "returns")]
        wholes = [one for one in notes if isinstance(one, ast.AST)] + ([node] if is_quiet(node) else [])
        found |= {id(inner) for whole in wholes for inner in ast.walk(whole)}
        progress = (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Progress"
        )
        if isinstance(node, ast.Raise) or progress:
            found |= {id(x) for x in ast.walk(node) if isinstance(x, ast.Constant | ast.FormattedValue)}
    return found


def changes(node):
    """Functions that change this very node."""

    def put(name, value):
        return lambda it: setattr(it, name, value)

    match node:
        case ast.Constant(value=bool(value)):
            yield put("value", not value)
        case ast.Constant(value=int() | float() as value):
            yield put("value", value + 1)
        case ast.Constant(value=str(value)):
            yield put("value", value + "x")
        case ast.Constant(value=None):
            yield put("value", 0)
        case ast.BinOp(op=op):
            yield put("op", ast.Add() if isinstance(op, ast.Sub) else ast.Sub())
        case ast.BoolOp(op=op):
            yield put("op", ast.And() if isinstance(op, ast.Or) else ast.Or())
        case ast.Compare(ops=ops):
            yield put("ops", [ast.Gt() if isinstance(ops[0], ast.Lt) else ast.Lt(), *ops[1:]])
        case ast.keyword(arg=str(arg)) | ast.arg(arg=arg):
            yield put("arg", arg + "x")
        case ast.Attribute(attr=attr):
            yield put("attr", attr + "x")
        case ast.Name(id=name):
            yield put("id", name + "x")
        case ast.FormattedValue(conversion=conversion):
            yield put("conversion", -1 if conversion == 114 else 114)
        case ast.Return():
            yield put("value", ast.Constant(value=7))
        case ast.Call(args=args, keywords=words):
            if len(args) > 1:
                yield put("args", args[::-1])
            if words:
                yield put("keywords", words[:-1])
        case ast.arguments(defaults=[_, *rest]):
            yield put("defaults", rest)
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and len(block) > 1:
            for at in range(len(block)):
                if not is_quiet(block[at]):
                    yield put(name, block[:at] + block[at + 1 :])
                if at and not is_quiet(block[at]) and not is_quiet(block[at - 1]):
                    yield put(name, [*block[: at - 1], block[at], block[at - 1], *block[at + 1 :]])
            if getattr(node, "decorator_list", None):
                yield put("decorator_list", node.decorator_list[:-1])


def read(code, module, tree, statement):
    """What the digest takes of one statement of a module."""
    reader = Reader(Source(module, declared=declarations(tree)), False, code, False)
    for node in tree.body:
        reader.imports_of(node)
    reader.look_at(tree)
    found = reader.statement(statement)
    return found and (found.text, found.refs)


def test_no_small_change_passes_unseen():
    code = digest._Code(digest.SCRIPTS)
    sites, trees = [], {}
    for path in sorted((digest.SCRIPTS / "epigroup").rglob("*.py")):
        if path.name == "__init__.py":
            continue
        module = ".".join(path.relative_to(digest.SCRIPTS).with_suffix("").parts)
        trees[module] = tree = ast.parse(path.read_text(encoding="utf-8"))
        if changes_nothing(tree):
            continue
        without_result = changes_no_result(tree)
        for at, statement in enumerate(tree.body):
            if getattr(statement, "name", None) in without_result:
                continue
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                skipped = left_alone(statement)
                for number, node in enumerate(ast.walk(statement)):
                    if id(node) not in skipped:
                        sites += [(module, at, number, which) for which, _ in enumerate(changes(node))]
    assert len(sites) > 50_000
    unseen = []
    for module, at, number, which in random.Random(1).sample(sites, MUTANTS):
        tree = trees[module]
        changed = copy.deepcopy(tree.body[at])
        node = next(one for n, one in enumerate(ast.walk(changed)) if n == number)
        list(changes(node))[which](node)
        if ast.dump(changed) == ast.dump(tree.body[at]):
            continue
        after = ast.Module(body=[*tree.body[:at], changed, *tree.body[at + 1 :]], type_ignores=[])
        if read(code, module, tree, tree.body[at]) == read(code, module, after, changed):
            unseen.append((module, getattr(node, "lineno", at), which, ast.dump(node)[:200]))
    assert unseen == []
