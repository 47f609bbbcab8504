"""Event files that TensorBoard reads: scalars by step.

The format is TensorFlow's: records of (length, its checksum, content, its checksum), the content a protocol
buffer `Event` (tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto). Written here, since
the package brings a server and a dozen others with it for these few bytes.
"""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path

# For the code digest: they are looked at and never read back.
CHANGES_NO_RESULT = ("*",)


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)  # CRC-32C, reflected polynomial
        table.append(byte)
    return table


_TABLE = _crc_table()


def crc32c(content: bytes) -> int:
    """CRC-32C (Castagnoli, RFC 3720) of `content`."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def masked(crc: int) -> int:
    """The checksum as records carry it."""
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def record(content: bytes) -> bytes:
    """One record of an event file."""
    length = struct.pack("<Q", len(content))
    return (
        length
        + struct.pack("<I", masked(crc32c(length)))
        + content
        + struct.pack("<I", masked(crc32c(content)))
    )


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _bytes_field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _head(step: int, wall_time: float) -> bytes:
    return b"\x09" + struct.pack("<d", wall_time) + b"\x10" + _varint(step)


def version_event(wall_time: float) -> bytes:
    """The `Event` that a file begins with."""
    return b"\x09" + struct.pack("<d", wall_time) + _bytes_field(3, b"brain.Event:2")


def scalar_event(tag: str, value: float, step: int, wall_time: float) -> bytes:
    """An `Event` with one scalar of a summary."""
    scalar = _bytes_field(1, tag.encode()) + b"\x15" + struct.pack("<f", value)
    return _head(step, wall_time) + _bytes_field(5, _bytes_field(1, scalar))


def start_event(step: int, wall_time: float) -> bytes:
    """An `Event` that starts a session: what an earlier file says of `step` and later steps counts no
    more.
    """
    return _head(step, wall_time) + _bytes_field(7, b"\x08\x01")


class EventFile:
    """An event file in `folder` (one run of TensorBoard), begun at `step`."""

    def __init__(self, folder: Path, step: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        now = time.time()
        self.path = folder / f"events.out.tfevents.{time.time_ns():020d}.{os.getpid()}"
        self._append(version_event(now))
        if step:
            self._append(start_event(step, now))

    def _append(self, content: bytes) -> None:
        with open(self.path, "ab") as handle:
            handle.write(record(content))

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Append a scalar; it is on disk when this returns."""
        self._append(scalar_event(tag, value, step, time.time()))
