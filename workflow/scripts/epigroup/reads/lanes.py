"""Lanes of a replicate as one file."""

import os
import shutil
from collections.abc import Sequence

from isal import igzip

from epigroup.core.files import whole

BLOCK = 1 << 20  # bytes


def join_lanes(paths: Sequence[str | os.PathLike], out: str | os.PathLike) -> None:
    """Write FASTQ files one behind the other, as gzip: several gzip files in a row are one (RFC 1952, 2.2), so that
    those named .gz are copied as they are; plain ones are packed."""
    with whole(out) as partial, open(partial, "wb") as handle:
        for path in paths:
            with open(path, "rb") as lane:
                if str(path).endswith(".gz"):
                    shutil.copyfileobj(lane, handle, BLOCK)
                else:
                    with igzip.IGzipFile("", "wb", 1, handle, mtime=0) as packed:
                        shutil.copyfileobj(lane, packed, BLOCK)
