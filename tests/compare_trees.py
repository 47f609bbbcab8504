"""Whether two commits make the same results on this machine: run both in worktrees, or compare two finished trees.

    python tests/compare_trees.py HEAD~1 HEAD
    python tests/compare_trees.py HEAD~1                 # against the files as they are here
    python tests/compare_trees.py --trees one/results other/results

Everything that a run leaves is compared by content: metrics, groups, tables, models, shards, alignments, figures. What
tells of the run itself (when, how long, by which code) is left out, and the list of it is below. There is no stored
checksum: another processor rounds otherwise.
"""

import argparse
import fnmatch
import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import h5py
import hdf5plugin  # noqa: F401 (predictions are compressed by one of its filters)
import numpy as np
import pysam

sys.path.insert(0, str(Path(__file__).parent / "shared"))

from checkouts import REPOSITORY, copy_checkout

CONFIGS = ("tests/mini/config.yaml", "tests/mini/everything.yaml")

# Files that are not compared: pattern, why.
LEFT_OUT = {
    "logs/*": "what jobs said",
    "benchmarks/*": "seconds and memory",
    "provenance.jsonl.gz": "Snakemake's own records",
    "calibration/*": "speeds",
    "report/*.html": "dates and seconds; what it shows is in tables",
    "comparison/costs.tsv": "seconds",
    "figures/cost.*": "seconds",
    "figures/sweep.[ps][nv]g": "seconds of the methods; its numbers are compared",
    "quality/alignments/*.markdup.txt": "samtools' command line",
    "quality/fastp/*.html": "fastp's command line and date",
    "*snakemake_timestamp": "a date",
    "*.bai": "made of the alignments, which are compared",
    "*.tbi": "made of the intervals, which are compared",
}
# Columns of tables, keys of JSON and attributes that tell of the run and not of its result, beside all ...seconds.
OF_THE_RUN = {
    "code", "versions", "look_ahead_share", "examples_per_second", "processor",
    "about",  # of a model file: the checksum of what it says of itself, all of which is compared
}  # fmt: skip


def of_the_run(name: str) -> bool:
    return name in OF_THE_RUN or name.endswith("seconds")


def differences(one: Path, other: Path) -> list[str]:
    """What differs between two results folders, a line each; none where they hold the same."""
    names = [set(files_of(folder)) for folder in (one, other)]
    said = [f"{name}: only in {one}" for name in sorted(names[0] - names[1])]
    said += [f"{name}: only in {other}" for name in sorted(names[1] - names[0])]
    for name in sorted(names[0] & names[1]):
        compare = next((how for ending, how in KINDS.items() if name.endswith(ending)), compare_bytes)
        said += [f"{name}: {what}" for what in compare(one / name, other / name)]
    return said


def files_of(results: Path) -> Iterator[str]:
    """Files that are compared, relative to the results folder."""
    for path in results.rglob("*"):
        name = path.relative_to(results).as_posix()
        if path.is_file() and not any(fnmatch.fnmatch(name, pattern) for pattern in LEFT_OUT):
            yield name


def compare_bytes(one: Path, other: Path) -> list[str]:
    return [] if one.read_bytes() == other.read_bytes() else ["differs"]


def compare_gzip(one: Path, other: Path) -> list[str]:
    return [] if gzip.decompress(one.read_bytes()) == gzip.decompress(other.read_bytes()) else ["differs"]


def compare_tables(one: Path, other: Path) -> list[str]:
    rows = [
        [line.split("\t") for line in path.read_text(encoding="utf-8").split("\n")] for path in (one, other)
    ]
    if rows[0][0] != rows[1][0]:
        return [f"columns {rows[0][0]} and {rows[1][0]}"]
    kept = [at for at, column in enumerate(rows[0][0]) if not of_the_run(column)]
    tables = [[[row[at] for at in kept if at < len(row)] for row in part] for part in rows]
    return [] if tables[0] == tables[1] else [f"rows differ: {first_difference(*tables)}"]


def first_difference(one: list, other: list) -> str:
    for a, b in zip(one, other, strict=False):
        if a != b:
            return f"{a} and {b}"[:300]
    return f"{len(one)} and {len(other)} rows"


def compare_json(one: Path, other: Path) -> list[str]:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in (one, other)]
    return list(compare_values("", *found))


def compare_values(where: str, one: object, other: object) -> Iterator[str]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted(set(one) | set(other)):
            if not of_the_run(key):
                yield from compare_values(f"{where}.{key}", one.get(key), other.get(key))
    elif isinstance(one, str) and isinstance(other, str) and one[:1] == other[:1] == "{" and one != other:
        yield from compare_values(where, json.loads(one), json.loads(other))
    elif one != other and not (one != one and other != other):
        yield f"{where or 'content'}: {str(one)[:120]} and {str(other)[:120]}"


def compare_hdf5(one: Path, other: Path) -> list[str]:
    said: list[str] = []
    with h5py.File(one, "r", locking=False) as a, h5py.File(other, "r", locking=False) as b:
        names: list[set[str]] = [set(), set()]
        for file, found in zip((a, b), names, strict=True):
            file.visit(found.add)
        said += [f"{name} is in one only" for name in sorted(names[0] ^ names[1])]
        for name in ["/", *sorted(names[0] & names[1])]:
            attributes = [dict(file[name].attrs) for file in (a, b)]
            said += compare_arrays(f"{name} attribute", *attributes)
            if isinstance(a[name], h5py.Dataset):
                said += compare_arrays(name, {"values": a[name][()]}, {"values": b[name][()]})
    return said


def compare_arrays(where: str, one: Mapping, other: Mapping) -> list[str]:
    said = []
    for key in sorted(set(one) | set(other)):
        if of_the_run(key):
            continue
        if key not in one or key not in other:
            said.append(f"{where} {key} is in one only")
            continue
        a, b = np.asarray(one[key]), np.asarray(other[key])
        if a.dtype != b.dtype or a.shape != b.shape or a.tobytes() != b.tobytes():
            if a.dtype == object and a.tolist() == b.tolist():
                continue
            said.append(f"{where} {key} differs")
    return said


def compare_models(one: Path, other: Path) -> list[str]:
    """Weights to the byte; what the file says of itself without what tells of the run."""
    said, parts = [], []
    for path in (one, other):
        content = path.read_bytes()
        length = int.from_bytes(content[:8], "little")
        parts.append((json.loads(content[8 : 8 + length]), content[8 + length :]))
    said += compare_values("", parts[0][0], parts[1][0])
    return said + ([] if parts[0][1] == parts[1][1] else ["weights differ"])


def compare_alignments(one: Path, other: Path) -> list[str]:
    """Reads in order; of the header all but the command lines."""
    found = []
    pysam.set_verbosity(0)  # an index may be a moment older than its file
    for path in (one, other):
        with pysam.AlignmentFile(path, check_sq=False) as bam:
            header = {key: value for key, value in bam.header.to_dict().items() if key != "PG"}
            found.append((header, [read.to_string() for read in bam.fetch(until_eof=True)]))
    return [] if found[0] == found[1] else ["differs"]


KINDS: dict[str, Callable[[Path, Path], list[str]]] = {
    ".tsv": compare_tables,
    ".gz": compare_gzip,
    ".json": compare_json,
    ".h5": compare_hdf5,
    ".safetensors": compare_models,
    ".bam": compare_alignments,
}


def run(commit: str | None, folder: Path, cores: int) -> Path:
    """The results of tests/mini at a commit, or of the files as they are."""
    if commit is None:
        copy_checkout(folder)
    else:
        archive = subprocess.run(
            ["git", "archive", commit], cwd=REPOSITORY, capture_output=True, check=True
        ).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    command = [sys.executable, "-m", "snakemake", f"-c{cores}", "--configfile", *CONFIGS]
    tools = [REPOSITORY / ".tools" / name / "bin" for name in ("align", "macs2")]
    path = os.pathsep.join(map(str, [Path(sys.executable).parent, os.environ["PATH"], *tools]))
    variables = {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"}
    with open(folder / "run.log", "w", encoding="utf-8") as log:
        subprocess.run(command, cwd=folder, stdout=log, stderr=log, check=True, env=variables)
    return folder / "results"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commits", nargs="*", help="one commit, to be held against the files here, or two")
    parser.add_argument("--trees", nargs=2, type=Path, metavar="RESULTS", help="two finished results folders")
    parser.add_argument("--cores", type=int, default=2)
    asked = parser.parse_args()
    if asked.trees:
        return tell(*asked.trees)
    if not 1 <= len(asked.commits) <= 2:
        parser.error("name one commit or two, or --trees")
    with tempfile.TemporaryDirectory() as scratch:
        found = []
        for at, commit in enumerate([*asked.commits, None][:2]):
            folder = Path(scratch, str(at))
            folder.mkdir()
            print(f"running tests/mini of {commit or 'the files here'}", flush=True)
            found.append(run(commit, folder, asked.cores))
        return tell(*found)


def tell(one: Path, other: Path) -> int:
    for results in (one, other):
        if next(files_of(results), None) is None:
            print(f"{results}: holds no results")
            return 2
    said = differences(one, other)
    print("\n".join(said) if said else f"the same: {sum(1 for _ in files_of(one))} files")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
