"""What became of every read that was given: kept, or dropped at a step and for a reason."""

import logging
import os
from collections.abc import Mapping, Sequence

import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.tables import read_table
from epigroup.core.text_files import REMEDY

COLUMNS = ("profile_id", "replicate", "what", "reads")
GIVEN, TRIMMED = "given", "trimmed away"
KEPT = "kept"
DROPPED = (
    "secondary alignment",
    "supplementary alignment",
    "not aligned",
    "mate missing",
    "mate not aligned",
    "failed by the sequencer",
    "no proper pair",
    "mapping quality too low",
    "mapping quality of the mate too low",
    "on the mitochondrion",
    "on a contig not chosen",
    "duplicate",
    "in the blacklist",
)
REASONS = (TRIMMED, *DROPPED)
# Dropping these says something of the library, not that the file or a setting is wrong.
EXPECTED = frozenset({"duplicate", "on the mitochondrion", "on a contig not chosen"})
MUCH = 0.5
logger = logging.getLogger(__name__)


def account(name: str, before: Mapping[str, int], filtered: Mapping[str, int]) -> dict[str, int]:
    """Reads given, kept, and dropped by each of REASONS, of `filter.dropped_before` and `filter_alignments`.

    name: of the profile and its replicate. Raises InputError when reads are lost or won that no reason accounts for,
    and when none is kept.
    """
    gone = sum(number for reason, number in before.items() if reason != GIVEN)
    left, found = before[GIVEN] - gone, sum(filtered.values())
    if left != found:
        raise InputError(
            f"{name}: {left:,} reads should be among the marked alignments and {found:,} are: a file was changed or "
            "cut on the way; delete what the workflow made of this profile and run again"
        )
    rows = {GIVEN: before[GIVEN], KEPT: filtered[KEPT]}
    rows |= {reason: before.get(reason, 0) + filtered.get(reason, 0) for reason in REASONS}
    told = ", ".join(
        f"{number:,} {reason}" for reason, number in rows.items() if number and reason in REASONS
    )
    logger.info("%s: %s reads given, %s kept; %s", name, f"{rows[GIVEN]:,}", f"{rows[KEPT]:,}", told)
    if not rows[KEPT]:
        raise InputError(
            f"{name}: none of {rows[GIVEN]:,} reads is kept: {told}. Check that the reads are of this genome, or "
            "change what drops them (reads.mapq, genome.blacklist, genome.chromosomes)"
        )
    for reason in REASONS:
        if reason not in EXPECTED and rows[reason] > MUCH * rows[GIVEN]:
            logger.warning(
                "%s: %.0f %% of the reads are dropped: %s", name, 100 * rows[reason] / rows[GIVEN], reason
            )
    return rows


def write_account(
    out: str | os.PathLike, profile_id: str, replicate: str | int, rows: Mapping[str, int]
) -> None:
    """Write what `account` gave as a table of COLUMNS."""
    lines = [f"{profile_id}\t{replicate}\t{what}\t{reads}\n" for what, reads in rows.items()]
    with whole(out) as partial:
        partial.write_text("\t".join(COLUMNS) + "\n" + "".join(lines), encoding="utf-8")


def read_accounts(paths: Sequence[str | os.PathLike]) -> pd.DataFrame:
    """Tables that `write_account` wrote, one below the other. Raises InputError for one that is damaged, or in which
    kept and dropped are not what was given."""
    parts = []
    for path in paths:
        part = read_table(path, dtype={"profile_id": str, "replicate": str})
        if list(part.columns) != list(COLUMNS):
            raise InputError(f"{path}: has not the columns {', '.join(COLUMNS)}; {REMEDY}")
        of_given = part["what"] == GIVEN
        if part.loc[of_given, "reads"].sum() != part.loc[~of_given, "reads"].sum():
            raise InputError(f"{path}: reads kept and dropped are not those given; {REMEDY}")
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
