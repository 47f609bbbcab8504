"""The count of malformed inputs, and what is said of it at the end."""

import pytest

from mutation import Tried


def pytest_terminal_summary(terminalreporter, config):
    """How many malformed inputs the tests of tests/fuzz have tried."""
    tried = getattr(config, "malformed_inputs", None)
    if tried is not None and tried.inputs:
        terminalreporter.write_line(f"{tried.inputs:,} malformed inputs, {tried.refused:,} of them refused")


@pytest.fixture(scope="session")
def tried(request):
    """The count of malformed inputs of this session (see tests/fuzz/mutation.py)."""
    if not hasattr(request.config, "malformed_inputs"):
        request.config.malformed_inputs = Tried()
    return request.config.malformed_inputs
