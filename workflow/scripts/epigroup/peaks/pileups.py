"""Signals of a profile: fold enrichment over the background and -log10 p, by MACS's bdgcmp, as bigWig."""

import os
import tempfile
from collections.abc import Mapping

from epigroup.core.files import whole
from epigroup.peaks.macs import called_lines, checked_layout, run_macs, say
from epigroup.peaks.macs_arguments import FragmentLength, plan_call
from epigroup.reads.alignments import mapped_reads

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


def make_pileups(
    bam: str,
    outs: Mapping[str, str],
    *,
    profile_id: str,
    assay: str,
    peak_mode: str,
    genome_size: int,
    sizes: dict[str, int],
    qvalue: float,
    broad_qvalue: float,
    fragment: FragmentLength,
    options: str = "",
    control: str | None = None,
    macs: str = "macs2",
) -> None:
    """Write bedGraphs of METHODS and a README. outs: paths by method and "readme".

    Raises InputError as `call_peaks` does.
    """
    paired = checked_layout(bam, control, profile_id)
    call = plan_call(
        assay,
        peak_mode,
        paired=paired,
        control=control is not None,
        genome_size=genome_size,
        qvalue=qvalue,
        broad_qvalue=broad_qvalue,
        fragment=fragment,
        options=options,
    )
    say(call, profile_id)
    counts = [mapped_reads(path) / (2 if call.reads_as == "pairs" else 1) for path in (bam, control) if path]
    scale = min(counts) / 1e6
    with tempfile.TemporaryDirectory(prefix="signals.") as folder:
        more = ("-B", "--SPMR")
        called_lines(bam, folder, call, profile_id, assay, sizes, control=control, macs=macs, more=more)
        pileup, background = (
            f"{folder}/{profile_id}_{kind}.bdg" for kind in ("treat_pileup", "control_lambda")
        )
        for name, method in METHODS.items():
            scaled = ("-S", f"{scale:.6f}") if name == "pvalue" else ()
            with whole(outs[name]) as partial:
                command = [macs, "bdgcmp", "-t", pileup, "-c", background, "-m", *method, *scaled]
                run_macs([*command, "-o", os.fspath(partial)], profile_id, bam)
    text = README.format(
        profile=profile_id, macs=macs, scale=scale, reads_as=call.reads_as, arguments=" ".join(call.arguments)
    )
    with whole(outs["readme"]) as partial:
        partial.write_text(text, encoding="utf-8")
