"""Sample sheets, written and read."""

import pytest

from epigroup.config.sheet import read_sheet
from sheet_examples import COLUMNS, write_sheet


@pytest.fixture
def read(tmp_path):
    """Reads a sheet of these rows, or of this text; without `exist` every file is there."""

    def reading(*rows, text=None, columns=COLUMNS, **options):
        path = tmp_path / "samples.tsv"
        if text is None:
            write_sheet(path, rows, columns)
        else:
            path.write_bytes(text)
        return read_sheet(path, **({"exist": lambda _: True, "assembly": "hg38"} | options))

    return reading
