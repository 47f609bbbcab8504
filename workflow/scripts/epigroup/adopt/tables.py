"""Tables of this stage."""

import csv
import os
from collections.abc import Sequence
from typing import Any

from epigroup.core.files import whole


def write_rows(path: str | os.PathLike, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A tab-separated table, whole or not at all."""
    with whole(path) as partial, open(partial, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
