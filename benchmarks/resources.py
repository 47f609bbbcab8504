"""What the rules really used, against what they ask for: memory, minutes and threads proposed for each.

Reads the benchmark files that a finished run has left under its results. With --configfile a dry run of all
its jobs says what each asks for; a rule that used more than it asks for is marked. Nothing is changed.
Snakemake samples memory while a job runs, so that what a job of a few seconds used is more than it says.

    python benchmarks/resources.py results/human_chr20 --configfile config/human_chr20.yaml

With --table it writes docs/reference/resources.md instead: every rule of the workflow, what it asks for (by the config)
and what it used in each of several results folders, those that no folder has a benchmark of included.
"""

import argparse
import csv
import json
import math
import re
import statistics
import subprocess
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
MARKER = "<!-- made by benchmarks/resources.py --table: what stands below is replaced -->"
LONG = 10.0  # seconds of a job below which its mean load says more of its start than of its work
STEP_MB, LEAST_MINUTES = 500, 5


@dataclass(frozen=True)
class Used:
    """One job's benchmark file: peak resident memory (MB of 2^20 bytes), wall and CPU seconds."""

    path: str
    memory: float
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Asked:
    """What one job asks for; None where it says nothing, or only when its inputs are there."""

    rule: str
    memory: int | None
    minutes: int | None
    threads: int


@dataclass(frozen=True)
class Line:
    """One rule: the largest of what its jobs used and asked for, and the proposal."""

    rule: str
    jobs: int
    memory: float
    asked_memory: int | None
    proposed_memory: int
    minutes: float
    asked_minutes: int | None
    proposed_minutes: int
    busy_threads: float | None
    asked_threads: int | None
    proposed_threads: int | None
    too_low: str


def number(text: str, path: Path, column: str) -> float:
    """A cell of a benchmark file; 0 for what Snakemake could not measure (a job of a moment)."""
    if text in ("NA", "-", ""):
        return 0.0
    try:
        value = float(text)
    except ValueError:
        raise SystemExit(f"{path}: {column}: {text!r} is no number; delete the file") from None
    if not value >= 0:
        raise SystemExit(f"{path}: {column}: {text!r} is no amount; delete the file")
    return value


def read_used(results: Path) -> list[Used]:
    """Every benchmark file below `results`/benchmarks, the last line of each."""
    found = []
    for path in sorted((results / "benchmarks").rglob("*.tsv")):
        with open(path, newline="", encoding="utf-8") as handle:
            rows = list(csv.DictReader(handle, delimiter="\t"))
        if not rows or not {"s", "max_rss", "cpu_time"} <= rows[0].keys():
            raise SystemExit(f"{path}: is no benchmark file of Snakemake, or cut short; delete it")
        row = {key: number(rows[-1][key] or "", path, key) for key in ("s", "max_rss", "cpu_time")}
        name = path.relative_to(results / "benchmarks").as_posix()
        found.append(Used(name, row["max_rss"], row["s"], row["cpu_time"]))
    return found


def read_asked(text: str) -> dict[str, Asked]:
    """Path of a benchmark file below benchmarks/: what its job asks for, from the words of a dry run."""
    found = {}
    for block in re.split(r"\n(?= *(?:local)?rule \w+:)", text):
        rule = re.match(r" *(?:local)?rule (\w+):", block)
        benchmark = re.search(r"^ +benchmark: \S*?benchmarks/(\S+)", block, re.MULTILINE)
        if not rule or not benchmark:
            continue
        threads = re.search(r"^ +threads: (\d+)", block, re.MULTILINE)
        resources = re.search(r"^ +resources: (.*)$", block, re.MULTILINE)
        named = dict(re.findall(r"(\w+)=(\d+)(?=,|$)", resources[1])) if resources else {}
        found[benchmark[1]] = Asked(
            rule[1],
            int(named["mem_mb"]) if "mem_mb" in named else None,
            int(named["runtime"]) if "runtime" in named else None,
            int(threads[1]) if threads else 1,
        )
    return found


def largest(values: list) -> int | None:
    known = [value for value in values if value is not None]
    return max(known) if known else None


def propose(
    used: list[Used], asked: dict[str, Asked], memory_margin: float, time_margin: float
) -> list[Line]:
    """One line a rule, by name. Memory goes up to the next 500 MB, minutes are at least 5."""
    jobs = defaultdict(list)
    for job in used:
        rule = asked[job.path].rule if job.path in asked else Path(job.path).parts[0].removesuffix(".tsv")
        jobs[rule].append(job)
    lines = []
    for rule, some in sorted(jobs.items()):
        wanted = [asked[job.path] for job in some if job.path in asked]
        memory = max(job.memory for job in some)
        minutes = max(job.seconds for job in some) / 60
        loads = [job.cpu_seconds / job.seconds for job in some if job.seconds >= LONG]
        busy = statistics.median(loads) if loads else None
        asked_memory = largest([one.memory for one in wanted])
        asked_minutes = largest([one.minutes for one in wanted])
        asked_threads = largest([one.threads for one in wanted])
        over = [
            f"{job.path}: {job.memory:.0f} MB of {asked[job.path].memory}"
            for job in some
            if job.path in asked and asked[job.path].memory and job.memory > asked[job.path].memory
        ] + [
            f"{job.path}: {job.seconds / 60:.0f} min of {asked[job.path].minutes}"
            for job in some
            if job.path in asked and asked[job.path].minutes and job.seconds > 60 * asked[job.path].minutes
        ]
        lines.append(
            Line(
                rule,
                len(some),
                memory,
                asked_memory,
                STEP_MB * max(1, math.ceil(memory_margin * memory / STEP_MB)),
                minutes,
                asked_minutes,
                max(LEAST_MINUTES, math.ceil(time_margin * minutes)),
                busy,
                asked_threads,
                max(1, round(busy)) if busy is not None else None,
                "; ".join(over),
            )  # fmt: skip
        )
    return lines


def dry_run(configfiles: list[Path]) -> str:
    """The words of a dry run of every job of a config, in the folder of the workflow."""
    run = subprocess.run(
        ["snakemake", "-n", "--forceall", "--cores", "64", "--configfile", *map(str, configfiles)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if run.returncode:
        raise SystemExit(
            f"the dry run of {', '.join(map(str, configfiles))} ended with {run.returncode}: {run.stderr[-2000:]}"
        )
    return run.stdout


def rule_names() -> list[str]:
    """All rules of the workflow that have a benchmark file, by name."""
    found = set()
    for path in (REPOSITORY / "workflow/rules").glob("*.smk"):
        parts = re.split(
            r"^ *(?:use rule \w+ as|rule) (\w+)(?: with)?:$",
            path.read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        )
        found |= {name for name, body in zip(parts[1::2], parts[2::2]) if "benchmark:" in body}
    return sorted(found)


def table(runs: dict[str, list[Used]], asked: dict[str, Asked], rules: list[str]) -> str:
    """Markdown, a row a rule: what it asks for, and jobs, largest MB and longest minutes of each run."""
    lines = {name: {line.rule: line for line in propose(used, asked, 1, 1)} for name, used in runs.items()}
    of_rule = {
        rule: [job for job in asked.values() if job.rule == rule]
        for rule in {job.rule for job in asked.values()}
    }
    rows = [
        [
            "rule",
            "asks: MB",
            "minutes",
            *(f"{name}: {what}" for name in runs for what in ("jobs", "MB", "minutes")),
        ],
        ["---", *["--:"] * (2 + 3 * len(runs))],
    ]
    for rule in sorted({*rules, *(rule for known in lines.values() for rule in known)}):
        some = of_rule.get(rule, [])
        row = [
            f"`{rule}`",
            shown(largest([job.memory for job in some])),
            shown(largest([job.minutes for job in some])),
        ]
        for known in lines.values():
            line = known.get(rule)
            if line is None:
                row += ["", "", ""]
            else:
                row += [str(line.jobs), shown(line.memory) if line.memory else "-", shown(line.minutes, 1)]
        if not any(rule in known for known in lines.values()):
            row[3] = "not measured"
        rows.append(row)
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def shown(value: float | int | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "results", type=Path, nargs="+", help="results folder of a finished run; several for --table"
    )
    parser.add_argument(
        "--configfile", type=Path, nargs="+", help="its config: what the jobs ask for is shown beside"
    )
    parser.add_argument("--memory-margin", type=float, default=1.5, help="proposed / largest used")
    parser.add_argument("--time-margin", type=float, default=4.0, help="proposed / longest")
    parser.add_argument("--out", type=Path, help="the same as JSON")
    parser.add_argument(
        "--table", type=Path, help="write the table of docs/reference/resources.md below its marker here"
    )
    options = parser.parse_args(arguments)
    runs = {folder.name: read_used(folder) for folder in options.results}
    for folder in options.results:
        if not runs[folder.name]:
            parser.error(
                f"{folder}: no benchmark files in benchmarks/; is it a results folder of a finished run?"
            )
    asked = read_asked(dry_run(options.configfile)) if options.configfile else {}
    if options.table:
        text = options.table.read_text(encoding="utf-8")
        if MARKER not in text:
            parser.error(f"{options.table}: has no line {MARKER}")
        before = text[: text.index(MARKER) + len(MARKER)]
        options.table.write_text(f"{before}\n\n{table(runs, asked, rule_names())}", encoding="utf-8")
        return 0
    if len(runs) > 1:
        parser.error("several results folders are for --table")
    (used,) = runs.values()
    lines = propose(used, asked, options.memory_margin, options.time_margin)
    print(f"{'':26}{'':>6}{'memory, MB':^27}{'minutes':^24}{'threads':^20}")
    print(
        f"{'rule':26}{'jobs':>6}{'used':>9}{'asked':>9}{'proposed':>9}{'used':>8}{'asked':>8}{'proposed':>9}"
        f"{'busy':>7}{'asked':>7}{'proposed':>9}"
    )
    for line in lines:
        print(
            f"{line.rule:26}{line.jobs:>6}{shown(line.memory):>9}{shown(line.asked_memory):>9}"
            f"{shown(line.proposed_memory):>9}{shown(line.minutes, 1):>8}{shown(line.asked_minutes):>8}"
            f"{shown(line.proposed_minutes):>9}{shown(line.busy_threads, 1):>7}{shown(line.asked_threads):>7}"
            f"{shown(line.proposed_threads):>9}{'   TOO LOW' if line.too_low else ''}"
        )
    for line in lines:
        if line.too_low:
            print(f"{line.rule} used more than it asks for: {line.too_low}")
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(
            json.dumps([asdict(line) for line in lines], indent=1) + "\n", encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
