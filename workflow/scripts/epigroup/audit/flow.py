"""What a file is made from, all the way up: whether a decision could have seen test."""

from collections.abc import Callable, Iterable, Mapping

Maker = Callable[[str], tuple[str, tuple[str, ...]] | None]


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
    found: dict[str, dict[str, str]] = {}
    for kind, paths in decisions.items():
        for path in paths:
            reached = sorted(
                source for one in ancestry([path], made_from).values() for source in one[1] if is_test(source)
            )
            if reached:
                found.setdefault(kind, {})[path] = reached[0]
    return found


def readers(targets: Iterable[str], is_test: Callable[[str], bool], made_from: Maker) -> list[str]:
    """Names of the rules, above the targets, that take a test file in."""
    return sorted(
        {rule for rule, inputs in ancestry(targets, made_from).values() if any(map(is_test, inputs))}
    )
