"""The dataset stage at the size of Shiri & Sun 2022: 367 profiles over hg38, against zcat and bedtools.

Makes the peak files, standardises and labels them with the library as the rules standardise_peaks,
make_shard and summarise_dataset do (threads of one job, then jobs in a pool of processes; the start of
Snakemake and of each job's Python is left out), and times beside it `zcat | wc -l` over the same files and
`bedtools intersect` on a subset, whose labels must agree bit by bit. The genome has hg38's chromosome sizes
and no sequence: every base reads as A.

    python benchmarks/dataset_scale.py [--profiles 367] [--peaks 100000] [--cores 2] [--scratch FOLDER]
"""

import argparse
import gzip
import json
import logging
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from zlib import crc32

import h5py
import numpy as np

SCRIPTS = Path(__file__).resolve().parents[1] / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from epigroup.dataset.label_settings import LabelSettings  # noqa: E402
from epigroup.dataset.labels import label_bins, unpack_columns  # noqa: E402
from epigroup.dataset.make_shard import ShardSources, make_shard  # noqa: E402
from epigroup.dataset.shards import read_shard  # noqa: E402
from epigroup.dataset.summary import summarise_dataset  # noqa: E402
from epigroup.genome.assemblies import assemblies  # noqa: E402
from epigroup.genome.build import describe_genome  # noqa: E402
from epigroup.peaks.standard import (  # noqa: E402
    fetch_standard,
    for_each_profile,
    index_peaks,
    standardise_peaks,
    write_index,
)

SIZES = assemblies()["hg38"]
BIN, WINDOW, OVERLAP = 200, 1001, 50
# Shiri & Sun 2022, section III-A: chr8 and chr9 test, a span of chr7 validates.
SPLITS = {
    "test": [{"chrom": "chr8"}, {"chrom": "chr9"}],
    "validation": [{"chrom": "chr7", "start": 30_508_751, "end": 35_296_850}],
    "train": "rest", "rule": "window",
}  # fmt: skip
# Peaks on sites that many profiles share, the others anywhere: so that 10.4 million bins have a positive.
SHARED, SHARED_SITES = 0.78, 200_000


def restrict(n: int) -> None:
    """Keep the `n` shortest chromosomes, of which one tests and one validates, and no log below errors."""
    global SIZES, SPLITS
    logging.disable(logging.WARNING)
    if n < len(SIZES):
        SIZES = {c: SIZES[c] for c in sorted(SIZES, key=SIZES.get)[:n]}
        test, validation = list(SIZES)[:2]
        SPLITS = SPLITS | {"test": [{"chrom": test}], "validation": [{"chrom": validation}]}


def make_landscape(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions (bp along all chromosomes joined) of shared sites and how much each draws."""
    rng = np.random.default_rng([seed, 0])
    sites = np.sort(rng.integers(0, sum(SIZES.values()), SHARED_SITES))
    weight = rng.pareto(1.5, SHARED_SITES) + 0.2
    return sites, np.cumsum(weight) / weight.sum()


def draw_peaks(profile: int, n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Chromosome index, start and end (bp) of about `n` peaks, in no order."""
    rng = np.random.default_rng([seed, 1, profile])
    sites, reach = make_landscape(seed)
    n = max(1, round(n * rng.uniform(0.6, 1.4)))
    shared = rng.random(n) < SHARED
    centre = rng.integers(0, sum(SIZES.values()), n)
    centre[shared] = sites[np.searchsorted(reach, rng.random(shared.sum()))]
    centre[shared] += rng.integers(-40, 41, shared.sum())
    width = np.clip(rng.lognormal(np.log(270), 0.45, n), 60, 3000).astype(np.int64)
    ends = np.cumsum(list(SIZES.values()))
    code = np.minimum(np.searchsorted(ends, centre, side="right"), len(ends) - 1)
    first = ends - np.array(list(SIZES.values()))
    start = np.clip(centre - first[code] - width // 2, 0, np.array(list(SIZES.values()))[code] - width)
    return code, start, start + width


def write_profile(path: Path, profile: int, n: int, seed: int) -> int:
    """One gzipped narrowPeak as MACS2 writes it; every third is in falling order of signal."""
    code, start, end = draw_peaks(profile, n, seed)
    rng = np.random.default_rng([seed, 2, profile])
    signal = rng.lognormal(2.5, 0.6, len(code))
    names = list(SIZES)
    rank = np.argsort(np.argsort(names))
    order = np.argsort(-signal) if profile % 3 == 2 else np.lexsort((end, start, rank[code]))
    columns = [c[order].tolist() for c in (code, start, end, signal)]
    text = "".join(
        f"{names[c]}\t{s}\t{e}\tprofile{profile}_peak_{i}\t{min(int(v * 20), 1000)}\t.\t{v:.5f}"
        f"\t{v * 1.7:.5f}\t{v * 1.4:.5f}\t{(e - s) // 2}\n"
        for i, (c, s, e, v) in enumerate(zip(*columns, strict=True), 1)
    )
    partial = path.with_suffix(".partial")
    partial.write_bytes(gzip.compress(text.encode(), 6, mtime=0))
    partial.rename(path)
    return len(code)


def write_plain_genome(path: Path) -> None:
    """A genome.h5 whose contiguous datasets are holes in the file: zeros, that is A."""
    with h5py.File(path, "w", libver="v110") as store:
        for name, size in SIZES.items():
            layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            layout.set_layout(h5py.h5d.CONTIGUOUS)
            layout.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            layout.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
            space = h5py.h5s.create_simple((size,))
            h5py.h5d.create(store.id, name.encode(), h5py.h5t.NATIVE_UINT8, space, layout)
        checks = {name: crc32(bytes(size)) for name, size in SIZES.items()}
        describe_genome(store, "hg38", "0" * 64, list(SIZES), checks)


def peak_memory() -> int:
    """Largest resident set of this process so far, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def peaks_job(write, folder: Path, tasks: list[str], suffix: str, threads: int) -> tuple[int, int]:
    """`standardise_peaks` or `index_peaks` for all profiles, as the rules of these names do."""
    given = [folder / "peaks" / f"{task}.narrowPeak.gz" for task in tasks]
    outs = [folder / "standard" / f"{task}.{suffix}" for task in tasks]
    checks = for_each_profile(write, given, outs, SIZES, SIZES, min_overlap=OVERLAP, threads=threads)
    if write is standardise_peaks:
        write_index(folder / "standard" / "index.json", outs, checks)
    return os.getpid(), peak_memory()


def shard_job(folder: Path, tasks: list[str], chrom: str, max_n: float) -> tuple[int, int]:
    sources = ShardSources(
        folder / "genome.h5", tasks, [folder / "standard" / f"{t}.safetensors" for t in tasks],
        folder / "standard" / "index.json",
    )  # fmt: skip
    asked = LabelSettings(BIN, WINDOW, OVERLAP, "any_peak", 0.5, "any_peak", max_n, 1)
    make_shard(sources, folder / "shards" / f"{chrom}.h5", chrom, asked)
    return os.getpid(), peak_memory()


def summary_job(folder: Path, tasks: list[str]) -> tuple[int, int]:
    shards = [folder / "shards" / f"{c}.h5" for c in SIZES]
    summarise_dataset(shards, folder / "dataset.json", splits=SPLITS, task_ids=tasks)
    return os.getpid(), peak_memory()


OPEN = """
import json, resource, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from epigroup.dataset.dataset import open_dataset
def own():
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith("RssAnon")))
before, own_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, own()
at = time.perf_counter()
data = open_dataset(sys.argv[3], sys.argv[4:])
train, validation = (data.split(name, data=sys.argv[2]) for name in ("train", "validation"))
seconds = time.perf_counter() - at
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"seconds": seconds, "bytes": after - before, "own": own() - own_before}))
"""


@dataclass(frozen=True)
class Spent:
    """Seconds on the wall and of CPU (user and system, all processes)."""

    wall: float
    cpu: float


def called(function, *arguments) -> tuple[object, float]:
    """What the function gives, and the CPU seconds it took."""
    at = time.process_time()
    return function(*arguments), time.process_time() - at


def pool_run(cores: int, jobs: list[tuple]) -> tuple[Spent, list]:
    """What it takes to call every (function, *arguments) in `cores` fresh processes, and what they gave."""
    with ProcessPoolExecutor(cores, get_context("spawn"), restrict, (len(SIZES),)) as pool:
        list(pool.map(abs, range(4 * cores)))
        at = time.perf_counter()
        done = [pool.submit(called, *job) for job in jobs]
        results = [future.result() for future in done]
        return Spent(time.perf_counter() - at, sum(cpu for _, cpu in results)), [r for r, _ in results]


def memory_of(results: list[tuple[int, int]]) -> tuple[int, int]:
    """The largest process's peak and the sum of all processes' peaks, bytes."""
    peak: dict[int, int] = {}
    for process, size in results:
        peak[process] = max(peak.get(process, 0), size)
    return max(peak.values()), sum(peak.values())


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def commands_run(cores: int, commands: list[str]) -> Spent:
    """What shell commands take, `cores` at a time."""
    at, cpu = time.perf_counter(), children_cpu()
    subprocess.run(
        ["xargs", "-0", "-n", "1", "-P", str(cores), "sh", "-c", 'eval "$0"'],
        input="\0".join(commands).encode(), check=True,
    )  # fmt: skip
    return Spent(time.perf_counter() - at, children_cpu() - cpu)


def time_zcat(cores: int, files: list[Path]) -> Spent:
    """(a): zcat | wc -l over all files, split over `cores` pipes."""
    parts = [files[i::cores] for i in range(cores)]
    return commands_run(cores, [f"zcat {' '.join(map(str, part))} | wc -l > /dev/null" for part in parts])


def write_bins(path: Path) -> None:
    with open(path, "w", encoding="utf-8") as handle:
        for chrom, size in SIZES.items():
            handle.write("".join(f"{chrom}\t{s}\t{s + BIN}\n" for s in range(0, size - BIN + 1, BIN)))


def time_bedtools(cores: int, folder: Path, tasks: list[str]) -> Spent:
    """(b): bedtools intersect of all bins with each profile's sorted peaks, all of them."""
    (folder / "sizes").write_text("".join(f"{c}\t{n}\n" for c, n in SIZES.items()), encoding="utf-8")
    write_bins(folder / "bins.bed")
    commands = [
        f"bedtools intersect -u -f {OVERLAP / BIN} -sorted -g {folder}/sizes -a {folder}/bins.bed "
         f"-b {folder}/standard/{task}.narrowPeak.gz > {folder}/{task}.bins" for task in tasks
    ]  # fmt: skip
    return commands_run(cores, commands)


def compare_labels(folder: Path, chosen: list[int], tasks: list[str]) -> int:
    """Positive bins of the chosen tasks; AssertionError unless library, shards and bedtools agree on each."""
    names, n = list(SIZES), 0
    found: dict[tuple[int, str], np.ndarray] = {}
    for task in chosen:
        place: dict[str, list[int]] = {c: [] for c in names}
        with open(folder / f"{tasks[task]}.bins", encoding="utf-8") as handle:
            for line in handle:
                chrom, start, _ = line.split("\t")
                place[chrom].append(int(start) // BIN)
        for chrom in names:
            found[task, chrom] = np.array(place[chrom], np.int64)
    for chrom in names:
        n_bins = SIZES[chrom] // BIN
        shard = read_shard(folder / "shards" / f"{chrom}.h5")
        bits = unpack_columns(shard.labels, np.array(chosen))
        for column, task in enumerate(chosen):
            theirs = np.zeros(n_bins, bool)
            theirs[found[task, chrom]] = True
            intervals = fetch_standard(folder / "standard" / f"{tasks[task]}.safetensors", chrom)
            ours = label_bins(*intervals, n_bins, BIN, OVERLAP)
            assert np.array_equal(ours, theirs), f"labels of {tasks[task]} on {chrom} differ from bedtools"
            assert np.array_equal(bits[:, column], theirs[shard.start // BIN]), (tasks[task], chrom)
            n += int(theirs.sum())
    return n


def main(arguments: list[str] | None = None) -> dict:
    """Run the benchmark; the figures that it prints and writes, by name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--profiles", type=int, default=367)
    parser.add_argument("--peaks", type=int, default=100_000, help="mean number of peaks of a profile")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--subset", type=int, default=10, help="profiles given to bedtools")
    parser.add_argument("--chromosomes", type=int, default=len(SIZES), help="how many, the shortest")
    parser.add_argument("--max-n-fraction", type=float, default=0.5, help="1 spares reading the genome")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scratch", type=Path, help="folder whose peak files are kept and used again")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/dataset_scale.json"))
    options = parser.parse_args(arguments)
    restrict(options.chromosomes)
    folder = options.scratch or Path(tempfile.mkdtemp(prefix="dataset_scale_"))
    for name in ("standard", "shards"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("peaks", "standard", "shards"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    try:
        figures = measure(options, folder)
    finally:
        if options.scratch is None:
            shutil.rmtree(folder)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    for name, figure in figures.items():
        value = figure["value"]
        print(f"{name:<48} {value if isinstance(value, str) else f'{value:,}':>16} {figure['unit']}")
    return figures


def measure(options: argparse.Namespace, folder: Path) -> dict:
    """Every figure as {"value", "unit"}."""
    cores, tasks = options.cores, [f"profile{i}" for i in range(options.profiles)]
    files = [folder / "peaks" / f"{t}.narrowPeak.gz" for t in tasks]
    missing = [i for i, f in enumerate(files) if not f.exists()]
    pool_run(cores, [(write_profile, files[i], i, options.peaks, options.seed) for i in missing])
    write_plain_genome(folder / "genome.h5")
    zcat = time_zcat(cores, files)
    largest = sorted(SIZES, key=SIZES.get, reverse=True)
    standardise, done = pool_run(1, [(peaks_job, standardise_peaks, folder, tasks, "safetensors", cores)])
    memory = [memory_of(done)]
    label, done = pool_run(cores, [(shard_job, folder, tasks, c, options.max_n_fraction) for c in largest])
    memory.append(memory_of(done))
    summary, done = pool_run(1, [(summary_job, folder, tasks)])
    memory.append(memory_of(done))
    shards = [folder / "shards" / f"{c}.h5" for c in SIZES]
    opened, paged = (json.loads(subprocess.run(
        [sys.executable, "-c", OPEN, str(SCRIPTS), data, str(folder / "dataset.json"), *map(str, shards)],
        capture_output=True, check=True, text=True,
    ).stdout) for data in ("memory", "disk"))  # fmt: skip
    zcat_again = time_zcat(cores, files)
    index, done = pool_run(1, [(peaks_job, index_peaks, folder, tasks, "narrowPeak.gz", cores)])
    memory.append(memory_of(done))
    chosen = list(range(min(options.subset, len(tasks))))
    bedtools = time_bedtools(cores, folder, [tasks[i] for i in chosen])
    scale = len(tasks) / len(chosen)
    agreed = compare_labels(folder, chosen, tasks)
    heads = [read_shard(path) for path in shards]
    counted = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))["positives"]
    positive = np.sum(list(counted.values()), axis=0) / sum(n // BIN for n in SIZES.values())
    total = Spent(standardise.wall + label.wall, standardise.cpu + label.cpu)
    figures = {
        "cores": (cores, "processes"), "device": (platform.processor() or platform.machine(), "CPU"),
        "profiles": (len(tasks), "tasks"), "peaks": (sum(
            int(h.n_peaks.sum()) for h in heads), "peaks"),
        "peak files": (sum(f.stat().st_size for f in files), "bytes"),
        "bins": (sum(h.counts["n_bins"] for h in heads), "bins"),
        "examples (a positive in some profile)": (sum(h.counts["n_examples"] for h in heads), "bins"),
        "profiles with under 2 % positive bins": (int((positive < 0.02).sum()), "tasks"),
        "standardise": (standardise.wall, "s"), "standardise, CPU": (standardise.cpu, "CPU s"),
        "label and write shards": (label.wall, "s"), "label and write shards, CPU": (label.cpu, "CPU s"),
        "standardise and label": (total.wall, "s"),
        "standardise and label, CPU": (total.cpu, "CPU s"),
        "dataset.json": (summary.wall, "s"),
        "sorted and indexed text, off the labels' way": (index.wall, "s"),
        "sorted and indexed text, CPU": (index.cpu, "CPU s"),
        "largest process": (max(m[0] for m in memory), "bytes"),
        "all processes together": (max(m[1] for m in memory), "bytes"),
        "shards": (sum(p.stat().st_size for p in shards), "bytes"),
        "open for training": (opened["seconds"], "s"),
        "open for training, memory": (opened["bytes"], "bytes"),
        "open with labels on disk": (paged["seconds"], "s"),
        "open with labels on disk, memory of its own": (paged["own"], "bytes"),
        "(a) zcat | wc -l, before": (zcat.wall, "s"), "(a) zcat | wc -l, after": (zcat_again.wall, "s"),
        "(a) zcat | wc -l, CPU": (min(zcat.cpu, zcat_again.cpu), "CPU s"),
        "time over (a), the faster of the two": (total.wall / min(zcat.wall, zcat_again.wall), "times"),
        "CPU time over (a)'s": (total.cpu / min(zcat.cpu, zcat_again.cpu), "times"),
        "(b) bedtools intersect, scaled": (bedtools.wall * scale, "s"),
        "(b) bedtools intersect, scaled, CPU": (bedtools.cpu * scale, "CPU s"),
        "bedtools profiles run": (len(chosen), "tasks"),
        "(b) over time": (bedtools.wall * scale / total.wall, "times"),
        "(b)'s CPU time over CPU time": (bedtools.cpu * scale / total.cpu, "times"),
        "labels equal to bedtools bit by bit": (agreed, "positive bins"),
    }  # fmt: skip
    return {
        name: {"value": round(value, 3) if isinstance(value, float) else value, "unit": unit}
        for name, (value, unit) in figures.items()
    }


if __name__ == "__main__":
    main()
