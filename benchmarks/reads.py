"""Seconds, memory and disk of the way from reads to peaks, beside the bare tools run one after another.

Simulates libraries of a random genome (paired ATAC, single-end DNase, TF and broad histone ChIP, one input), lets the
workflow call their peaks (`snakemake -cN`), and then runs the tools by themselves on the same files with as many
threads: fastp, bowtie2, samtools fixmate, sort, markdup and view, macs2. Index of the genome on both sides.

    python benchmarks/reads.py [--libraries 20] [--reads 1000000] [--cores 2]

With --mates nothing of this: seconds of the check of as many pairs of 100 bases, here and at a commit, in turns.

    python benchmarks/reads.py --mates 1000000 --commit COMMIT
"""

import argparse
import csv
import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

from epigroup.simulation.genome import BASES  # noqa: E402
from epigroup.simulation.reads import Fragments, draw_fragments, read_bases  # noqa: E402
from epigroup.simulation.settings import ReadSettings  # noqa: E402

SIZES = {f"chr{i}": 5_000_000 for i in range(1, 5)}
LENGTH = 50
SITES = 2000
IN_PEAKS = 0.3  # share of the fragments of a profile
KINDS = (  # modality, assay, target, mode
    ("CA", "ATAC", "", "narrow"),
    ("CA", "DNase", "", "narrow"),
    ("TFB", "ChIP", "CTCF", "narrow"),
    ("HM", "ChIP", "H3K27me3", "broad"),
)
QUALITIES, QUALITY_SHARES = b"#,:F", (0.01, 0.04, 0.1, 0.85)  # the four bins of a present-day sequencer


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--libraries", type=int, default=20)
    parser.add_argument(
        "--reads", type=int, default=1_000_000, help="reads a library; of pairs both mates count"
    )
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--scratch", type=Path, help="where the run's temporary folder is made")
    parser.add_argument("--out", type=Path, help="the same as JSON")
    parser.add_argument("--mates", type=int, help="pairs whose check is timed, and nothing else")
    parser.add_argument("--commit", default="HEAD", help="what the check is held against")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.scratch) as folder:
        if args.mates:
            found = check_mates(Path(folder), args.mates, args.commit)
        else:
            found = measure(Path(folder), args.libraries, args.reads, args.cores)
        text = json.dumps(found, indent=1)
    print(text)
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(text + "\n", encoding="utf-8")


def measure(folder: Path, libraries: int, reads: int, cores: int) -> dict:
    """Both sides and their ratio, in one dictionary."""
    rows = make_libraries(folder, libraries, reads)
    given = sum(path.stat().st_size for path in folder.glob("reads/*.fastq.gz"))
    ours = run_workflow(folder, rows, cores)
    bare = run_tools(folder, rows, cores)
    peak = ours.pop("largest_disk")
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "libraries": libraries,
        "reads_each": reads,
        "input_mb": given / 1e6,
        **ours,
        "largest_disk_mb": peak / 1e6,
        "largest_disk_to_input": peak / given,
        "tools_s": bare,
        "tools_total_s": sum(bare.values()),
        "ratio": ours["workflow_s"] / sum(bare.values()),
    }


CHECK = """
import sys, time
sys.path.insert(0, sys.argv[1])
from epigroup.reads.fastq import check_pair
wall, own = time.perf_counter(), time.process_time()
check_pair(*sys.argv[2:])
print(time.perf_counter() - wall, time.process_time() - own)
"""


def check_mates(folder: Path, pairs: int, commit: str) -> dict:
    """Least wall and processor seconds of five checks of the same pairs, here and at a commit."""
    rng = np.random.default_rng(7)
    files = [folder / f"r_{mate}.fastq.gz" for mate in (1, 2)]
    for path in files:
        write_reads(path, rng.integers(0, 4, (pairs, 100), dtype=np.uint8), rng)
    packed = subprocess.run(
        ["git", "archive", commit, "workflow"], cwd=REPOSITORY, capture_output=True, check=True
    ).stdout
    (folder / "then").mkdir()
    subprocess.run(["tar", "-x", "-C", folder / "then"], input=packed, check=True)
    sides = {"then": folder / "then/workflow/scripts", "now": REPOSITORY / "workflow/scripts"}
    found: dict[str, list[list[float]]] = {name: [] for name in sides}
    for _ in range(5):
        for name, scripts in sides.items():
            command = [sys.executable, "-c", CHECK, str(scripts), *map(str, files)]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            found[name].append([float(word) for word in said.split()])
    least = {name: [min(column) for column in zip(*rows)] for name, rows in found.items()}
    return {
        "pairs": pairs,
        **{name: {"wall_s": wall, "processor_s": own} for name, (wall, own) in least.items()},
        "wall_ratio": least["now"][0] / least["then"][0],
        "processor_ratio": least["now"][1] / least["then"][1],
    }


def make_libraries(folder: Path, libraries: int, reads: int) -> list[dict[str, str]]:
    """Write genome and FASTQ files; the rows of the sheet, the last of them the input."""
    rng = np.random.default_rng(7)
    genome = [rng.integers(0, 4, size, dtype=np.uint8) for size in SIZES.values()]
    with open(folder / "genome.fa", "wb") as handle:
        for name, codes in zip(SIZES, genome, strict=True):
            handle.write(b">%s\n%s\n" % (name.encode(), BASES[codes].tobytes()))
    (folder / "reads").mkdir()
    rows = []
    for number in range(libraries):
        modality, assay, target, mode = KINDS[number % len(KINDS)]
        if number == libraries - 1:
            modality, assay, target, mode = "", "input", "", ""
        name = f"p{number}_{target or assay}"
        row = {
            "profile_id": name, "modality": modality, "assay": assay, "target": target, "cell_type": "cell",
            "cell_group": "A" if modality else "", "peak_mode": mode, "assembly": "toy1",
            "control": f"p{libraries - 1}_input" if assay == "ChIP" else "",
        }  # fmt: skip
        paired = assay == "ATAC"
        n = reads // 2 if paired else reads
        fragments = exactly(n, draw(row, n, number), rng)
        mates = [fragments.reverse, ~fragments.reverse] if paired else [fragments.reverse]
        for mate, reverse in enumerate(mates, 1):
            path = folder / f"reads/{name}_{mate}.fastq.gz"
            write_reads(path, read_bases(fragments, genome, LENGTH, reverse, rng), rng)
            row[f"fastq_{mate}"] = str(path)
        rows.append(row)
    return rows


def draw(row: dict[str, str], n: int, number: int) -> Fragments:
    """Some more fragments than wanted."""
    rng = np.random.default_rng([8, number])
    width = 4000 if row["peak_mode"] == "broad" else 400
    chrom = rng.choice(list(SIZES), SITES)
    start = rng.integers(1000, min(SIZES.values()) - 10_000, SITES)
    sites = pd.DataFrame({"chrom": chrom, "start": start, "end": start + width})
    if row["assay"] == "input":
        sites = sites[:0]
    settings = ReadSettings(
        seed=9,
        read_length=LENGTH,
        fragments_per_site=1.1 * n * IN_PEAKS / SITES,
        background_per_kb=1.1 * n * (1 - IN_PEAKS) / sum(SIZES.values()) * 1000,
    )
    return draw_fragments(row, sites, SIZES, settings, 1)


def exactly(n: int, fragments: Fragments, rng: np.random.Generator) -> Fragments:
    """`n` of the fragments, in random order."""
    chosen = rng.permutation(len(fragments.start))[:n]
    if len(chosen) < n:
        raise RuntimeError(f"{len(chosen)} fragments were drawn, {n} wanted")
    return Fragments(
        *(getattr(fragments, field)[chosen] for field in ("chrom", "start", "length", "reverse"))
    )


def write_reads(path: Path, codes: np.ndarray, rng: np.random.Generator) -> None:
    """Gzipped FASTQ with qualities that compress as real ones do."""
    letters = np.frombuffer(QUALITIES, np.uint8)
    quality = letters[rng.choice(len(letters), codes.shape, p=QUALITY_SHARES)]
    names = [b"@M1:1:FC:1:%d:%d:%d" % (1101 + i // 100_000, i * 7 % 20_000, i) for i in range(len(codes))]
    lines = (
        b"%s\n%s\n+\n%s\n" % (name, bases.tobytes(), marks.tobytes())
        for name, bases, marks in zip(names, BASES[codes], quality, strict=True)
    )
    with gzip.open(path, "wb", 6) as handle:
        handle.write(b"".join(lines))


def run_workflow(folder: Path, rows: list[dict[str, str]], cores: int) -> dict:
    """Wall seconds of `snakemake` up to the peaks of every profile, the largest job, the most that the results and
    Snakemake's scratch took on disk."""
    columns = sorted({column for row in rows for column in row})
    with open(folder / "samples.tsv", "w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns, delimiter="\t", restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    config = {
        "samples": str(folder / "samples.tsv"),
        "results": str(folder / "results"),
        "genome": {"fasta": str(folder / "genome.fa"), "assembly": "toy1", "chromosomes": list(SIZES)},
        "splits": {"validation": [{"chrom": "chr3"}], "test": [{"chrom": "chr4"}]},
        "groupings": {"all": {"method": "all"}},
        "strategies": {"SMTL": {"grouping": "all"}},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (folder / "tmp").mkdir()
    profiles = [row["profile_id"] for row in rows if row["modality"]]
    wanted = [f"{folder}/results/peaks/called/{name}_peaks.narrowPeak.gz" for name in profiles]
    command = [
        sys.executable, "-m", "snakemake", f"-c{cores}", "-q", "--directory", str(folder), "--configfile",
        str(folder / "config.yaml"), "--default-resources", f"tmpdir='{folder / 'tmp'}'", "--", *wanted,
    ]  # fmt: skip
    done, largest = threading.Event(), [0]
    watcher = threading.Thread(target=watch, args=([folder / "results", folder / "tmp"], done, largest))
    watcher.start()
    began = time.perf_counter()
    ended = subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    done.set()
    watcher.join()
    if ended.returncode:
        raise RuntimeError(f"snakemake ended with {ended.returncode}:\n{ended.stdout}\n{ended.stderr}")
    memory, rules = {}, {}
    for path in (folder / "results/benchmarks").rglob("*.tsv"):
        row = next(csv.DictReader(path.open(), delimiter="\t"))
        rule = path.relative_to(folder / "results/benchmarks").parts[0].removesuffix(".tsv")
        memory[rule] = max(memory.get(rule, 0), float(row["max_rss"]) if row["max_rss"] != "NA" else 0)
        rules[rule] = rules.get(rule, 0) + float(row["s"])
    worst = max(memory, key=memory.get)
    return {
        "workflow_s": seconds,
        "jobs_s": {rule: round(total, 1) for rule, total in sorted(rules.items(), key=lambda item: -item[1])},
        "largest_job": f"{worst}, {memory[worst]:.0f} MB",
        "largest_disk": largest[0],
    }


def watch(folders: list[Path], done: threading.Event, largest: list[int]) -> None:
    """Look every second how much the folders hold; a file of two names counts once."""
    while not done.wait(1):
        sizes = {}
        for folder in folders:
            for place, _, names in os.walk(folder):
                for name in names:
                    try:
                        stat = os.lstat(os.path.join(place, name))
                    except FileNotFoundError:  # gone since it was listed
                        continue
                    sizes[stat.st_ino] = stat.st_size
        largest[0] = max(largest[0], sum(sizes.values()))


def run_tools(folder: Path, rows: list[dict[str, str]], cores: int) -> dict[str, float]:
    """Wall seconds of each tool over all libraries."""
    here = folder / "bare"
    here.mkdir()
    spent: dict[str, float] = {}

    def step(tool: str, command: str) -> None:
        began = time.perf_counter()
        subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=here, check=True, capture_output=True)
        spent[tool] = spent.get(tool, 0) + time.perf_counter() - began

    step("bowtie2-build", f"bowtie2-build --threads {cores} {folder}/genome.fa index")
    for row in rows:
        name, paired = row["profile_id"], "fastq_2" in row
        first, second = row["fastq_1"], row.get("fastq_2", "")
        if paired:
            mates = f"--in1 {first} --in2 {second} --detect_adapter_for_pe --out1 1.fq --out2 2.fq"
            files, keep = "--maxins 2000 -1 1.fq -2 2.fq", "-f 2"
        else:
            mates, files, keep = f"--in1 {first} --out1 1.fq", "-U 1.fq", ""
        step("fastp", f"fastp --thread {cores} {mates} --json j.json --html j.html")
        step("bowtie2", f"bowtie2 --very-sensitive -p {cores} -x index {files} > a.sam")
        step("samtools", f"samtools fixmate -@ {cores} -m a.sam f.bam")
        step("samtools", f"samtools sort -@ {cores} -m 512M -o s.bam f.bam")
        step("samtools", f"samtools markdup -@ {cores} s.bam m.bam")
        step("samtools", f"samtools view -@ {cores} -b -F 1804 {keep} -q 30 -o {name}.bam m.bam")
        step("samtools", f"samtools index {name}.bam")
    size = sum(SIZES.values())
    for row in rows:
        name = row["profile_id"]
        against = f"-c {row['control']}.bam" if row["control"] else ""
        common = f"-g {size} --keep-dup all -q 0.01 -n {name} --outdir {name}"
        if row["assay"] == "input":
            continue
        if row["modality"] == "CA":
            step("bedtools", f"bedtools bamtobed -i {name}.bam > cuts.bed")
            step(
                "macs2",
                f"macs2 callpeak -t cuts.bed -f BED --nomodel --shift -75 --extsize 150 --call-summits {common}",
            )
        else:
            broad = "--broad" if row["peak_mode"] == "broad" else ""
            step(
                "macs2",
                f"macs2 callpeak -t {name}.bam {against} -f BAM --nomodel --extsize 200 {broad} {common}",
            )
    return {tool: round(seconds, 1) for tool, seconds in spent.items()}


if __name__ == "__main__":
    main()
