"""The index against a look at every row."""

import numpy as np
import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.errors import InputError
from epigroup.tabix import LONGEST, write_bgzip, write_index

NAMES = ("chr1", "chr2", "chr10")
PLACES = st.one_of(st.integers(0, 200_000), st.integers(0, LONGEST - 1))
WIDTHS = st.one_of(st.integers(1, 500), st.integers(1, LONGEST))


def write(folder, rows, filling=b"x"):
    code, start, end = np.array(sorted(rows), np.int64).T
    text = b"".join(
        b"%s\t%d\t%d\t%s\n" % (NAMES[c].encode(), s, e, filling) for c, s, e in zip(code, start, end)
    )
    path = folder / "rows.bed.gz"
    blocks = write_bgzip(text, path)
    write_index(f"{path}.tbi", text, blocks, NAMES, code, start, end)
    return path


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 2), PLACES, WIDTHS), min_size=1, max_size=60),
    asked=st.lists(st.tuples(st.integers(0, 2), PLACES, WIDTHS), min_size=1, max_size=10),
    filling=st.sampled_from([b"x", b"y" * 9000]),
)
def test_what_is_asked_for_is_found(tmp_path_factory, rows, asked, filling):
    rows = [(c, s, min(s + w, LONGEST)) for c, s, w in rows]
    path = write(tmp_path_factory.mktemp("tabix"), rows, filling)
    with pysam.TabixFile(str(path)) as table:
        assert list(table.contigs) == [n for i, n in enumerate(NAMES) if any(c == i for c, _, _ in rows)]
        for code, low, width in asked:
            high = min(low + width, LONGEST)
            if NAMES[code] not in table.contigs:
                continue
            found = [tuple(map(int, r.split("\t")[1:3])) for r in table.fetch(NAMES[code], low, high)]
            assert found == sorted((s, e) for c, s, e in rows if c == code and s < high and e > low)


def test_many_blocks(tmp_path):
    rng = np.random.default_rng(2)
    starts = rng.integers(0, 100_000_000, 30_000)
    rows = [(int(c), int(s), int(s) + 300) for c, s in zip(rng.integers(0, 3, 30_000), starts)]
    path = write(tmp_path, rows, b"z" * 40)
    with pysam.TabixFile(str(path)) as table:
        for low in rng.integers(0, 100_000_000, 200).tolist():
            found = {int(r.split("\t")[1]) for r in table.fetch("chr2", low, low + 50_000)}
            assert found == {s for c, s, e in rows if c == 1 and s < low + 50_000 and e > low}


def test_beyond_what_an_index_holds(tmp_path):
    with pytest.raises(InputError, match="536870913"):
        write(tmp_path, [(0, 5, LONGEST + 1)])
