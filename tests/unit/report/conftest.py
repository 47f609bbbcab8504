"""A small results tree, what is read of it, and the page that is made of it."""

import pytest

import report_settings
import report_tree
from epigroup.report.page import render
from epigroup.results.run import load


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """The tree's files; tests leave them as they find them. A file with a tree of its own says its own `inputs`."""
    return report_tree.build(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def results(inputs):
    """What is read of the `inputs` that the file has, be they its own or these."""
    return load(inputs)


@pytest.fixture(scope="module")
def page(results):
    return render(results, palette={}, **report_settings.settings())
