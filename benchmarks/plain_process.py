"""The plain loop in a process of its own: with the memory management that any script has, which the engine changes for
its process (`epigroup.training.memory.keep_freed_memory`)."""

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

import torch
from measuring import Side


def _serve(pipe: Connection, make: Callable[[], Callable[[], object]], threads: int) -> None:
    torch.set_num_threads(threads)
    step = make()
    while pipe.recv():
        wall, cpu = time.perf_counter(), time.process_time()
        step()
        pipe.send((time.perf_counter() - wall, time.process_time() - cpu))


@dataclass
class ProcessSide(Side):
    """A side whose steps another process makes while this one waits; `make` (which can be pickled) gives its step."""

    make: Callable[[], Callable[[], object]] = None
    threads: int = 1

    def __post_init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, self.make, self.threads), daemon=True)
        self.process.start()
        self.action = lambda: self.call(torch.device("cpu"), counts=False)

    def call(self, device: torch.device, counts: bool = True) -> float:
        """Have a step made and note its time."""
        self.pipe.send(True)
        wall, cpu = self.pipe.recv()
        if counts:
            self.wall.append(wall)
            self.cpu.append(cpu)
        return wall

    def close(self) -> None:
        """End the process."""
        self.pipe.send(False)
        self.process.join()
