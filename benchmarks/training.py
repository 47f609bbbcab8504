"""Training on one device: this engine, the plainest PyTorch loop, and what the device can do at best.

For each network, all of 367 tasks in one (SMTL) and a single task (STL), at the protocol of
config/shiri2022.yaml (windows of 1,001 bp, batch 64, SGD): (a) the engine's steps, with the making of the
batch, dropout and the optimiser; (b) the loop of plain_training.py, in float32, on a CPU in a
process of its own; (c) the rate of square matrix
products in the same precision. The sides take turns; a side's rate follows from its median step. FLOP are
counted from the layers (`epigroup.networks.architecture.network_cost`). Packs are trainings of a single task each,
side by side; their rate counts every training's examples. Data are random, as no rate depends on them.

    python benchmarks/training.py [--networks small deepsea_pool3] [--device cpu] [--memory]
"""

import argparse
import gc
import os
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from machine import processor  # noqa: E402
from measuring import Figures, described, write_figures  # noqa: E402
from protocol import PATIENCE, TASKS, VALIDATE_EVERY, WINDOW, paper_settings  # noqa: E402
from training_figures import CASES, Bench  # noqa: E402
from training_memory import measure_memory  # noqa: E402

from epigroup.networks.architecture import NETWORKS  # noqa: E402
from epigroup.training.devices import choose_device, prefer_deterministic  # noqa: E402
from epigroup.training.memory import keep_freed_memory  # noqa: E402


def measure(options: argparse.Namespace) -> Figures:
    torch.set_num_threads(options.threads)
    bench = Bench(options)
    prefer_deterministic(bench.device)
    keep_freed_memory()
    gpu = bench.device.type == "cuda"
    bench.figures |= {
        "device": (torch.cuda.get_device_name() if gpu else processor(), ""),
        "cores": (options.threads, "CPU threads"),
        "cores of the machine": (os.cpu_count(), "CPUs"),
        "PyTorch": (torch.__version__, ""),
        "window": (WINDOW, "bases"),
        "tasks of SMTL": (TASKS, "tasks"),
    }
    for network in options.networks:
        for case in CASES:
            bench.one_model(network, case)
            bench.validation(network, case)
            gc.collect()
        for size in options.packs:
            bench.pack(network, size)
            gc.collect()
        bench.project(network)
    if not torch.cuda.is_available():
        bench.figures["GPU"] = ("not measured", "")
    return bench.figures


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--networks", nargs="*", choices=sorted(NETWORKS), default=["small", "deepsea_pool3"])
    parser.add_argument("--packs", nargs="*", type=int, default=[4, 16, 64], help="trainings in a pack")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of each side")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--seconds", type=float, default=1.0, help="of each side in a round; at least one step"
    )
    parser.add_argument(
        "--long-step", type=float, default=10.0, help="seconds from which a pack's step is taken once"
    )
    parser.add_argument("--genome-mb", type=int, default=16, help="bases of the genome, in millions")
    parser.add_argument("--examples", type=int, default=50_000)
    parser.add_argument("--validation-examples", type=int, default=2048)
    first_end = (PATIENCE + 1) * VALIDATE_EVERY
    parser.add_argument(
        "--stopping",
        type=int,
        default=first_end,
        help="steps; the default is the first end that patience allows",
    )
    parser.add_argument(
        "--memory", action="store_true", help="also training_memory.py: 4 GB of scratch, minutes"
    )
    parser.add_argument("--scratch", type=Path, help="folder for --memory")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/training.json"))
    options = parser.parse_args(arguments)
    figures = described(measure(options))
    if options.memory:
        settings = paper_settings("deepsea_pool3", choose_device(options.device).type, "bf16")
        figures |= described(measure_memory(options.scratch, settings))
    write_figures(options.out, figures)
    return figures


if __name__ == "__main__":
    main()
