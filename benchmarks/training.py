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
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from limits import DTYPES, copies, products, roofline, step_kernels  # noqa: E402
from measuring import Figures, Side, alternate, cpu_rate, described, rate, write_figures  # noqa: E402
from plain_process import ProcessSide  # noqa: E402
from plain_training import PlainNetwork, PlainWindows, copy_weights, plain_training  # noqa: E402
from protocol import (  # noqa: E402
    BIN,
    MAX_STEPS,
    PATIENCE,
    STRATEGIES,
    TASKS,
    VALIDATE_EVERY,
    VALIDATION,
    WINDOW,
    paper_settings,
    projected_seconds,
)
from training_memory import measure_memory  # noqa: E402

from epigroup.dataset.dataset import Examples  # noqa: E402
from epigroup.networks.architecture import NETWORKS, network_cost  # noqa: E402
from epigroup.networks.settings import read_network  # noqa: E402
from epigroup.training.batch_stream import BatchStream  # noqa: E402
from epigroup.training.batches import Batches, Sequences  # noqa: E402
from epigroup.training.calibration import Case, fastest_precision  # noqa: E402
from epigroup.training.devices import choose_device, prefer_deterministic  # noqa: E402
from epigroup.training.job import TrainingJob  # noqa: E402
from epigroup.training.memory import available_bytes, footprint, keep_freed_memory  # noqa: E402
from epigroup.training.packing import STEPS, Step  # noqa: E402
from epigroup.training.settings import read_job  # noqa: E402
from epigroup.training.trainer import GroupTrainer  # noqa: E402

LEFT = (WINDOW - BIN) // 2
CASES = {"SMTL": TASKS, "STL": 1}  # tasks of one network
SEED = 1
SHARE = 0.6  # of the free memory that a pack may take


@dataclass
class SyntheticGenome:
    """What the loader reads of a genome."""

    chromosomes: dict[str, np.ndarray]

    @property
    def sizes(self) -> dict[str, int]:
        return {name: len(codes) for name, codes in self.chromosomes.items()}

    def codes(self, chrom: str) -> np.ndarray:
        return self.chromosomes[chrom]


@dataclass
class Data:
    """Random examples: as the engine's batches, and as arrays for the plain loop."""

    batches: Batches
    codes: np.ndarray
    start: np.ndarray
    labels: np.ndarray

    def windows(self, n_tasks: int) -> PlainWindows:
        return PlainWindows(self.codes, self.start - LEFT, self.labels, WINDOW, range(n_tasks))


def synthetic(megabases: int, n: int, device: torch.device | str) -> Data:
    """`n` examples anywhere on a chromosome of random bases, each of 367 tasks positive in one of 32."""
    rng = np.random.default_rng(SEED)
    codes = rng.integers(0, 4, megabases * 1_000_000, dtype=np.uint8)
    start = rng.integers(2, len(codes) // BIN - 8, n).astype(np.int32) * BIN
    labels = rng.integers(0, 256, (n, -(-TASKS // 8)), dtype=np.uint8)
    for _ in range(4):
        labels &= rng.integers(0, 256, labels.shape, dtype=np.uint8)
    sequences = Sequences(SyntheticGenome({"chr1": codes}), ["chr1"], WINDOW, device)
    return Data(
        Batches(sequences, Examples(np.zeros(n, np.int16), start, labels), LEFT), codes, start, labels
    )


def endless(settings: dict) -> dict:
    """The settings without a validation and without an end."""
    return settings | {"max_steps": 10**9, "validate_every": 10**9}


def trainer(
    data: Data,
    settings: dict,
    tasks: list[int],
    validation: Batches | None = None,
    stream: BatchStream | None = None,
) -> GroupTrainer:
    """The engine's trainer of one group."""
    told, _ = read_job(endless(settings))
    job = TrainingJob(data.batches, validation or data.batches, told, SEED)
    names = [f"task{i}" for i in tasks]
    return GroupTrainer(names, tasks, job, label=told.network.name, stream=stream)


def pack_trainers(data: Data, settings: dict, size: int) -> list[GroupTrainer]:
    """Trainers of a task each, on one stream of batches."""
    first = trainer(data, settings, [0])
    return [first, *(trainer(data, settings, [task], stream=first.stream) for task in range(1, size))]


def together(step: Step, trainers: list[GroupTrainer]) -> Callable[[], None]:
    return lambda: step(trainers)


def plain_steps(network: PlainNetwork, data: Data, settings: dict, n_tasks: int) -> Callable[[], float]:
    """A step of the plain loop, free to take any algorithm."""
    device = data.batches.sequences.device
    losses = plain_training(
        network, data.windows(n_tasks), settings["batch_size"], settings["learning_rate"], device
    )

    def step() -> float:
        before = torch.are_deterministic_algorithms_enabled()
        torch.use_deterministic_algorithms(False)
        loss = next(losses)
        torch.use_deterministic_algorithms(before, warn_only=True)
        return loss

    return step


def processor() -> str:
    """Name of the CPU."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def computes_bf16(device: torch.device) -> bool:
    """Whether a device has instructions for bf16; without them it is not worth a measurement."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def best(sides: dict[str, Side], of: Callable[[Side], float]) -> float:
    return max(of(side) for side in sides.values())


class Bench:
    """The measurements of one run; `figures` grows with each."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.device = choose_device(options.device)
        self.precisions = ["fp32"] + ["bf16"] * computes_bf16(self.device)
        self.taken: dict[str, str] = {}  # network -> what training.precision: auto takes for it
        self.data = synthetic(options.genome_mb, options.examples, self.device)
        self.figures: Figures = {}
        self.step_seconds: dict[tuple[str, str, str], float] = {}  # network, engine or plain loop, case
        self.validation_seconds: dict[tuple[str, str], float] = {}
        self.gain: dict[str, dict[int, float]] = {}  # network -> pack of n -> rate over that of one alone

    def precision(self, network: str) -> str:
        """The precision that the engine takes by itself for a network."""
        if network not in self.taken:
            settings = paper_settings(network, self.device.type, "fp32")
            case = Case(read_network(settings["network"]), WINDOW, settings["batch_size"])
            self.taken[network] = fastest_precision([case], self.device)
            self.figures[f"{network}, precision that auto takes"] = (self.taken[network], "")
        return self.taken[network]

    def steps(self, step: Callable[[], object], examples: int) -> Side:
        """A side that makes steps: one a call, or on a GPU as many as keep it from waiting for the host."""
        n = 1 if self.device.type == "cpu" else 20

        def call() -> None:
            for _ in range(n):
                step()

        return Side(call, n * examples, self.options.seconds)

    def products(self, seconds: float) -> dict[str, dict[str, Side]]:
        return {
            precision: {f"{precision} {n}": side for n, side in products(self.device, precision, seconds)}
            for precision in self.precisions
        }

    def one_model(self, network: str, case: str) -> None:
        """Engine, plain loop and matrix products by turns."""
        options, n_tasks = self.options, CASES[case]
        tasks, batch = list(range(n_tasks)), None
        engines: dict[str, Side] = {}
        for precision in self.precisions:
            settings = paper_settings(network, self.device.type, precision)
            batch = settings["batch_size"]
            one = trainer(self.data, settings, tasks)
            engines[precision] = self.steps(one.advance, batch)
        network_settings = read_network(settings["network"])
        plain = PlainNetwork(network_settings, n_tasks, WINDOW)
        copy_weights(one.network, plain)
        if self.device.type == "cpu":
            make = partial(plain_steps, plain, self.data, settings, n_tasks)
            loop: Side = ProcessSide(None, batch, options.seconds, make=make, threads=options.threads)
        else:
            loop = self.steps(plain_steps(plain.to(self.device), self.data, settings, n_tasks), batch)
        limit = self.products(options.seconds / 4)
        flat = {name: side for sides in limit.values() for name, side in sides.items()}
        copy = {"copy": copies(self.device, options.seconds / 4)} if self.device.type == "cuda" else {}
        alternate({"plain": loop, **engines, **flat, **copy}, options.rounds, self.device)
        if isinstance(loop, ProcessSide):
            loop.close()

        what = f"{network} {case}"
        flop = network_cost(network_settings, WINDOW, n_tasks).training
        self.figures |= {
            f"{what}, counted": (flop / 1e9, "GFLOP an example"),
            f"{what}, plain loop fp32": (rate(loop), "examples/s"),
        }
        for precision, engine in engines.items():
            here = f"{what}, engine {precision}"
            top, top_cpu = (best(limit[precision], of) for of in (rate, cpu_rate))
            self.figures |= {
                here: (rate(engine), "examples/s"),
                f"{here} over plain loop": (rate(engine) / rate(loop), "times"),
                f"{what}, matrix products {precision}": (top / 1e9, "GFLOP/s"),
                f"{here} of matrix products": (100 * rate(engine) * flop / top, "%"),
                f"{what}, matrix products {precision} over plain loop": (top / flop / rate(loop), "times"),
            }
            if self.device.type == "cpu":
                self.figures |= {
                    f"{here} over plain loop, CPU time": (cpu_rate(engine) / cpu_rate(loop), "times"),
                    f"{what}, matrix products {precision} over plain loop, CPU time": (
                        top_cpu / flop / cpu_rate(loop),
                        "times",
                    ),
                    f"{here} of matrix products, CPU time": (100 * cpu_rate(engine) * flop / top_cpu, "%"),
                }
            else:
                kernels = step_kernels(network_settings, WINDOW, n_tasks, batch, DTYPES[precision].itemsize)
                self._roofline(here, engine, batch, roofline(kernels, top, rate(copy["copy"])))
                self.figures[f"{here}, bandwidth"] = (rate(copy["copy"]) / 1e9, "GB/s")
        taken = self.precision(network)
        faster = max(engines.values(), key=rate)
        self.figures[f"{what}, engine {taken} over its faster precision"] = (
            rate(engines[taken]) / rate(faster),
            "times",
        )
        self.step_seconds[network, "engine", case] = batch / rate(engines[taken])
        self.step_seconds[network, "plain loop", case] = batch / rate(loop)

    def _roofline(self, here: str, engine: Side, batch: int, least: float) -> None:
        """Figures of an engine's share of its roofline: `least`, seconds of a step at best."""
        self.figures |= {
            f"{here}, roofline": (batch / least, "examples/s"),
            f"{here} of roofline": (100 * least * rate(engine) / batch, "%"),
        }

    def pack(self, network: str, size: int) -> None:
        """A pack of single-task trainings by each technique, and one of them alone, by turns."""
        what = f"{network} STL {self.precision(network)}, pack of {size}"
        settings = paper_settings(network, self.device.type, self.precision(network))
        batch = settings["batch_size"]
        alone = trainer(self.data, settings, [TASKS - 1])
        sides = {"sequential": self.steps(alone.advance, batch)}
        free, need = available_bytes(self.device), footprint(read_job(settings)[0], 1, WINDOW)
        members: list[GroupTrainer] = []
        for name, step in STEPS.items():
            bytes_ = need.total(batch, size, jointly=name == "grouped")
            if name == "sequential":  # one after another, each as if it were alone
                continue
            if bytes_ > SHARE * free:
                self.figures[f"{what}, {name}"] = (f"needs {bytes_ / 1e9:.1f} GB", "not measured")
                continue
            members = members or pack_trainers(self.data, settings, size)
            sides[name] = self.steps(together(step, members), batch * size)
        seconds = self.step_seconds[network, "engine", "STL"] * size
        short = seconds < self.options.long_step
        alternate(sides, self.options.rounds if short else 1, self.device, warm=short)
        first = rate(sides["sequential"])
        self.figures[f"{what}, sequential"] = (first, "examples/s")
        for name in [name for name in sides if name != "sequential"]:
            self.figures |= {
                f"{what}, {name}": (rate(sides[name]), "examples/s"),
                f"{what}, {name} over sequential": (rate(sides[name]) / first, "times"),
            }
        self.gain.setdefault(network, {1: 1.0})[size] = max(rate(side) for side in sides.values()) / first

    def validation(self, network: str, case: str) -> None:
        """The engine's validation pass over some examples and its steps, by turns, scaled to the paper's."""
        n = self.options.validation_examples
        settings = paper_settings(network, self.device.type, self.precision(network))
        some = synthetic(1, n, self.device).batches
        one = trainer(self.data, settings, list(range(CASES[case])), some)
        sides = {
            "validation": Side(one.validation_loss, n, 0),
            "step": self.steps(one.advance, 1),
        }
        alternate(sides, 2, self.device)
        seconds = VALIDATION / rate(sides["validation"])
        between = VALIDATE_EVERY / rate(sides["step"])
        self.validation_seconds[network, case] = seconds
        what = f"{network} {case}, engine {self.precision(network)}"
        self.figures |= {
            f"{what}, validation": (rate(sides["validation"]), "examples/s"),
            f"{what}, validation of {VALIDATION:,} examples": (seconds, f"s, scaled from {n:,} examples"),
            f"{what}, validation of the time between two": (100 * seconds / between, "%"),
        }

    def project(self, network: str) -> None:
        """Hours of every strategy at the paper's scale, one process on this device."""
        ends = {f"{steps:,}": steps for steps in (MAX_STEPS, self.options.stopping)}
        packs = self.gain.get(network, {1: 1.0})
        seconds = {
            (what, *side): tuple(found[network, *side, case] for case in ("STL", "SMTL"))
            for what, found, side in (
                ("step", self.step_seconds, ("engine",)),
                ("step", self.step_seconds, ("plain loop",)),
                ("validation", self.validation_seconds, ()),
            )
        }
        for strategy, groups in STRATEGIES.items():
            gain = packs[max(size for size in packs if size <= len(groups))]
            steps_of_engine = tuple(one / gain for one in seconds["step", "engine"])
            for name, steps in ends.items():
                engine = projected_seconds(groups, steps, steps_of_engine, seconds["validation",])
                plain = projected_seconds(groups, steps, seconds["step", "plain loop"], (0.0, 0.0))
                what = f"{network} {strategy}, {name} steps each"
                self.figures |= {
                    f"{what}, engine": (engine / 3600, "hours"),
                    f"{what}, plain loop without validation": (plain / 3600, "hours"),
                }


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
