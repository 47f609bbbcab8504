"""The one error that a user is meant to read."""

from collections.abc import Callable, Iterable


class InputError(Exception):
    """What the user gave is wrong: the message names file, row or key and the value, and says what to do.

    The value may be anything: what cannot be printed, or would act on a terminal, is escaped.
    """

    def __init__(self, message: str):
        super().__init__(
            "".join(
                letter if letter.isprintable() or letter == "\n" else letter.encode("unicode_escape").decode()
                for letter in str(message)
            )
        )


def faults_of(checks: Iterable[Callable[[], object]]) -> list[str]:
    """What every one of some checks refuses, each fault once, in their order. Checks that need what an earlier one
    refuses do not belong into one call."""
    found: dict[str, None] = {}
    for check in checks:
        try:
            check()
        except InputError as error:
            found.setdefault(str(error))
    return list(found)


def refuse_together(checks: Iterable[Callable[[], object]]) -> None:
    """InputError with what all of some checks refuse, a line each."""
    faults = faults_of(checks)
    if faults:
        raise InputError("\n".join(faults))
