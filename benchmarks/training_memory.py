"""Memory of a training process at the size of Shiri & Sun 2022: a real one, on made-up data.

A genome with hg38's chromosome sizes and random bases, 10.4 million examples with labels of 367 tasks, as the
workflow's files (4 GB on disk); the full network of all tasks is trained for a few steps and validated on the
batches of the workflow by `train_pack`, in a process of its own.

    python benchmarks/training_memory.py [--scratch FOLDER] [--device cpu]
"""

import argparse
import json
import logging
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from zlib import crc32

import h5py
import numpy as np
from measuring import Figures, described, write_figures
from protocol import BIN, TASKS, WINDOW, paper_settings

SCRIPTS = Path(__file__).resolve().parents[1] / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from epigroup.dataset.labels import packed_width  # noqa: E402
from epigroup.dataset.shards import SCORED, TRAINS, Shard, write_shard  # noqa: E402
from epigroup.dataset.summary import summarise_dataset  # noqa: E402
from epigroup.genome.assemblies import assemblies  # noqa: E402
from epigroup.genome.build import describe_genome  # noqa: E402

SIZES = assemblies()["hg38"]
SEED = 1
EXAMPLES = 10_386_311  # in all splits; Shiri & Sun 2022, section III-A
SPLITS = {
    "test": [{"chrom": "chr8"}, {"chrom": "chr9"}],
    # shorter than the paper's, whose 65,531 examples take a CPU minutes: 16 batches of 512
    "validation": [{"chrom": "chr7", "start": 30_000_000, "end": 32_430_000}],
    "train": "rest", "rule": "bin",
}  # fmt: skip

# The peak of ru_maxrss would be that of the process that started this one, where that was larger.
CHILD = """
import json, logging, sys
sys.path.insert(0, sys.argv[1])
job = json.loads(sys.argv[2])
from epigroup.training.train_pack import PackFiles, train_pack
train_pack(PackFiles(**job.pop("files")), **job)
import torch
print(json.dumps({
    "rss": 1024 * next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")),
    "device": torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None,
}))
"""


def write_random_genome(path: Path) -> None:
    """A genome.h5 of random bases; random bytes lie four codes wide, which is faster than drawing codes."""
    rng, checks = np.random.Generator(np.random.SFC64(SEED)), {}
    with h5py.File(path, "w", libver="v110") as store:
        for chrom, size in SIZES.items():
            store[chrom] = codes = np.frombuffer(rng.bytes(size), np.uint8) & 3
            checks[chrom] = crc32(codes)
        describe_genome(store, "hg38", "0" * 64, list(SIZES), checks)


def write_random_dataset(folder: Path) -> list[Path]:
    """A shard a chromosome and dataset.json: bins drawn at random, each task positive in one of 64."""
    tasks, paths = [f"task{i}" for i in range(TASKS)], []
    share = EXAMPLES / sum(size // BIN for size in SIZES.values())
    for i, (chrom, size) in enumerate(SIZES.items()):
        rng = np.random.Generator(np.random.SFC64([SEED, i]))
        bins = np.flatnonzero(rng.random(size // BIN) < share)
        labels = np.full((len(bins), packed_width(TASKS)), 255, np.uint8)
        for _ in range(6):
            labels &= np.frombuffer(rng.bytes(labels.size), np.uint8).reshape(labels.shape)
        labels[:, -1] &= (1 << TASKS % 8) - 1
        paths.append(folder / f"{chrom}.h5")
        write_shard(
            paths[-1],
            Shard(
                chrom, size, BIN, WINDOW, 50, "hg38", "0" * 64, tuple(tasks), {},
                (bins * BIN).astype(np.int32), labels, np.ones(TASKS, np.int64),
                np.full(len(bins), TRAINS | SCORED["any_peak"], np.uint8),
            ),
        )  # fmt: skip
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    summarise_dataset(paths, folder / "dataset.json", splits=SPLITS, task_ids=tasks)
    logging.disable(level)
    rows = "".join(f"{task}\t0\n" for task in tasks)
    (folder / "groups.tsv").write_text("task_id\tgroup\n" + rows, encoding="utf-8")
    return paths


def peak_pss(process: subprocess.Popen) -> int:
    """Largest proportional set size (bytes) seen until the process ends, looked up five times a second."""
    peak = 0
    while process.poll() is None:
        try:
            rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError):
            break
        sizes = [int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")]
        peak = max([peak, *(1024 * size for size in sizes)])
        time.sleep(0.2)
    process.wait()
    return peak


def train(folder: Path, settings: dict, steps: int) -> Figures:
    """Make what is missing in the folder, train there in a process of its own; what it took."""
    if not (folder / "genome.h5").exists():
        write_random_genome(folder / "genome.part")
        (folder / "genome.part").rename(folder / "genome.h5")
    shards = write_random_dataset(folder)
    examples = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))["chromosomes"].values()
    cfg = settings | {
        "max_steps": steps, "validate_every": steps, "resume": False, "progress_seconds": 1e9,
        "checkpoint_seconds": 0,  # after every step: writing a checkpoint counts too
    }  # fmt: skip
    files = {
        "genome": str(folder / "genome.h5"), "dataset": str(folder / "dataset.json"),
        "shards": list(map(str, shards)), "groups": str(folder / "groups.tsv"),
        "model": str(folder / "model.safetensors"), "curves": str(folder / "curves.tsv"),
        "checkpoints": str(folder),
    }  # fmt: skip
    job = {
        "files": files, "cfg": cfg, "pack": 0, "n_packs": 1, "seed": SEED, "threads": 1, "code": "",
    }  # fmt: skip
    command = [sys.executable, "-c", CHILD, str(SCRIPTS), json.dumps(job)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        pss = peak_pss(child)
        text = child.stdout.read()
    if child.returncode:
        raise RuntimeError(f"the training process ended with {child.returncode}")
    peak = json.loads(text.splitlines()[-1])
    what = f"{cfg['network']['name']} SMTL {cfg['precision']} on {cfg['device']}, training process"
    on_gpu = cfg["device"] == "cuda" and peak["device"]
    return {
        "genome of the training process": (sum(SIZES.values()), "bases"),
        "its training examples": (sum(c["n_train"] for c in examples), "examples"),
        "its validation examples": (sum(c["n_validation"] for c in examples), "examples"),
        "its steps": (steps, "steps"),
        f"{what}, largest resident set": (peak["rss"] / 1e9, "GB"),
        f"{what}, largest proportional set": (pss / 1e9, "GB"),
        f"{what}, memory of the GPU": (peak["device"] / 1e9 if on_gpu else "not measured", "GB"),
    }


def measure_memory(scratch: Path | None, settings: dict, steps: int = 4) -> Figures:
    """`train` in the folder `scratch`, whose genome stays, or in a temporary one; `settings`: of training."""
    folder = scratch or Path(tempfile.mkdtemp(prefix="training_memory_"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return train(folder, settings, steps)
    finally:
        if scratch is None:
            shutil.rmtree(folder)


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--network", default="deepsea_pool3")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--precision", choices=("bf16", "fp32"), default="bf16")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--scratch", type=Path, help="folder whose genome is kept and used again")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/training_memory.json"))
    options = parser.parse_args(arguments)
    settings = paper_settings(options.network, options.device, options.precision)
    figures = described(measure_memory(options.scratch, settings, options.steps))
    write_figures(options.out, figures)
    return figures


if __name__ == "__main__":
    main()
