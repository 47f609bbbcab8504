"""Names of files of places."""

import re
from collections.abc import Sequence

from epigroup.core.errors import InputError


def safe_name(cell_type: str, assay: str) -> str:
    """A file's name, without suffix: letters, digits and . _ - as they are, all else as _."""
    return ".".join(re.sub(r"[^A-Za-z0-9._-]+", "_", part) for part in (cell_type, assay))


def file_names(places: Sequence[tuple[str, str]]) -> list[str]:
    """The name of each place. InputError: two places whose names would be one."""
    of_name: dict[str, tuple[str, str]] = {}
    for place in places:
        # Some file systems do not tell capitals from small letters.
        earlier = of_name.setdefault(safe_name(*place).casefold(), place)
        if earlier != place:
            raise InputError(
                f"{place[1]} of {place[0]} and {earlier[1]} of {earlier[0]} would be one file, "
                f"{safe_name(*place)}.bw; name "
                "cell types and targets apart by letters and digits"
            )
    return [safe_name(*place) for place in places]
