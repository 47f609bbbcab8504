"""Tables of quality: a row a figure, a row a profile, and who is below a grade."""

import json
import logging
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.tables import read_table
from epigroup.core.text_files import REMEDY, read_json
from epigroup.quality.flagstat import read_flagstat
from epigroup.quality.grades import FALLING, GRADES, graded, worst

COLUMNS = ("profile_id", "replicate", "measure", "value", "grade", "threshold", "source")
POOLED = "pooled"
logger = logging.getLogger(__name__)


def quality_table(profile_id: str, figures: Mapping[str, Mapping[str, float]], **profile) -> pd.DataFrame:
    """A row a figure: COLUMNS. figures: by replicate's number or POOLED; profile: as `threshold_of` takes."""
    rows = [
        {"profile_id": profile_id, "replicate": replicate, "measure": measure, "value": value}
        | graded(measure, value, **profile)
        for replicate, measures in figures.items()
        for measure, value in measures.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def write_quality(out: str | os.PathLike, table: pd.DataFrame) -> None:
    """Write a table of figures, values in six digits."""
    with whole(out) as partial:
        table.to_csv(partial, sep="\t", index=False, float_format="%.6g", na_rep="NA")


def read_quality(path: str | os.PathLike) -> pd.DataFrame:
    """A table that `write_quality` wrote. Raises InputError for one that is damaged."""
    words = {column: str for column in COLUMNS if column != "value"}
    table = read_table(path, dtype=words, keep_default_na=False, na_values={"value": ["NA"]})
    if list(table.columns) != list(COLUMNS):
        raise InputError(f"{path}: has not the columns {', '.join(COLUMNS)}; {REMEDY}")
    return table


def gather_quality(paths: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(all rows, a row a profile: profile_id, grade, warned, failed, and the value of every measure).

    The value is that of the pooled reads, or of the replicate of the worst grade and, among those, the worst value.
    """
    every = pd.concat([read_quality(path) for path in paths], ignore_index=True)
    rows = []
    for name, part in every.groupby("profile_id", sort=False):
        grades = {
            grade: sorted(set(part.loc[part["grade"] == grade, "measure"])) for grade in ("warn", "fail")
        }
        row = {"profile_id": name, "grade": worst(list(part["grade"]))}
        row |= {"warned": ", ".join(grades["warn"]), "failed": ", ".join(grades["fail"])}
        for measure, here in part.groupby("measure", sort=False):
            order = here["grade"].map({grade: i for i, grade in enumerate(GRADES)}).fillna(len(GRADES))
            ranked = here.assign(order=order).sort_values(
                ["order", "value"], ascending=[True, measure not in FALLING]
            )
            row[measure] = ranked["value"].iloc[0]
        rows.append(row)
    return every, pd.DataFrame(rows)


def failing(table: pd.DataFrame, min_grade: str) -> dict[str, str]:
    """{profile: its measures below `min_grade`} of a table with a row a profile, as `gather_quality` makes it."""
    below = GRADES[: GRADES.index(min_grade)]
    found = {}
    for row in table.itertuples():
        if row.grade in below:
            measures = [row.failed, row.warned if "warn" in below else ""]
            found[row.profile_id] = ", ".join(filter(None, measures))
    return found


def read_summary(path: str | os.PathLike) -> pd.DataFrame:
    """The table of a row a profile. Raises InputError for one that is damaged."""
    words = dict.fromkeys(("profile_id", "grade", "warned", "failed"), str)
    table = read_table(path, dtype=words, keep_default_na=False, na_values=["NA"])
    if list(table.columns[:4]) != list(words):
        raise InputError(f"{path}: is no summary of quality; {REMEDY}")
    table[list(words)] = table[list(words)].fillna("")
    return table


def check_left_out(
    summary: str, min_grade: str, left_out: Sequence[str], out: str, *, tasks: Sequence[str]
) -> None:
    """Write the names of the profiles left out of training, when they are those that `summary` says.

    Only `tasks` are learnt, so only they are left out: a control below the grade stays the control, with a warning.
    Raises InputError when the grades are others than when this run was planned; a second run then knows.
    """
    below = failing(read_summary(summary), min_grade)
    found = {name: measures for name, measures in below.items() if name in set(tasks)}
    for name in below.keys() - found.keys():
        logger.warning("%s (%s) is below %s; it is a control and stays one", name, below[name], min_grade)
    new, gone = sorted(set(found) - set(left_out)), sorted(set(left_out) - set(found))
    if new or gone:
        parts = [f"{name} ({found[name]}) is below {min_grade}" for name in new]
        parts += [f"{name} is no longer below {min_grade}" for name in gone]
        raise InputError(
            f"{summary}: qc.min_grade {min_grade}: {'; '.join(parts)}. Run again: the profiles to learn are chosen "
            "when a run starts, and now their grades are known"
        )
    with whole(out) as partial:
        partial.write_text(
            "".join(f"{name}\t{measures}\n" for name, measures in sorted(found.items())) or "none\n",
            encoding="utf-8",
        )


def write_figures(out: str | os.PathLike, figures: Mapping[str, float | int]) -> None:
    """Figures as JSON; what is not known becomes null, what is infinite a number beyond any threshold."""
    held = {
        key: None if math.isnan(value) else (1e9 if math.isinf(value) else value)
        for key, value in figures.items()
    }
    with whole(out) as partial:
        Path(partial).write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")


def read_counts(fastp: list[str], flagstat: list[str]) -> pd.DataFrame | None:
    """A row a replicate (`profile.repN`): reads, after trimming, aligned, duplicates, and aligned
    fragments; None without files.

    Counts are of reads, both mates of a pair, but for fragments: a pair of which both mates align is one, as is a
    read alone. A profile that entered as BAM has no trimming.
    """
    if not flagstat:
        return None
    trimmed = {Path(path).name.removesuffix(".json"): read_json(path)["summary"] for path in fastp}
    rows = []
    for path in flagstat:
        name = Path(path).name.removesuffix(".flagstat.txt")
        counts = read_flagstat(path)
        before = trimmed[name]["before_filtering"]["total_reads"] if name in trimmed else counts["primary"]
        after = trimmed[name]["after_filtering"]["total_reads"] if name in trimmed else counts["primary"]
        rows.append(
            {
                "Replicate": name,
                "Reads": before,
                "After trimming": after if name in trimmed else None,
                "Aligned": counts["mapped"],
                "Aligned, %": round(100 * counts["mapped"] / after, 1) if after else None,
                "Duplicates": counts["duplicates"],
                "Duplicates, %": round(100 * counts["duplicates"] / counts["mapped"], 1)
                if counts["mapped"]
                else None,
                "Aligned fragments": counts["mapped"] - counts["mates"] // 2,
            }
        )
    return pd.DataFrame(rows)
