"""What calling peaks puts into the temporary folder at most."""

import os

from epigroup.core.scratch import room_for
from epigroup.peaks.call_request import CallRequest

# For the code digest: what is said, or refused, makes no other result.
CHANGES_NO_RESULT = ("*",)
# Bytes a byte of the filtered alignments and the control's (benchmarks/RESULTS.md, Scratch): MACS's own files and the
# cut sites; with its pileups as text; with halves of the alignments.
CALLING, PILEUPS, HALVES = 2.5, 6.0, 3.5


def room_to_call(request: CallRequest, factor: float) -> str:
    """Room for `factor` bytes a byte of the alignments that peaks are called on. As `room_for`."""
    paths = [path for path in (request.treatment, request.control) if path]
    return room_for(factor * sum(map(os.path.getsize, paths)), f"calling the peaks of {request.profile_id}")
