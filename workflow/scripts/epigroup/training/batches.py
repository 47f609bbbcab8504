"""Batches made on the device from start positions and packed labels: no sequence is stored per example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from epigroup.core.errors import InputError
from epigroup.core.mapped_arrays import map_pieces, next_place
from epigroup.genome.codes import Bases, Genome

if TYPE_CHECKING:
    from epigroup.dataset.dataset import Examples

UNKNOWN = 4  # code of every base but A, C, G, T; its one-hot is zero


def order(
    seed: int, epoch: int, n: int, positive: np.ndarray | None = None, weights: np.ndarray | None = None
) -> np.ndarray:
    """The order of n examples in an epoch, int64 (n,): a function of the arguments alone.

    A permutation; or, with `weights` (float (n,) > 0), n draws in which an example comes as often as its
    share of the weights asks, n w / sum(w) rounded up or down at random (systematic sampling), in random
    order; or, with `positive` (bool (n,), some of either kind), positive and negative examples by
    turns: of the commoner kind n/2 without repetition, others each epoch, of the rarer as often as needed.
    """
    rng = np.random.default_rng([seed, epoch, 0])
    if weights is not None:
        until = np.cumsum(weights, dtype=np.float64)
        until *= n / until[-1]
        until[-1] = n
        drawn_until = np.floor(until + rng.random()).astype(np.int64)
        return rng.permutation(np.repeat(np.arange(n), np.diff(drawn_until, prepend=0)))
    if positive is None:
        return rng.permutation(n)
    drawn = np.empty(n, np.int64)
    for i, kind in enumerate((positive, ~positive)):
        drawn[i::2] = np.resize(rng.permutation(np.flatnonzero(kind)), len(drawn[i::2]))
    return drawn


def strands(seed: int, epoch: int, n: int) -> np.ndarray:
    """Which of n examples an epoch shows as their reverse complement: bool (n,), each with chance 1/2."""
    return np.random.default_rng([seed, epoch, 1]).integers(0, 2, size=n, dtype=np.uint8).astype(bool)


def shifts(seed: int, epoch: int, n: int, jitter: int) -> np.ndarray:
    """By how many bases an epoch shifts the windows of n examples: int64 (n,), even in [-jitter, jitter]."""
    return np.random.default_rng([seed, epoch, 2]).integers(-jitter, jitter, size=n, endpoint=True)


# Four codes, the bytes c0 to c3 of an int32 word, times this hold 40 c0 + 8 c1 + c2 + 256 c3 in bits 21 to
# 31: another number for each four, as no code exceeds 4, and nothing carries into it from below.
_HASH, _HASH_SHIFT, _HASH_MASK = 0x05010020, 21, 0x7FF


def _one_hot_table() -> torch.Tensor:
    """One-hot of four bases at once: float32 (2048, 16), a row for each number that `_HASH` makes of four.

    A row of four is copied in about the time of a row of one, so that batches are made three times faster.
    """
    codes = torch.cartesian_prod(*[torch.arange(UNKNOWN + 1)] * 4)
    base = torch.cat([torch.eye(4), torch.zeros(1, 4)])
    table = torch.zeros(_HASH_MASK + 1, 16)
    table[codes @ torch.tensor([40, 8, 1, 256])] = base[codes].view(-1, 16)
    return table


class Sequences:
    """Chromosomes laid end to end, a window of code 4 between them, so that every window is one slice.

    Takes one byte a base of the chromosomes it is given; with `data` "disk" and on a CPU these are the pages
    of genome.h5, where the genome is one, and processes share them. `chromosomes` fixes the numbering that
    `positions` uses.
    """

    def __init__(
        self,
        genome: Bases,
        chromosomes: Sequence[str],
        window: int,
        device: torch.device | str = "cpu",
        data: str = "memory",
    ) -> None:
        self.window = window
        on_disk = data == "disk" and torch.device(device).type == "cpu"
        mapped = genome if on_disk and isinstance(genome, Genome) else None
        offsets: list[int] = []
        total = window
        for chrom in chromosomes:
            offsets.append(next_place(total, mapped.offsets[chrom]) if mapped is not None else total)
            total = offsets[-1] + genome.sizes[chrom] + window
        self.chromosomes = list(chromosomes)
        self.sizes = np.array([genome.sizes[chrom] for chrom in chromosomes], dtype=np.int64)
        self.offsets = np.array(offsets, dtype=np.int64)
        if mapped is not None:
            for chrom in chromosomes:
                mapped.codes(chrom)  # held against its checksum; the pages stay for the map
            at = [mapped.offsets[chrom] for chrom in chromosomes]
            pieces = zip(offsets, at, self.sizes.tolist(), strict=True)
            self.flat = torch.from_numpy(map_pieces(mapped.path, pieces, total, UNKNOWN))
        else:
            self.flat = torch.full((total,), UNKNOWN, dtype=torch.uint8, device=device)
            for chrom, offset in zip(chromosomes, offsets, strict=True):
                codes = torch.from_numpy(np.array(genome.codes(chrom)))
                self.flat[offset : offset + len(codes)] = codes
        self._windows = self.flat.as_strided((total - window + 1, window), (1, 1))  # a view
        table = _one_hot_table()
        self._tables = {dtype: table.to(device, dtype) for dtype in (torch.float32, torch.bfloat16)}

    @property
    def device(self) -> torch.device:
        return self.flat.device

    def positions(self, chrom: np.ndarray, start: np.ndarray) -> torch.Tensor:
        """Window starts (0-based; may leave the chromosome by less than a window) -> int64 (N,) places in
        the flat array.

        Raises InputError when a window lies wholly outside its chromosome.
        """
        start = np.asarray(start, dtype=np.int64)
        chrom = np.asarray(chrom, dtype=np.int64)
        outside = (start <= -self.window) | (start >= self.sizes[chrom])
        if outside.any():
            i = int(np.flatnonzero(outside)[0])
            raise InputError(
                f"the window at {self.chromosomes[chrom[i]]}:{start[i]} lies outside the chromosome "
                f"({self.sizes[chrom[i]]} bp); do the regions belong to another assembly?"
            )
        return torch.from_numpy(self.offsets[chrom] + start).to(self.device)

    def codes(self, positions: torch.Tensor) -> torch.Tensor:
        """Codes of the windows at `positions` (n,): uint8 (n, W)."""
        return self._rows(positions)[: len(positions) * self.window].view(-1, self.window)

    def _rows(self, positions: torch.Tensor) -> torch.Tensor:
        """Codes of the windows one after another: uint8 (n * W, filled up to whole fours)."""
        n = len(positions) * self.window
        rows = torch.empty(n + -n % 4, dtype=torch.uint8, device=self.device)
        if n % 4:
            rows[n:] = UNKNOWN
        torch.index_select(self._windows, 0, positions, out=rows[:n].view(-1, self.window))
        return rows

    def buffer(self, n: int, dtype: torch.dtype) -> torch.Tensor:
        """Memory for a batch of at most n windows, to be used again for each: fresh memory costs a large
        batch more than its making.
        """
        return torch.empty(-(-n * self.window // 4), 16, dtype=dtype, device=self.device)

    def one_hot(
        self,
        positions: torch.Tensor,
        dtype: torch.dtype = torch.float32,
        reverse: torch.Tensor | None = None,
        out: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Windows at `positions` (n,) as (n, 4, 1, W) in channels_last; where `reverse` (bool (n,)) the
        other strand. `out`: a `buffer` of this dtype to lie in, until the next batch does.
        """
        n, rows = len(positions), self._rows(positions)
        if reverse is not None:
            codes = rows[: n * self.window].view(n, self.window)
            other = (codes.flip(1) ^ 3).clamp_(max=UNKNOWN)  # 0 to 3 become their complements, 4 stays
            codes.copy_(torch.where(reverse[:, None], other, codes))
        words = rows.view(torch.int32)
        words *= _HASH
        words >>= _HASH_SHIFT
        words &= _HASH_MASK
        if out is None:
            flat = F.embedding(words, self._tables[dtype]).view(-1)
        else:
            flat = torch.index_select(self._tables[dtype], 0, words, out=out[: len(words)]).view(-1)
        return flat[: n * self.window * 4].view(n, 1, self.window, 4).permute(0, 3, 1, 2)


class Batches:
    """The examples of one split, served as batches: sequences from the genome, labels from packed bits, or
    signals.

    Parameters: `sequences` (shared by the splits), `examples` (chrom, start of the bin, packed labels, signal
    or None), and `left`, the bases that a window has before its bin.
    """

    def __init__(self, sequences: Sequences, examples: Examples, left: int) -> None:
        self.sequences = sequences
        self.positions = sequences.positions(examples.chrom, examples.start.astype(np.int64) - left)
        self.labels = torch.from_numpy(np.ascontiguousarray(examples.labels)).to(sequences.device)
        self.taught: tuple[torch.Tensor, torch.Tensor, float] | None = None
        self.signal = None
        if examples.signal is not None:
            self.signal = torch.from_numpy(np.ascontiguousarray(examples.signal)).to(sequences.device)

    def __len__(self) -> int:
        return len(self.positions)

    def one_hot(
        self,
        indices: torch.Tensor,
        dtype: torch.dtype = torch.float32,
        reverse: torch.Tensor | None = None,
        shift: torch.Tensor | None = None,
        out: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Sequences of the examples `indices` (n,): (n, 4, 1, W); each shifted by `shift` (int64 (n,)) bases
        of the forward strand, at most (W - bin) // 2, so that the bin stays within. `out`: see
        `Sequences.one_hot`.
        """
        positions = self.positions.index_select(0, indices)
        return self.sequences.one_hot(positions if shift is None else positions + shift, dtype, reverse, out)

    def teach(self, scores: torch.Tensor, tasks: Iterable[int], share: float) -> None:
        """Let `targets` be labels and, with the weight `share`, a teacher's scores float16 (N, t) of the task numbers
        `tasks` (t,), the only ones that are asked for from now on."""
        numbers = torch.as_tensor(list(tasks))
        columns = torch.zeros(int(numbers.max()) + 1, dtype=torch.int64)
        columns[numbers] = torch.arange(len(numbers))
        self.taught = scores.to(self.labels.device), columns.to(self.labels.device), share

    def targets(self, indices: torch.Tensor, tasks: torch.Tensor) -> torch.Tensor:
        """What is learnt of the examples `indices` (n,) for the task numbers `tasks` (t,): their labels, those and what
        a teacher says, or their signal where the data set's targets are that: float32 (n, t).
        """
        if self.signal is not None:
            return self.signal[indices][:, tasks].float()
        labels = self.marks(indices, tasks)
        if self.taught is None:
            return labels
        scores, columns, share = self.taught
        return torch.lerp(labels, scores[indices][:, columns[tasks]].float(), share)

    def marks(self, indices: torch.Tensor, tasks: torch.Tensor) -> torch.Tensor:
        """Labels of the examples `indices` (n,) for the task numbers `tasks` (t,): float32 (n, t)."""
        rows = self.labels[indices][:, tasks // 8]
        return ((rows >> (tasks % 8).to(torch.uint8)) & 1).float()

    def positives(self, tasks: torch.Tensor) -> np.ndarray:
        """Positive examples of each task number in `tasks` (t,): int64 (t,)."""
        total = torch.zeros(len(tasks), dtype=torch.int64, device=self.labels.device)
        for rows in self.labels.split(1 << 16):
            total += ((rows[:, tasks // 8] >> (tasks % 8).to(torch.uint8)) & 1).sum(0, dtype=torch.int64)
        return total.cpu().numpy()

    def signal_ranges(self, tasks: torch.Tensor) -> np.ndarray:
        """Lowest and highest signal of each task number in `tasks` (t,): float32 (2, t). Raises ValueError where the
        targets are labels."""
        if self.signal is None:
            raise ValueError("the targets are labels, which have no range of signals")
        parts = [torch.stack(rows[:, tasks].aminmax(dim=0)) for rows in self.signal.split(1 << 16)]
        lowest, highest = torch.stack(parts).float().unbind(1)
        return torch.stack([lowest.amin(0), highest.amax(0)]).cpu().numpy()

    def any_positive(self, tasks: torch.Tensor) -> np.ndarray:
        """bool (N,): examples positive in at least one of the task numbers `tasks` (t,)."""
        parts = [
            self.marks(rows, tasks).any(1).cpu()
            for rows in torch.arange(len(self)).to(tasks.device).split(1 << 16)
        ]
        return torch.cat(parts).numpy()

    def in_order(self, batch_size: int) -> Iterator[torch.Tensor]:
        """All examples from first to last: index tensors of at most `batch_size`."""
        for first in range(0, len(self), batch_size):
            yield torch.arange(first, min(first + batch_size, len(self)), device=self.labels.device)


class TrainingOrder:
    """Which examples step number s sees: a function of (seed, s), whatever came before.

    An epoch is an `order` of the examples cut into whole batches; the last incomplete one is left out, as is
    usual (another remainder each epoch). With fewer examples than `batch_size` a batch is all of them.
    `positive` (bool (n,)): balance these and the others; `weights` (float (n,)): draw by these; both None:
    every example once.
    """

    def __init__(
        self,
        seed: int,
        n: int,
        batch_size: int,
        *,
        reverse_complement: bool,
        device: torch.device | str,
        jitter: int = 0,
        positive: np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ) -> None:
        self.seed, self.n = seed, n
        self.batch_size = min(batch_size, n)
        self.steps_per_epoch = n // self.batch_size
        self.reverse_complement = reverse_complement
        self.jitter, self.positive, self.weights = jitter, positive, weights
        self.device = device
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)
        self._strands: torch.Tensor | None = None
        self._shifts: torch.Tensor | None = None

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        """Examples of step `step` (from 0): indices int64 (batch,), bool (batch,) of those to reverse, and
        int64 (batch,) bases to shift each by; None for what is not asked.
        """
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch = epoch
            drawn = order(self.seed, epoch, self.n, self.positive, self.weights)
            self._order = torch.from_numpy(drawn).to(self.device)
            if self.reverse_complement:
                self._strands = torch.from_numpy(strands(self.seed, epoch, self.n)).to(self.device)
            if self.jitter:
                self._shifts = torch.from_numpy(shifts(self.seed, epoch, self.n, self.jitter)).to(self.device)
        here = slice(place * self.batch_size, (place + 1) * self.batch_size)
        strand = None if self._strands is None else self._strands[here]
        return self._order[here], strand, None if self._shifts is None else self._shifts[here]
