"""Lanes: several files of reads that are one replicate, parted by `;` in a cell, or in rows of one replicate."""

from epigroup.config.sheet_checks import JOINED, Lines, Rows, identity, kind_of, paths_in, without_number

# What rows of one replicate may have each for itself: their files and what is said of them.
OF_LANE = ("fastq_1", "fastq_2", "accession", "format", "layout", "checksum")
READS = ("fastq_1", "fastq_2")


def with_lanes(rows: Rows, results: str) -> tuple[Rows, list[str], Lines]:
    """(rows, those of reads of one replicate joined to one at the place of the first; faults; the line of each file
    that came from a further row).

    Rows of a replicate that are not all reads are left as they are: they are faults between rows.
    """
    faults, lacking = _faults_of_numbers(rows), without_number(rows)
    lines: dict[tuple[int, str], int] = {}
    lanes: dict[tuple[str, int], Rows] = {}
    for line, row in rows:
        lanes.setdefault((row["profile_id"], int(row.get("replicate", 1))), []).append((line, row))
    joined: Rows = []
    for members in lanes.values():
        if len(members) == 1 or {kind_of(row) for _, row in members} != {"fastq"}:
            joined += members
            continue
        home, first = members[0]
        if first["profile_id"] not in lacking:
            faults += faults_of_lanes(members, results)
        lines |= {
            (home, path): line
            for line, row in reversed(members)
            for column in READS
            for path in paths_in(row.get(column, ""))
        }
        joined.append(
            (
                home,
                first
                | {
                    column: ";".join(row.get(column, "") for _, row in members)
                    for column in READS
                    if column in first
                },
            )
        )
    return sorted(joined, key=lambda one: one[0]), faults, lines


def _faults_of_numbers(rows: Rows) -> list[str]:
    """Profiles of several rows of which one does not say which replicate it is: nothing tells lanes from replicates."""
    faults = []
    for name, lacking in without_number(rows).items():
        others = [str(line) for line, row in rows if row["profile_id"] == name and line != lacking]
        aligned = any("bam" in row for _, row in rows if row["profile_id"] == name)
        numbers = (
            "a number each"
            if aligned
            else "one number for the lanes of one replicate, another number for each other replicate"
        )
        faults.append(
            f"line {lacking}, column replicate: is empty, and profile {name!r} has further rows (line "
            f"{', '.join(others)}); give all of them their replicate, {numbers}, or another profile_id where it is "
            f"another profile{JOINED['bam'] if aligned else ''}"
        )
    return faults


def faults_of_lanes(members: Rows, results: str) -> list[str]:
    """What is wrong between rows of reads that are one replicate."""
    home, origin = members[0]
    name, number = origin["profile_id"], origin.get("replicate", "1")
    faults = []
    files: dict[object, int] = {}
    for line, row in members:
        here = f"lanes of one replicate ({name}, replicate {number})"
        for column in sorted((set(origin) | set(row)) - set(OF_LANE)):
            if row.get(column) != origin.get(column):
                faults.append(
                    f"line {line}, column {column}: {row.get(column, '')!r} differs from {origin.get(column, '')!r} on "
                    f"line {home}; {here} must agree; replicates have a number each"
                )
        if ("fastq_2" in row) != ("fastq_2" in origin):
            faults.append(
                f"line {line}, column fastq_2: {name!r} is single-end in one lane and paired in another (line {home}); "
                f"{here} must agree"
            )
        for column in READS:
            for path in paths_in(row.get(column, "")):
                earlier = files.setdefault(identity(path, results), line)
                if earlier != line:
                    faults.append(
                        f"line {line}, column {column}: {path!r} stands on line {earlier} already; the reads of one "
                        "lane must not count twice"
                    )
    return faults
