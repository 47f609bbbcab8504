"""Room in the folder for temporary files, looked at before work that fills it.

The look stands in a line of the log, so that no digest counts it and one more reruns nothing.
"""

import shutil
import tempfile

from epigroup.core.errors import InputError

# For the code digest: what is said, or refused, makes no other result.
CHANGES_NO_RESULT = ("room_for",)


def room_for(n_bytes: float, what: str) -> str:
    """What the temporary folder (TMPDIR) has and `what`, which takes `n_bytes` there at most, as a line for the log.

    Raises InputError when it has less. Quotas of a user are not seen.
    """
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise InputError(
            f"{folder}: {what} takes up to {n_bytes / 1e6:,.1f} MB of temporary files there, and {free / 1e6:,.1f} MB "
            "are free: make room, or name a larger folder: TMPDIR=/PATH snakemake ..., and on a cluster the resource "
            "tmpdir in the profile"
        )
    return f"{folder}: {free / 1e6:,.1f} MB free, {what} takes up to {n_bytes / 1e6:,.1f} MB"
