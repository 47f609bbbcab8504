"""Reading of compressed text: what is whole is read, what is not is refused with its name."""

import gzip
import random
import re
import subprocess
import zlib

import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core import compressed
from epigroup.core.compressed import BGZF_END, open_text
from epigroup.core.errors import InputError

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


@pytest.mark.parametrize("tail", [b"garbage", b"\n", b"\x00\x00x", b"RAZF" * 200_000])
def test_other_bytes_after_the_end_are_refused_with_what_helps(tmp_path, tail, blocked):
    for whole in (gzip.compress(TEXT), gzip.compress(b"") * 3, blocked):
        zeros = 0 if whole is blocked else tail.count(0)
        says = (
            f"{len(tail) - zeros:,} from byte {len(whole) + zeros:,} on, .*unpack it with gzip -dc and pack"
        )
        with pytest.raises(InputError, match=r"p\.gz: bytes follow the end of the gzip data: " + says):
            read(tmp_path, whole + tail)


def test_what_the_refusal_says_helps(tmp_path):
    padded = tmp_path / "p.gz"
    padded.write_bytes(gzip.compress(TEXT) + b"RAZF index")
    unpacked = subprocess.run(["gzip", "-dc", padded], check=False, capture_output=True)  # noqa: S603, S607
    assert (unpacked.stdout, unpacked.returncode) == (TEXT, 2)  # a warning
    assert read(tmp_path, gzip.compress(unpacked.stdout)) == TEXT


@pytest.mark.parametrize("tail", [b"\x1f", b"\x1f\x8b", b"\x1f\x8b\x08\x00", b"\x1f\x8b\x09" + b"x" * 40])
@pytest.mark.parametrize("zeros", [0, 3, 300_000])
def test_a_damaged_member_is_not_taken_for_garbage(tmp_path, tail, zeros, blocked):
    for whole in (gzip.compress(TEXT), blocked):
        with pytest.raises(InputError, match=NAMED):
            read(tmp_path, whole + bytes(zeros) + tail)
    with pytest.raises(InputError, match=NAMED):
        read(tmp_path, tail.ljust(2, b"\x8b") + bytes(zeros))


@pytest.mark.parametrize("size", [10, 100_000, 300_000])
def test_a_member_without_its_magic_is_damage(tmp_path, size):
    """gzip itself drops it and all behind it as garbage."""
    first, member = gzip.compress(b"first"), gzip.compress(random.Random(4).randbytes(size), 1)
    with pytest.raises(
        InputError, match=f"the gzip file is damaged at byte {len(first)} .* copy or make it again"
    ):
        read(tmp_path, first + b"\x1e" + member[1:] + member)


@pytest.mark.parametrize("count", [1, 2, 9, 10, 512, 1 << 18, 700_001])
def test_padding_is_left_out_and_counted(tmp_path, count, blocked, caplog):
    wholes = [gzip.compress(TEXT), gzip.compress(b""), gzip.compress(TEXT, 0) * 2, blocked, blocked + blocked]
    for whole in wholes:
        caplog.clear()
        assert read(tmp_path, whole) == gzip.decompress(whole)
        assert not caplog.records
        assert read(tmp_path, whole + bytes(count)) == gzip.decompress(whole)
        assert f"p.gz: {count:,} zero bytes follow the end of the gzip data" in caplog.text
        assert len(caplog.records) == 1
        (tmp_path / "p.gz").write_bytes(whole + bytes(count))
        with (
            pytest.raises(InputError, match=f"p.gz: {count:,} zero bytes .* stop at them; unpack it"),
            open_text(tmp_path / "p.gz", for_tools=True) as handle,
        ):
            handle.read()


def test_members_after_padding_are_read(tmp_path, caplog):
    assert read(tmp_path, gzip.compress(TEXT) + bytes(30) + gzip.compress(b"more\n")) == TEXT + b"more\n"
    assert "p.gz: 30 zero bytes lie between parts of the gzip data" in caplog.text
    with (
        pytest.raises(
            InputError, match="p.gz: 30 zero bytes lie between .* join the files that it was made of"
        ),
        open_text(tmp_path / "p.gz", for_tools=True) as handle,
    ):
        handle.read()


@pytest.mark.parametrize("flags", range(0, 32, 2))
def test_headers_across_the_blocks_that_are_read(tmp_path, monkeypatch, flags):
    header = b"\x1f\x8b\x08" + bytes([flags]) + bytes(6)
    header += (
        b"\x04\x00abcd" * bool(flags & 4) + b"name\0" * bool(flags & 8) + b"comment\0" * bool(flags & 16)
    )
    header += zlib.crc32(header).to_bytes(4, "little")[:2] * bool(flags & 2)
    member = header + gzip.compress(TEXT[:900])[10:]
    for block in (1, 7, len(member) - 1, len(member) + 3):
        monkeypatch.setattr(compressed, "_BLOCK", block)
        assert read(tmp_path, member * 3) == TEXT[:900] * 3


def test_other_programs_may_read_bgzip_without_its_end_marker(tmp_path, blocked):
    (tmp_path / "p.gz").write_bytes(blocked[: -len(BGZF_END)])
    with open_text(tmp_path / "p.gz", for_tools=True) as handle:
        assert handle.read() == TEXT


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
        assert re.search("p.gz: (the b?gzip file is|bytes follow the end of the gzip data)", str(error))
