"""Lanes: several files of reads that are one replicate, parted by `;` in a cell, or in rows of one replicate."""

from epigroup.config.sheet_checks import Rows, identity, kind_of, paths_in

# What rows of one replicate may have each for itself: their files and what is said of them.
OF_LANE = ("fastq_1", "fastq_2", "accession", "format", "layout", "checksum")
READS = ("fastq_1", "fastq_2")


def with_lanes(rows: Rows, results: str) -> tuple[Rows, list[str]]:
    """(rows, those of reads of one replicate joined to one at the place of the first; faults).

    Rows of a replicate whose number is not written, or that are not all reads, are left as they are: the first are
    faults here, the others between rows.
    """
    lanes: dict[tuple[str, int], Rows] = {}
    for line, row in rows:
        lanes.setdefault((row["profile_id"], int(row.get("replicate", 1))), []).append((line, row))
    joined: Rows = []
    faults: list[str] = []
    for members in lanes.values():
        if len(members) == 1 or {kind_of(row) for _, row in members} != {"fastq"}:
            joined += members
            continue
        faults += faults_of_lanes(members, results)
        first = members[0][1]
        joined.append(
            (
                members[0][0],
                first
                | {
                    column: ";".join(row.get(column, "") for _, row in members)
                    for column in READS
                    if column in first
                },
            )
        )
    return sorted(joined, key=lambda one: one[0]), faults


def faults_of_lanes(members: Rows, results: str) -> list[str]:
    """What is wrong between rows of reads that are one replicate."""
    home, origin = members[0]
    name, number = origin["profile_id"], origin.get("replicate", "1")
    unnumbered = [line for line, row in members if "replicate" not in row]
    if unnumbered:
        return [
            f"line {members[-1][0]}, column replicate: profile {name!r} has several rows, and line {unnumbered[0]} has "
            "no replicate; give the lanes of one replicate one number, and replicates a number each"
        ]
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
