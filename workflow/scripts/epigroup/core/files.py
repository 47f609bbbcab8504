"""Files that appear under their final name only when whole."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a path beside `path`; rename it to `path` when the block ends well, remove it when it does not.

    The temporary name keeps the suffixes of the final one, so that writers that go by suffix work.
    Raises whatever the block raises; a block that wrote nothing raises FileNotFoundError.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    partial = final.with_name(f".partial{os.getpid()}.{final.name}")
    try:
        yield partial
        _open_to_others(partial)
        with open(partial, "rb") as handle:
            os.fsync(handle.fileno())
        os.replace(partial, final)
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(final)  # a full disk does not say which file it had no room for
        raise
    finally:
        partial.unlink(missing_ok=True)


def _open_to_others(path: Path) -> None:
    """Give a file that its writer made for its owner alone the mode that new files have here (the umask says)."""
    if path.stat().st_mode & 0o077:
        return
    probe = path.with_name(f"{path.name}.mode")
    try:
        probe.touch(exist_ok=False)
        path.chmod(probe.stat().st_mode & 0o777)
    finally:
        probe.unlink(missing_ok=True)


def sha256_file(path: str | os.PathLike) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
