"""What a test needs and a machine may lack."""

import os
from typing import NoReturn

import pytest

# Where tests decide over a change, what is not there must not look like what works.
STRICT = os.environ.get("CI", "").lower() not in ("", "0", "false")


def lacking(what: str) -> NoReturn:
    """Skip the test, or fail it where CI is set."""
    if STRICT:
        pytest.fail(f"{what}, and CI is set")
    pytest.skip(what)
