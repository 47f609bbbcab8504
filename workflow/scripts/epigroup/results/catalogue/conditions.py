"""Conditions and columns that records of several stages name."""

from epigroup.results.catalogue.record import Column

CHANGES_NO_RESULT = ("*",)

LABELS = "`dataset.targets: labels`"
SIGNALS = "`dataset.targets: signal`"
SIMULATION = "`simulation`"
REGIONS = Column("regions", "Set of evaluation regions: `any_peak` or `all_mappable`.")
SEALED = Column("crc32", "Checksum (CRC-32) of the rest of the file.")


def ends(
    of: str,
    low: str = "low",
    high: str = "high",
    *,
    absent: str = "NaN where it is withheld",
    needed: bool = False,
) -> tuple[Column, Column]:
    """The columns of both ends of an interval: of what it is, and when there is none."""
    return (
        Column(low, f"Lower end of {of}; {absent}.", needed),
        Column(high, f"Upper end of {of}; {absent}.", needed),
    )
