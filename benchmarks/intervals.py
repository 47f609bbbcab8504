"""Labels of bins from real peak files: the library against bedtools and pybedtools, which must give the same bins.

From a peak file as it was downloaded to a label a bin of one chromosome. The library: `standardise_peaks`,
`fetch_standard`, `label_bins`. bedtools: zcat, sort, `bedtools intersect -u -sorted -f`, and its lines read.
pybedtools: the same by its own methods. The sides take turns file by file, in one process; seconds of processor time
count what they start too. The bins are written down once, outside of the time.

    python benchmarks/intervals.py --peaks FOLDER [--chrom chr20 --size 63025520] [--rounds 3]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pybedtools

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from machine import processor  # noqa: E402
from measuring import Figures, described, write_figures  # noqa: E402

from epigroup.dataset.labels import label_bins  # noqa: E402
from epigroup.peaks.standard import fetch_standard, standardise_peaks  # noqa: E402

BIN, OVERLAP = 200, 50
Labels = Callable[[Path], np.ndarray]


def spent() -> float:
    """Processor time of this process and of those that it has waited for, s."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def marked(starts: list[int], n_bins: int) -> np.ndarray:
    labels = np.zeros(n_bins, bool)
    labels[np.array(starts, np.int64) // BIN] = True
    return labels


def sides(folder: Path, chrom: str, size: int) -> dict[str, Labels]:
    """The three ways, each from a peak file to bool (n_bins,)."""
    n_bins, sizes = size // BIN, {chrom: size}
    bins = folder / "bins.bed"
    bins.write_text("".join(f"{chrom}\t{b * BIN}\t{(b + 1) * BIN}\n" for b in range(n_bins)))
    tiled = pybedtools.BedTool(str(bins))

    def library(path: Path) -> np.ndarray:
        standardise_peaks(path, folder / "p.safetensors", sizes, sizes)
        return label_bins(*fetch_standard(folder / "p.safetensors", chrom), n_bins, BIN, OVERLAP)

    def bedtools(path: Path) -> np.ndarray:
        command = (
            f"zcat {path} | cut -f 1-3 | sort -k1,1 -k2,2n "
            f"| bedtools intersect -u -sorted -f {OVERLAP / BIN} -a {bins} -b stdin | cut -f 2"
        )
        text = subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout
        return marked([int(line) for line in text.splitlines()], n_bins)

    def wrapped(path: Path) -> np.ndarray:
        peaks = pybedtools.BedTool(str(path)).sort()
        found = tiled.intersect(peaks, u=True, sorted=True, f=OVERLAP / BIN)
        labels = marked([row.start for row in found], n_bins)
        pybedtools.cleanup()
        return labels

    return {"library": library, "bedtools": bedtools, "pybedtools": wrapped}


def measure(files: list[Path], ways: dict[str, Labels], rounds: int) -> Figures:
    """Seconds of all files, the least of the rounds; AssertionError where two ways disagree on a bin."""
    wall = {name: [0.0] * rounds for name in ways}
    cpu = {name: [0.0] * rounds for name in ways}
    positive = 0
    for turn in range(rounds):
        for path in files:
            found = {}
            for name, way in ways.items():
                at, used = time.perf_counter(), spent()
                found[name] = way(path)
                wall[name][turn] += time.perf_counter() - at
                cpu[name][turn] += spent() - used
            for name, labels in found.items():
                assert np.array_equal(labels, found["library"]), f"{path}: {name} labels other bins"
            positive += int(found["library"].sum()) if turn == 0 else 0
    figures: Figures = {
        "processor": (processor(), ""),
        "peak files": (len(files), "files"),
        "positive bins, the same by all": (positive, "bins"),
    }
    for name in ways:
        figures[f"{name}, wall"] = (min(wall[name]), "s")
        figures[f"{name}, processor time"] = (min(cpu[name]), "s")
    for name in list(ways)[1:]:
        ratios = [theirs / ours for theirs, ours in zip(cpu[name], cpu["library"], strict=True)]
        figures[f"{name} over the library, processor time, least round"] = (min(ratios), "times")
        figures[f"{name} over the library, processor time, largest round"] = (max(ratios), "times")
        figures[f"{name} over the library, wall"] = (min(wall[name]) / min(wall["library"]), "times")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--peaks", type=Path, required=True, help="folder of gzipped peak files")
    parser.add_argument("--chrom", default="chr20")
    parser.add_argument("--size", type=int, default=63_025_520, help="bp of the chromosome")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/intervals.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ways = sides(Path(folder), options.chrom, options.size)
        figures = measure(sorted(options.peaks.glob("*.gz")), ways, options.rounds)
    write_figures(options.out, described(figures))


if __name__ == "__main__":
    main()
