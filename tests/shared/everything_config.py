"""The config of all that tests/mini knows, not yet completed, with changes, and the run that it means."""

import copy
from collections.abc import Mapping

import yaml
from snakemake.utils import update_config

from checkouts import EVERYTHING, REPOSITORY
from epigroup.config.settings import complete_config
from epigroup.run.facts import Run, open_run


def laid_over(config: Mapping, more: Mapping) -> dict:
    """A config with another over it, as Snakemake puts its files over one another."""
    both = copy.deepcopy(dict(config))
    update_config(both, more)
    return both


def everything_config() -> dict:
    whole: dict = {}
    for name in EVERYTHING:
        whole = laid_over(whole, yaml.safe_load((REPOSITORY / name).read_text()))
    return whole


def run_of(config: dict, **changed) -> Run:
    """The run of a config with changes; paths of its sheet count from the folder where the test is."""
    return open_run(complete_config(laid_over(config, changed)))
