"""Signals of a profile: fold enrichment over the background and -log10 p, by MACS's bdgcmp, as bigWig."""

import logging
import os
import tempfile
from collections.abc import Mapping

from epigroup.core.files import whole
from epigroup.peaks.call_request import CallRequest
from epigroup.peaks.macs import called_lines, checked_layout, run_macs, say
from epigroup.peaks.macs_arguments import plan_call
from epigroup.peaks.scratch import PILEUPS, room_to_call
from epigroup.reads.alignments import mapped_reads

logger = logging.getLogger(__name__)

METHODS = {"enrichment": ("FE",), "pvalue": ("ppois",)}
README = """Signals of {profile}

{profile}.enrichment.bw   fold enrichment: the pileup of the reads over the background that MACS expects there
{profile}.pvalue.bw       -log10 of the p-value of the pileup, Poisson with that background

Both are by `{macs} callpeak -B --SPMR` and `{macs} bdgcmp`. Pileup and background are scaled to reads per million
(--SPMR); for the p-value they are scaled back by {scale:.6g} million, the reads of treatment or control, whichever are
fewer. Fold enrichment has no pseudocount. Reads are taken as {reads_as}, with the arguments of the peak calling:

    {arguments}

Values end with the chromosome; pileups that reach beyond it are cut there.
"""


def make_pileups(request: CallRequest, outs: Mapping[str, str]) -> None:
    """Write bedGraphs of METHODS and a README. outs: paths by method and "readme".

    Raises InputError as `call_peaks` does.
    """
    call = plan_call(request, paired=checked_layout(request))
    profile_id, macs = request.profile_id, request.macs
    say(call, profile_id)
    logger.info("%s", room_to_call(request, PILEUPS))
    reads_per_fragment = 2 if call.reads_as == "pairs" else 1
    bams = (request.treatment, request.control)
    scale = min(mapped_reads(path) / reads_per_fragment for path in bams if path) / 1e6
    with tempfile.TemporaryDirectory(prefix="signals.") as folder:
        called_lines(request, call, folder, more=("-B", "--SPMR"))
        pileup, background = (
            f"{folder}/{profile_id}_{kind}.bdg" for kind in ("treat_pileup", "control_lambda")
        )
        for name, method in METHODS.items():
            scaled = ("-S", f"{scale:.6f}") if name == "pvalue" else ()
            with whole(outs[name]) as partial:
                command = [macs, "bdgcmp", "-t", pileup, "-c", background, "-m", *method, *scaled]
                run_macs([*command, "-o", os.fspath(partial)], profile_id, request.treatment)
    text = README.format(
        profile=profile_id, macs=macs, scale=scale, reads_as=call.reads_as, arguments=" ".join(call.arguments)
    )
    with whole(outs["readme"]) as partial:
        partial.write_text(text, encoding="utf-8")
