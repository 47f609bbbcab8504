"""Reading text that the workflow itself has written: whole and undamaged, or refused by name."""

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from epigroup.core.errors import InputError

REMEDY = "delete it, and it will be made again"


def first_line(error: BaseException, longest: int = 200) -> str:
    """The first line of an error's message, or its name."""
    text = str(error).strip().split("\n", 1)[0] or type(error).__name__
    return text if len(text) <= longest else text[: longest - 3] + "..."


def read_text(path: str | os.PathLike) -> str:
    """The text of a file that ends with its last line's end. Raises InputError for one that is cut or no
    UTF-8."""
    try:
        text = Path(path).read_bytes().decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is damaged ({error.reason} at byte {error.start}); {REMEDY}") from None
    if not text.endswith("\n"):
        raise InputError(f"{path}: is cut short: its last line has no end; {REMEDY}")
    return text


def as_read(value: Any) -> Any:
    """The value as JSON gives it back. Numbers that are keys become words, which sort in another order: 10
    before 2."""
    return json.loads(json.dumps(value))


def text_check(content: Any) -> int:
    """CRC-32 of a value that JSON gave (`as_read`), whatever the order of its keys."""
    return zlib.crc32(json.dumps(content, sort_keys=True).encode())


def sealed(value: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object with the checksum of the rest under `crc32`, which `read_json` holds it against."""
    content = as_read({key: item for key, item in value.items() if key != "crc32"})
    return content | {"crc32": text_check(content)}


def read_json(path: str | os.PathLike) -> dict:
    """The object of a JSON file. Raises InputError for one that is cut or damaged, as its checksum tells
    where it
    has one.
    """
    try:
        value = json.loads(Path(path).read_bytes())
    except ValueError as error:
        raise InputError(f"{path}: is no whole JSON file ({first_line(error)}); {REMEDY}") from None
    if not isinstance(value, dict):
        raise InputError(f"{path}: holds no JSON object; {REMEDY}")
    if "crc32" in value and sealed(value) != value:
        raise InputError(f"{path}: is damaged or was edited: it does not match its checksum; {REMEDY}")
    return value
