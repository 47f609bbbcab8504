"""The one error that a user is meant to read."""


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
