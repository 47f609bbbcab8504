"""The figures of training: engine against plain loop and matrix products, packs, validation, and hours of the paper."""

import argparse
from collections.abc import Callable
from functools import partial

from limits import DTYPES, copies, products, roofline, step_kernels
from machine import computes_bf16
from measuring import Figures, Side, alternate, cpu_rate, rate
from plain_process import ProcessSide
from plain_training import PlainNetwork, copy_weights
from protocol import (
    MAX_STEPS,
    STRATEGIES,
    TASKS,
    VALIDATE_EVERY,
    VALIDATION,
    WINDOW,
    paper_settings,
    projected_seconds,
)
from synthetic_data import synthetic
from training_steps import pack_trainers, plain_steps, together, trainer

from epigroup.networks.architecture import network_cost
from epigroup.networks.settings import read_network
from epigroup.training.calibration import Case, fastest_precision
from epigroup.training.devices import choose_device
from epigroup.training.memory import available_bytes, footprint
from epigroup.training.packing import STEPS
from epigroup.training.settings import read_job
from epigroup.training.trainer import GroupTrainer

CASES = {"SMTL": TASKS, "STL": 1}  # tasks of one network
SHARE = 0.6  # of the free memory that a pack may take


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
