"""Twins: tasks whose targets are the same in every example."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

# Some rows of a table: int64 (k,) indices of columns -> bool or float (n, k), the values of these columns.
Columns = Callable[[np.ndarray], np.ndarray]


def twin_sets(parts: Iterable[Columns], alike: Iterable[Sequence[int]]) -> list[list[int]]:
    """Sets of two columns or more that are equal in every row, ascending, as are their members; columns that are 0
    in every row aside.

    parts: the rows of the table, some at a time. alike: the sets of columns within which equal ones are looked for.
    Values are compared, not digests of them. No part is asked for once no two columns are still equal.
    """
    sets = [sorted(columns) for columns in alike if len(columns) > 1]
    filled: set[int] = set()
    rows = iter(parts)
    while sets and (part := next(rows, None)) is not None:
        columns = np.array([column for one in sets for column in one], np.int64)
        values = part(columns)
        filled.update(columns[values.any(axis=0)].tolist())
        lines = np.ascontiguousarray((np.packbits(values, axis=0) if values.dtype == bool else values).T)
        number = np.repeat(np.arange(len(sets)), [len(one) for one in sets])
        parted: dict[tuple[int, bytes], list[int]] = {}
        for of, line, column in zip(number.tolist(), lines, columns.tolist(), strict=True):
            parted.setdefault((of, line.tobytes()), []).append(column)
        sets = [one for one in parted.values() if len(one) > 1]
    return sorted(one for one in sets if one[0] in filled)


def shown_sets(sets: Sequence[Sequence[str]], most: int = 5) -> str:
    """`a = b; c = d = e`: at most so many sets, and of each at most so many names."""
    shown = [
        " = ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
        for names in sets[:most]
    ]
    return "; ".join(shown) + (f"; and {len(sets) - most} more sets" if len(sets) > most else "")
