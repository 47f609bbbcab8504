"""Files of the sheet held against the checksums that the sheet gives."""

import hashlib
import logging
from collections.abc import Mapping

from epigroup.core.errors import InputError

log = logging.getLogger(__name__)


def verify_files(known: Mapping[str, tuple[str, str]]) -> None:
    """Read each file and compare. known: {path: (md5:... or sha256:..., which row and column of the sheet says so)}.

    Raises InputError naming row, file and both checksums.
    """
    for path, (checksum, row) in known.items():
        kind, wanted = checksum.split(":")
        with open(path, "rb") as handle:
            found = hashlib.file_digest(handle, kind).hexdigest()
        if found != wanted:
            raise InputError(
                f"{row}: {path} has the {kind} {found}, not {wanted}; fetch the file anew, or correct the checksum"
            )
        log.info("%s: %s %s as the sheet says", path, kind, found)
