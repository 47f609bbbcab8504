"""Files of a results tree: where a run has them, and tables written as a run writes them."""

from pathlib import Path

import pandas as pd

from epigroup.results.catalogue import FILES


def file_of(root: Path, key: str, *names: object) -> Path:
    """Where a run with its results in `root` has a file of the catalogue; its folder is made."""
    path = root / FILES[key].at(*names)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def write_tsv(frame: pd.DataFrame, path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, sep="\t", index=False, na_rep="NaN")
    return str(path)
