"""Reading of compressed text: what is whole is read, what is not is refused with its name."""

import gzip
import zlib

import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.compressed import BGZF_END, open_text
from epigroup.errors import InputError

TEXT = b"".join(b"chr%d\t%d\t%d\tpeak%d\n" % (i % 22, 97 * i, 97 * i + 150, i) for i in range(3000))
NAMED = r"p\.gz: the (b?gzip) file is truncated"


def read(folder, content):
    (folder / "p.gz").write_bytes(content)
    with open_text(folder / "p.gz") as handle:
        return handle.read()


@pytest.fixture(scope="module")
def blocked(tmp_path_factory):
    path = tmp_path_factory.mktemp("bgzip") / "b.gz"
    with pysam.BGZFile(str(path), "wb") as handle:
        handle.write(TEXT)
    return path.read_bytes()


@pytest.mark.parametrize("level", [0, 1, 6, 9])
def test_every_level_and_several_members_are_read(tmp_path, level, blocked):
    packed = gzip.compress(TEXT, level)
    assert read(tmp_path, packed) == TEXT
    assert read(tmp_path, packed + gzip.compress(b"more\n")) == TEXT + b"more\n"
    assert read(tmp_path, packed + bytes(512)) == TEXT  # as tape and block devices pad
    assert read(tmp_path, blocked) == TEXT
    assert read(tmp_path, blocked[: -len(BGZF_END)] + blocked) == TEXT + TEXT
    assert read(tmp_path, gzip.compress(b"")) == b""


def test_a_file_cut_anywhere_is_refused(tmp_path):
    packed = gzip.compress(TEXT[:600])
    for keep in range(2, len(packed)):
        with pytest.raises(InputError, match=NAMED):
            read(tmp_path, packed[:keep])


def test_bgzip_without_its_end_marker_is_refused(tmp_path, blocked):
    at_block = blocked[: -len(BGZF_END)]
    assert gzip.decompress(at_block) == TEXT  # gzip itself sees nothing wrong
    for content in (at_block, blocked[:-1], blocked[:-200], blocked[:30]):
        with pytest.raises(InputError, match=r"p\.gz: the bgzip file is truncated .*end marker"):
            read(tmp_path, content)


@pytest.mark.parametrize("tail", [b"garbage", b"\n", b"\x00\x00x", b"\x1f\x8b", b"\x1f\x8b\x08\x00"])
def test_what_follows_the_end_is_refused(tmp_path, tail):
    with pytest.raises(InputError, match=NAMED):
        read(tmp_path, gzip.compress(TEXT) + tail)


def test_a_wrong_checksum_or_length_is_refused(tmp_path):
    packed = gzip.compress(TEXT)
    assert int.from_bytes(packed[-8:-4], "little") == zlib.crc32(TEXT)
    for at in range(1, 9):
        damaged = bytearray(packed)
        damaged[-at] ^= 1
        with pytest.raises(InputError, match=NAMED):
            read(tmp_path, bytes(damaged))


@settings(max_examples=300, deadline=None)
@given(data=st.data(), level=st.sampled_from([1, 6]), size=st.sampled_from([0, 40, 4000, len(TEXT)]))
def test_no_damage_gives_other_text(tmp_path_factory, blocked, data, level, size):
    """Bits flipped, bytes put in or taken out: refused, or (in a header's free fields) the text unchanged."""
    packed = data.draw(st.sampled_from([gzip.compress(TEXT[:size], level), blocked]))
    wanted = gzip.decompress(packed)
    content = bytearray(packed)
    at = data.draw(st.integers(2, len(content) - 1))
    how = data.draw(st.sampled_from(["flip", "insert", "remove", "overwrite"]))
    if how == "flip":
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    elif how == "insert":
        content[at:at] = data.draw(st.binary(min_size=1, max_size=20))
    elif how == "remove":
        del content[at : at + data.draw(st.integers(1, 20))]
    else:
        new = data.draw(st.binary(min_size=1, max_size=8))
        content[at : at + len(new)] = new
    folder = tmp_path_factory.mktemp("damaged")
    try:
        assert read(folder, bytes(content)) == wanted
    except InputError as error:
        assert "p.gz: the" in str(error)
