"""Runs of tests/mini as config and sheet mean them, with changes; nothing is computed."""

import shutil
from pathlib import Path

import yaml

from checkouts import EVERYTHING, REPOSITORY
from epigroup.config.settings import complete_config
from epigroup.run.facts import Run, open_run


def merged(one: dict, other: dict) -> dict:
    """As Snakemake puts one config file over another."""
    both = {**one, **other}
    return {
        key: merged(one[key], value) if isinstance(value, dict) and isinstance(one.get(key), dict) else value
        for key, value in both.items()
    }


def everything(folder: Path) -> dict:
    """The config of everything that tests/mini knows, whose sheet is copied to the same place below a folder."""
    shutil.copytree(REPOSITORY / "tests/mini", folder / "tests/mini")
    whole: dict = {}
    for name in EVERYTHING:
        whole = merged(whole, yaml.safe_load((REPOSITORY / name).read_text()))
    return whole


def opened(config: dict, **changed) -> Run:
    """The run of a config with these changes laid over it."""
    return open_run(complete_config(merged(config, changed)))
