"""What the workflow writes as JSON carries a checksum that any order of keys passes and any change fails."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.core.text_files import read_json, sealed

KEYS = st.one_of(st.text(max_size=3), st.integers(-20, 200))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=12)),
    max_leaves=20,
)


@given(
    st.dictionaries(st.text(min_size=1, max_size=5).filter(lambda key: key != "crc32"), VALUES, max_size=12)
)
def test_any_object_is_read_as_it_was_written(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(sealed(value)) + "\n")
    assert read_json(path) == sealed(value)


def test_a_changed_number_is_refused(tmp_path):
    path = tmp_path / "about.json"
    path.write_text(json.dumps(sealed({"counts": dict.fromkeys(range(12), 5)})).replace("5", "6", 1) + "\n")
    with pytest.raises(InputError, match=r"about\.json: is damaged or was edited"):
        read_json(path)
