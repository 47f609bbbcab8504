"""How MACS is told to call a profile: its arguments as the assay asks, and the reason of each."""

from dataclasses import dataclass

from epigroup.peaks.call_request import CallRequest
from epigroup.peaks.macs_options import ALIASES, SHORT, parse_options

CUT_SHIFT, CUT_WIDTH = -75, 150
ACCESSIBILITY = ("ATAC", "DNase")

Chosen = list[tuple[tuple[str, ...], str]]  # arguments that go together, and the reason of them


@dataclass(frozen=True)
class Call:
    """How a profile is called: the form its reads take ("cut sites", "pairs" or "tags"), the MACS arguments
    beside files and names, why each was chosen, and what to be wary of."""

    reads_as: str
    arguments: tuple[str, ...]
    reasons: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def set_link(chosen: Chosen, cutoff: float) -> None:
    """Put the cutoff of links in place of the one there, for a call by p-value.

    With -p, MACS takes --broad-cutoff as a p-value too (`macs2 callpeak --help`); a false discovery rate would be
    another threshold under the same number.
    """
    reason = (
        "p-value of links, as -p has it, as many times the peaks' as their false discovery rates are apart"
    )
    at = next(i for i, (arguments, _) in enumerate(chosen) if arguments[0] == "--broad-cutoff")
    chosen[at] = (("--broad-cutoff", f"{min(cutoff, 1):.6g}"), reason)


def _value(chosen: Chosen, *options: str) -> float:
    """The value of the one of these options that is among the arguments."""
    return next(float(arguments[1]) for arguments, _ in chosen if arguments[0] in options)


def plan_call(request: CallRequest, *, paired: bool, pvalue: float | None = None) -> Call:
    """MACS arguments for a profile, with the reason of each.

    `pvalue`: a lax call by p-value without splitting at summits, for comparisons of replicates. Links of broad peaks
    called by p-value have a p-value as many times larger as `broad_qvalue` is than `qvalue`.
    Raises ValueError for an assay that has no peaks (input), for options that are not allowed, and for
    --call-summits of broad peaks.
    """
    reads_as, chosen = _as_reads_are(request, paired)
    broad = request.peak_mode == "broad"
    chosen.append((("-g", str(request.genome_size)), "bases of this genome that are not N"))
    chosen.append((("--keep-dup", "all"), "duplicates were removed from the alignments already"))
    chosen.append((("-q", f"{request.qvalue:g}"), "false discovery rate, peaks.qvalue"))
    if broad:
        cutoff = ("--broad-cutoff", f"{request.broad_qvalue:g}")
        chosen.append((("--broad",), "the row is broad: enriched stretches are linked"))
        chosen.append((cutoff, "false discovery rate of links, peaks.broad_qvalue"))
    given = parse_options(request.options)
    if broad and "--call-summits" in given:
        raise ValueError("--call-summits does not go with broad peaks")
    for option, values in given.items():
        replaced = {option} | ({"--qvalue", "--pvalue"} if option in ("--qvalue", "--pvalue") else set())
        chosen = [one for one in chosen if ALIASES.get(one[0][0], one[0][0]) not in replaced]
        chosen.append(((SHORT.get(option, option), *values), "asked by the row, column macs2"))
    if broad and "--pvalue" in given and "--broad-cutoff" not in given:
        set_link(chosen, request.broad_qvalue / request.qvalue * _value(chosen, "-p"))
    if pvalue is not None:
        if broad:
            set_link(chosen, _value(chosen, "--broad-cutoff") / _value(chosen, "-q", "-p") * pvalue)
        dropped = ("-q", "-p", "--call-summits")
        chosen = [one for one in chosen if one[0][0] not in dropped]
        chosen.append(
            (("-p", f"{pvalue:g}"), "lax, as input to the comparison of replicates, peaks.lax_pvalue")
        )
    warnings: tuple[str, ...] = ()
    if request.control is None and request.assay in ("ChIP", "CUTRUN"):
        warnings = (
            f"no control: the background of {request.assay} comes from the profile itself, expect false peaks",
        )
    return Call(
        reads_as,
        tuple(argument for arguments, _ in chosen for argument in arguments),
        tuple(f"{' '.join(arguments)}: {reason}" for arguments, reason in chosen),
        warnings,
    )


def _as_reads_are(request: CallRequest, paired: bool) -> tuple[str, Chosen]:
    """The form in which MACS takes the reads ("cut sites", "pairs" or "tags"), and the arguments that say so."""
    assay = request.assay
    if assay not in (*ACCESSIBILITY, "ChIP", "CUTRUN"):
        raise ValueError(f"no peaks are called for assay {assay}")
    if assay in ACCESSIBILITY:
        ends = "both mates' 5' ends" if paired else "the reads' 5' ends"
        moved = ", moved +4/-5 to the middle of the transposase's stagger" if assay == "ATAC" else ""
        chosen: Chosen = [
            (("-f", "BED"), f"{assay}: the enzyme cut at {ends}{moved}; each end is one event"),
            (("--nomodel",), f"{assay}: there is no fragment length to model"),
            (("--shift", str(CUT_SHIFT)), f"the window of {CUT_WIDTH} bp is centred on the cut"),
            (("--extsize", str(CUT_WIDTH)), f"{CUT_WIDTH} bp around each cut"),
        ]
        if request.peak_mode == "narrow":
            chosen.append((("--call-summits",), f"{assay}: wide open regions hold several summits"))
        return "cut sites", chosen
    if paired:
        known = f"{assay} in pairs: the fragments are known from both ends, none is modelled"
        return "pairs", [(("-f", "BAMPE"), known)]
    fragment = request.fragment
    return "tags", [
        (("-f", "BAM"), f"{assay} single-end: each read is drawn out to its fragment"),
        (("--nomodel",), "the fragment length is known already"),
        (("--extsize", str(fragment.bases)), f"fragment length in bp, {fragment.known_by}"),
    ]
