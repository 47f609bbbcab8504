"""The one error that a user is meant to read."""


class InputError(Exception):
    """Something the user gave is wrong; the message names the file, row or key and the value, and says what to do."""
