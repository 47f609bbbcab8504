"""What a file is made from, all the way up: whether a decision could have seen test."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

Maker = Callable[[str], tuple[str, tuple[str, ...]] | None]


class Rule(Protocol):
    """A rule of a workflow, as Snakemake's are: its name, whether a path is one of its outputs, and its inputs."""

    name: str

    def is_producer(self, requested_output: str, /) -> bool: ...

    def get_wildcards(self, requested_output: str, /) -> Any: ...

    def expand_input(self, wildcards: Any, /) -> Any: ...


def origins(rules: Iterable[Rule], scores: str | tuple[str, ...], by_column: Iterable[str]) -> Maker:
    """A `made_from` over the rules of a workflow.

    scores: folder or folders of the tables of scores; the rules `by_column` read validation's columns of these alone,
    so that for them such an input does not count.
    """
    known: dict[str, tuple[str, tuple[str, ...]] | None] = {}
    # The maker of a file that differs in numbers only: thousands of packs are alike.
    last: dict[str, Rule] = {}

    def maker_of(path: str) -> Rule | None:
        alike = re.sub(r"\d+", "0", path)
        if alike not in last or not last[alike].is_producer(path):
            maker = next((rule for rule in rules if rule.is_producer(path)), None)
            if maker is None:
                return None
            last[alike] = maker
        return last[alike]

    def made_from(path: str) -> tuple[str, tuple[str, ...]] | None:
        if path not in known:
            maker = maker_of(path)
            known[path] = None
            if maker is not None:
                inputs = map(str, maker.expand_input(maker.get_wildcards(path))[0])
                own = maker.name in set(by_column)
                known[path] = (maker.name, tuple(i for i in inputs if not (own and i.startswith(scores))))
        return known[path]

    return made_from


def ancestry(targets: Iterable[str], made_from: Maker) -> dict[str, tuple[str, tuple[str, ...]]]:
    """{file: (rule, inputs)} of the targets and of all that they are made from.

    made_from(path): the rule that makes a file and its inputs; None where none does (then it is left out).
    """
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    todo, seen = list(targets), set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        made = made_from(path)
        if made is not None:
            found[path] = made
            todo.extend(made[1])
    return found


def leaks(
    decisions: Mapping[str, Iterable[str]], is_test: Callable[[str], bool], made_from: Maker
) -> dict[str, dict[str, str]]:
    """{kind: {file: a test file it is made from}} of the decision files that test reaches."""
    known: dict[str, str | None] = {}

    def first_test(path: str) -> str | None:
        """The first by name of the test files above; each file's is found once, since thousands share theirs."""
        if path not in known:
            known[path] = None
            made = made_from(path)
            inputs = () if made is None else made[1]
            sources = [source for source in inputs if is_test(source)]
            sources += [source for source in map(first_test, inputs) if source is not None]
            known[path] = min(sources, default=None)
        return known[path]

    found: dict[str, dict[str, str]] = {}
    for kind, paths in decisions.items():
        for path in paths:
            source = first_test(path)
            if source is not None:
                found.setdefault(kind, {})[path] = source
    return found


def readers(targets: Iterable[str], is_test: Callable[[str], bool], made_from: Maker) -> list[str]:
    """Names of the rules, above the targets, that take a test file in."""
    return sorted(
        {rule for rule, inputs in ancestry(targets, made_from).values() if any(map(is_test, inputs))}
    )
