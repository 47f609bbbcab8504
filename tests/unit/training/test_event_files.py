"""Event files, against the bytes that TensorBoard's own writer gives for the same events."""

import struct

import pytest

from epigroup.training.tensorboard import crc32c, masked, record, scalar_event, start_event, version_event
from planted_examples import SETTINGS, splits, train_groups

# tensorboard 2.21.0: RecordWriter.write(Event(...).SerializeToString())
WRITTEN = {
    "2700000000000000bbe1b14609000010c00b5ad641108098752a180a160a0f6c6f73732f76616c69646174696f6e15cdcccc3d"
    "b34a848b": scalar_event("loss/validation", 0.1, 1_920_000, 1.5e9 + 0.25),
    "100000000000000095fbfe1809000000000000004010ac023a0208011292da01": start_event(300, 2.0),
    "1800000000000000a37f4b220900000000000000401a0d627261696e2e4576656e743a32ff2ee0e7": version_event(2.0),
}


@pytest.mark.parametrize("expected", WRITTEN)
def test_records_are_those_of_tensorboard(expected):
    assert record(WRITTEN[expected]).hex() == expected


@pytest.mark.parametrize(
    ("content", "crc"), [(b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43)]
)
def test_checksum_is_crc32c(content, crc):
    assert crc32c(content) == crc  # RFC 3720, B.4


def scalars(content: bytes) -> list[tuple[str, int, float]]:
    """(tag, step, value) of the scalars in an event file; every checksum is tested."""
    found = []
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        event, check = content[12 : 12 + length], content[12 + length : 16 + length]
        assert struct.unpack("<I", check)[0] == masked(crc32c(event))
        for tag in (b"loss/training", b"loss/validation", b"examples_per_second"):
            if tag in event:
                step, shift, at = 0, 0, 10
                while True:
                    step |= (event[at] & 127) << shift
                    shift, at = shift + 7, at + 1
                    if event[at - 1] < 128:
                        break
                found.append((tag.decode(), step, struct.unpack("<f", event[-4:])[0]))
        content = content[16 + length :]
    return found


def test_training_writes_every_validation(tmp_path):
    train, validation, tasks = splits()
    groups = {0: tasks[:2], 3: tasks[2:]}
    cfg = SETTINGS | {"packing": "interleaved", "validate_every": 6, "max_steps": 20}
    results = train_groups(groups, train, validation, tasks, 1, cfg, events=tmp_path / "events")
    assert sorted(path.name for path in (tmp_path / "events").iterdir()) == ["group0", "group3"]
    for group, result in results.items():
        (path,) = (tmp_path / "events" / f"group{group}").iterdir()
        found = scalars(path.read_bytes())
        for tag, column in (("loss/training", 2), ("loss/validation", 3)):
            expected = [(row[0], pytest.approx(row[column], rel=1e-6)) for row in result.curve]
            assert [(step, value) for name, step, value in found if name == tag] == expected
        assert all(value > 0 for name, _, value in found if name == "examples_per_second")
    plain = train_groups(groups, train, validation, tasks, 1, cfg)
    assert plain[0].best_loss == results[0].best_loss
