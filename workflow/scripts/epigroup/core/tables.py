"""Tab-separated tables, read whole or refused by name."""

import csv
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from epigroup.core.errors import InputError
from epigroup.core.text_files import REMEDY, first_line, read_text

if TYPE_CHECKING:
    import pandas as pd


def table_rows(path: str | os.PathLike, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, {column: cell}) of a tab-separated table with a header, of which these columns are needed.

    InputError: no such column, a column that stands twice, a row of another length, a control character, text
    that is not UTF-8.
    """
    try:
        lines = Path(path).read_bytes().decode("utf-8-sig").splitlines(keepends=True)
    except OSError as error:
        raise InputError(f"{path}: the table cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8; save the table as UTF-8 text") from None
    rows = csv.reader(lines, delimiter="\t", strict=True)
    try:
        header = next(rows, [])
        lacking = [column for column in columns if column not in header]
        if lacking:
            raise InputError(
                f"{path}: no column {' and no column '.join(lacking)}; the table needs {' and '.join(columns)}, "
                "tab separated"
            )
        for column in columns:
            if header.count(column) > 1:
                raise InputError(f"{path}: the column {column} stands twice; leave one")
        for row in rows:
            if not "".join(row).strip():
                continue
            if len(row) != len(header):
                raise InputError(
                    f"{path}:{rows.line_num}: {len(row)} columns where the header has {len(header)}"
                )
            for cell in row:
                if not cell.isprintable():
                    raise InputError(f"{path}:{rows.line_num}: {cell!r} holds a control character; remove it")
            yield rows.line_num, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise InputError(f"{path}:{rows.line_num}: no tab-separated table: {error}") from None


def read_figures(
    path: str | os.PathLike, unknown: Sequence[str] = ("NaN",), names: Sequence[str] = ("task_id",)
) -> "pd.DataFrame":
    """A table of figures, as `read_table`; cells of `names` are text as they stand (a task may be called NA or
    1e5), in other columns those of `unknown` are NaN."""
    header = read_text(path).partition("\n")[0].rstrip("\r").split("\t")
    empty = {column: list(unknown) for column in header if column not in names}
    return read_table(path, dtype=dict.fromkeys(names, str), keep_default_na=False, na_values=empty)


def read_table(path: str | os.PathLike, **options) -> "pd.DataFrame":
    """A tab-separated table with a header, as pandas reads it. Raises InputError for one that is cut or
    damaged."""
    import pandas as pd

    text = read_text(path)
    try:
        return pd.read_csv(io.StringIO(text), sep="\t", **options)
    except ValueError as error:
        raise InputError(f"{path}: is damaged ({first_line(error)}); {REMEDY}") from error
