"""The conda environment files of the workflow's rules, and the packages that they name."""

import re
from functools import cache

import yaml

from checkouts import WORKFLOW

ENVS = WORKFLOW / "envs"

# import name: package of conda, where they differ
PACKAGE_OF_IMPORT = {
    "torch": "pytorch",
    "sklearn": "scikit-learn",
    "isal": "python-isal",
    "yaml": "pyyaml",
    "matplotlib": "matplotlib-base",
    "pyBigWig": "pybigwig",
}


@cache
def environment(name: str) -> frozenset[str]:
    content = yaml.safe_load((ENVS / name).read_text())
    return frozenset(re.split(r"[=<> ]", entry)[0] for entry in content["dependencies"])
