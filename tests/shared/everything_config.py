"""The config of all that tests/mini knows, not yet completed, and a config laid over another as Snakemake does it."""

import copy
from collections.abc import Mapping

import yaml
from snakemake.utils import update_config

from checkouts import EVERYTHING, REPOSITORY


def laid_over(config: Mapping, more: Mapping) -> dict:
    both = copy.deepcopy(dict(config))
    update_config(both, more)
    return both


def everything_config() -> dict:
    whole: dict = {}
    for name in EVERYTHING:
        whole = laid_over(whole, yaml.safe_load((REPOSITORY / name).read_text()))
    return whole
