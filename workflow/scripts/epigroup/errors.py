"""The one error that a user is meant to read."""


class InputError(Exception):
    """What the user gave is wrong: the message names file, row or key and the value, and says what to do."""
