"""How MACS is told to call a profile: its arguments as the assay asks, and the reason of each."""

from dataclasses import dataclass

from epigroup.core.text_files import read_json
from epigroup.peaks.macs_options import ALIASES, SHORT, parse_options

CUT_SHIFT, CUT_WIDTH = -75, 150
ACCESSIBILITY = ("ATAC", "DNase")


@dataclass(frozen=True)
class Call:
    """How a profile is called: the form its reads take ("cut sites", "pairs" or "tags"), the MACS arguments
    beside files and names, why each was chosen, and what to be wary of."""

    reads_as: str
    arguments: tuple[str, ...]
    reasons: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class FragmentLength:
    """Fragment length of single-end reads (bp), and how it is known."""

    bases: int
    known_by: str


def fragment_length(strands: str | None, extsize: int) -> FragmentLength:
    """The fragment length for peak calling, from the facts that rule correlate_strands left at `strands`.

    Pairs and cut sites need none, and have no such file. `extsize` (bp) stands in where the strands'
    cross-correlation has no peak. Raises InputError for a file that is damaged.
    """
    if strands is None:
        return FragmentLength(extsize, "peaks.extsize")
    found = read_json(strands)["fragment"]
    if found is None:
        return FragmentLength(extsize, "peaks.extsize: the strands' cross-correlation has no peak")
    return FragmentLength(int(found), "from the strands' cross-correlation")


def set_link(chosen: list[tuple[tuple[str, ...], str]], cutoff: float) -> None:
    """Put the cutoff of links in place of the one there, for a call by p-value.

    With -p, MACS takes --broad-cutoff as a p-value too (`macs2 callpeak --help`); a false discovery rate would be
    another threshold under the same number.
    """
    reason = (
        "p-value of links, as -p has it, as many times the peaks' as their false discovery rates are apart"
    )
    at = next(i for i, (arguments, _) in enumerate(chosen) if arguments[0] == "--broad-cutoff")
    chosen[at] = (("--broad-cutoff", f"{min(cutoff, 1):.6g}"), reason)


def _value(chosen: list[tuple[tuple[str, ...], str]], *options: str) -> float:
    """The value of the one of these options that is among the arguments."""
    return next(float(arguments[1]) for arguments, _ in chosen if arguments[0] in options)


def plan_call(
    assay: str,
    peak_mode: str,
    *,
    paired: bool,
    control: bool,
    genome_size: int,
    qvalue: float,
    broad_qvalue: float,
    fragment: FragmentLength,
    options: str = "",
    pvalue: float | None = None,
) -> Call:
    """MACS arguments for an assay, with the reason of each. `genome_size` in bp.

    `fragment` is used for single-end ChIP and CUT&RUN alone. `options`: those of the row, which replace the
    defaults. `pvalue`: a lax call by p-value without splitting at summits, for comparisons of replicates. Links of
    broad peaks called by p-value have a p-value as many times larger as `broad_qvalue` is than `qvalue`.
    Raises ValueError for an assay that has no peaks (input), for options that are not allowed, and for
    --call-summits of broad peaks.
    """
    if assay not in (*ACCESSIBILITY, "ChIP", "CUTRUN"):
        raise ValueError(f"no peaks are called for assay {assay}")
    chosen: list[tuple[tuple[str, ...], str]] = []
    if assay in ACCESSIBILITY:
        reads_as = "cut sites"
        ends = "both mates' 5' ends" if paired else "the reads' 5' ends"
        moved = ", moved +4/-5 to the middle of the transposase's stagger" if assay == "ATAC" else ""
        chosen.append((("-f", "BED"), f"{assay}: the enzyme cut at {ends}{moved}; each end is one event"))
        chosen.append((("--nomodel",), f"{assay}: there is no fragment length to model"))
        chosen.append((("--shift", str(CUT_SHIFT)), f"the window of {CUT_WIDTH} bp is centred on the cut"))
        chosen.append((("--extsize", str(CUT_WIDTH)), f"{CUT_WIDTH} bp around each cut"))
        if peak_mode == "narrow":
            chosen.append((("--call-summits",), f"{assay}: wide open regions hold several summits"))
    elif paired:
        reads_as = "pairs"
        chosen.append(
            (("-f", "BAMPE"), f"{assay} in pairs: the fragments are known from both ends, none is modelled")
        )
    else:
        reads_as = "tags"
        chosen.append((("-f", "BAM"), f"{assay} single-end: each read is drawn out to its fragment"))
        chosen.append((("--nomodel",), "the fragment length is known already"))
        chosen.append((("--extsize", str(fragment.bases)), f"fragment length in bp, {fragment.known_by}"))
    chosen.append((("-g", str(genome_size)), "bases of this genome that are not N"))
    chosen.append((("--keep-dup", "all"), "duplicates were removed from the alignments already"))
    chosen.append((("-q", f"{qvalue:g}"), "false discovery rate, peaks.qvalue"))
    if peak_mode == "broad":
        chosen.append((("--broad",), "the row is broad: enriched stretches are linked"))
        chosen.append(
            (("--broad-cutoff", f"{broad_qvalue:g}"), "false discovery rate of links, peaks.broad_qvalue")
        )
    given = parse_options(options)
    if peak_mode == "broad" and "--call-summits" in given:
        raise ValueError("--call-summits does not go with broad peaks")
    for option, values in given.items():
        replaced = {option} | ({"--qvalue", "--pvalue"} if option in ("--qvalue", "--pvalue") else set())
        chosen = [one for one in chosen if ALIASES.get(one[0][0], one[0][0]) not in replaced]
        chosen.append(((SHORT.get(option, option), *values), "asked by the row, column macs2"))
    if peak_mode == "broad" and "--pvalue" in given and "--broad-cutoff" not in given:
        set_link(chosen, broad_qvalue / qvalue * _value(chosen, "-p"))
    if pvalue is not None:
        if peak_mode == "broad":
            set_link(chosen, _value(chosen, "--broad-cutoff") / _value(chosen, "-q", "-p") * pvalue)
        dropped = ("-q", "-p", "--call-summits")
        chosen = [one for one in chosen if one[0][0] not in dropped]
        chosen.append(
            (("-p", f"{pvalue:g}"), "lax, as input to the comparison of replicates, peaks.lax_pvalue")
        )
    warnings = ()
    if not control and assay in ("ChIP", "CUTRUN"):
        warnings = (
            f"no control: the background of {assay} comes from the profile itself, expect false peaks",
        )
    return Call(
        reads_as,
        tuple(argument for arguments, _ in chosen for argument in arguments),
        tuple(f"{' '.join(arguments)}: {reason}" for arguments, reason in chosen),
        warnings,
    )
