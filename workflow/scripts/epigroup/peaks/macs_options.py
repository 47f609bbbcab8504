"""Options of `macs callpeak` that a row of the sheet may set for itself: a checked list, never a shell text."""

from collections.abc import Callable

# What the workflow decides itself, and why it cannot be set.
RESERVED = {
    "-g": "the genome's size is counted from the FASTA",
    "--gsize": "the genome's size is counted from the FASTA",
    "-t": "the reads are those of the row",
    "-c": "the column control names the control",
    "-f": "the assay and the layout decide how reads are taken",
    "-n": "files are named by profile_id",
    "--outdir": "files are named by profile_id",
    "-B": "`peaks.signal` makes the signals",
    "--bdg": "`peaks.signal` makes the signals",
    "--SPMR": "`peaks.signal` makes the signals",
    "--broad": "the column peak_mode says broad",
}
ALIASES = {"-q": "--qvalue", "-p": "--pvalue", "-m": "--mfold", "-s": "--tsize"}


def _share(text: str) -> bool:
    return 0 < float(text) <= 1


def _positive(text: str) -> bool:
    return text.isdecimal() and int(text) > 0


def _whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def _duplicates(text: str) -> bool:
    return text in ("auto", "all") or _positive(text)


def _factor(text: str) -> bool:
    return 0 < float(text) < float("inf")


def _side(text: str) -> bool:
    return text in ("large", "small")


# option: tests of its values
ALLOWED: dict[str, tuple[Callable[[str], bool], ...]] = {
    "--qvalue": (_share,),
    "--pvalue": (_share,),
    "--broad-cutoff": (_share,),
    "--extsize": (_positive,),
    "--shift": (_whole,),
    "--bw": (_positive,),
    "--mfold": (_positive, _positive),
    "--tsize": (_positive,),
    "--keep-dup": (_duplicates,),
    "--min-length": (_positive,),
    "--max-gap": (_positive,),
    "--slocal": (_positive,),
    "--llocal": (_positive,),
    "--fe-cutoff": (_factor,),
    "--scale-to": (_side,),
    "--nomodel": (),
    "--nolambda": (),
    "--call-summits": (),
}
SHORT = {"--qvalue": "-q", "--pvalue": "-p"}


def parse_options(text: str) -> dict[str, tuple[str, ...]]:
    """{option by its long name: its values} of a cell such as `--qvalue 0.05 --extsize 147`.

    Raises ValueError that says what is wrong with the text.
    """
    found: dict[str, tuple[str, ...]] = {}
    words = text.replace("=", " ").split()
    while words:
        given = words.pop(0)
        option = ALIASES.get(given, given)
        if given in RESERVED:
            raise ValueError(f"{given} cannot be set here: {RESERVED[given]}")
        if option not in ALLOWED:
            raise ValueError(f"{given!r} is not among the options that a row may set: {', '.join(ALLOWED)}")
        if option in found:
            raise ValueError(f"{given} stands twice")
        tests = ALLOWED[option]
        values, words = tuple(words[: len(tests)]), words[len(tests) :]
        if len(values) < len(tests) or not all(map(_passes, tests, values)):
            raise ValueError(f"{given} does not take {' '.join(values) or 'no value'!r}")
        found[option] = values
    if {"--qvalue", "--pvalue"} <= set(found):
        raise ValueError("--qvalue and --pvalue exclude each other")
    return found


def _passes(test: Callable[[str], bool], value: str) -> bool:
    try:
        return test(value)
    except ValueError:
        return False
