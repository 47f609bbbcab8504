"""A genome whose regulatory grammar is known: motifs, latent groups of tasks, their sites, and the truth.

Elements lie along the chromosomes. An element holds copies of some of twelve motifs. Each latent group of
tasks reads six of them: three open its elements, three close them. Every motif serves two groups, and with
`conflict` it opens in the one what it closes in the other, so that learning all groups together has to serve
opposite uses of the same motifs. Without `conflict` all groups read the first group's motifs with the same
signs, and there is nothing to group.

Two things keep label correlation from telling the groups. Each element is active in one of two chromatin
contexts, which its sequence does not show, and the tasks of a cell group see one context only: tasks of one
latent group in different contexts never share a site. A thirteenth motif opens an element for all tasks of
its context: tasks of different latent groups share those sites.
"""

import gzip
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
from scipy.special import expit

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import new_hdf5
from epigroup.dataset.labels import label_bins
from epigroup.simulation.settings import GenomeSettings

log = logging.getLogger(__name__)

N_GROUPS, N_CONTEXTS = 4, 2
N_MOTIFS = N_GROUPS * (N_GROUPS - 1) + 1  # two for each pair of groups, and the one that opens for all
SHARED = N_MOTIFS - 1
BASES = np.frombuffer(b"ACGTN", np.uint8)
# bp from the centre of an element to the end of a peak there; alike, so that where a bin lies tells little
HALF_WIDTH = {"CA": 150, "TFB": 150, "HM": 165}
BROAD_HALF_WIDTH = 200
CLOSEST = 500  # bp between two centres, so that no peak reaches the next element's


@dataclass(frozen=True)
class Grammar:
    """motifs float64 (13, width, 4): chance of each base; effects float64 (4, 13): log-odds a motif adds in a
    group; offsets float64 (4,): log-odds of an element without motifs."""

    motifs: np.ndarray
    effects: np.ndarray
    offsets: np.ndarray


@dataclass(frozen=True)
class Task:
    """A task's place in the grammar. `half_width`: bp from an element's centre to the end of its peak."""

    task_id: str
    group: int
    context: int
    half_width: int


@dataclass(frozen=True)
class Elements:
    """The elements of one chromosome: centre int64 (n,) bp; present bool (n, 13); context int8 (n,);
    open_chance float64 (n, T), given the sequence and that the element is active in the task's context;
    is_open bool (n, T); instances: (start bp, motif, element) int64 (m, 3)."""

    centre: np.ndarray
    present: np.ndarray
    context: np.ndarray
    open_chance: np.ndarray
    is_open: np.ndarray
    instances: np.ndarray


def place_tasks(profiles: Sequence[Mapping[str, Any]]) -> list[Task]:
    """Group and context of each task, from its sheet row (profile_id, modality, cell_group, peak_mode).

    The i-th task of the c-th cell group joins latent group (i + c) mod 4, so that latent groups cross cell
    groups; the first half of the cell groups sees context 0, the other half context 1.
    """
    cells = list(dict.fromkeys(row["cell_group"] for row in profiles))
    seen = dict.fromkeys(cells, 0)
    tasks = []
    for row in profiles:
        cell = cells.index(row["cell_group"])
        group = (seen[row["cell_group"]] + cell) % N_GROUPS
        seen[row["cell_group"]] += 1
        half = BROAD_HALF_WIDTH if row["peak_mode"] == "broad" else HALF_WIDTH[row["modality"]]
        tasks.append(Task(row["profile_id"], group, cell * N_CONTEXTS // len(cells), half))
    return tasks


def make_grammar(settings: GenomeSettings) -> Grammar:
    """Motifs, effects and offsets.

    An offset is set so that over elements without the shared motif the mean chance is `open_share`.
    """
    rng = np.random.default_rng([settings.seed, 0])
    width = settings.motif_width
    consensus: list[np.ndarray] = []
    while len(consensus) < N_MOTIFS:
        drawn = rng.integers(0, 4, width)
        if all((drawn != other).sum() > width // 2 for other in consensus):
            consensus.append(drawn)
    motifs = np.full((N_MOTIFS, width, 4), (1 - settings.conservation) / 3)
    for motif, letters in zip(motifs, consensus, strict=True):
        motif[np.arange(width), letters] = settings.conservation

    effects = np.zeros((N_GROUPS, N_MOTIFS))
    for pair, (one, other) in enumerate(combinations(range(N_GROUPS), 2)):
        effects[one, [2 * pair, 2 * pair + 1]] = 1, -1
        effects[other, [2 * pair, 2 * pair + 1]] = -1, 1
    if not settings.conflict:
        effects[:] = effects[0]
    effects *= settings.effect
    effects[:, SHARED] = 2.5 * settings.effect

    present = rng.random((20_000, N_MOTIFS)) < settings.motif_chance
    present[:, SHARED] = False
    offsets = [_offset(present @ effects[group], settings.open_share) for group in range(N_GROUPS)]
    return Grammar(motifs, effects, np.array(offsets))


def _offset(scores: np.ndarray, share: float) -> float:
    low, high = -50.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        if expit(scores + middle).mean() > share:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def make_chromosome(
    grammar: Grammar, tasks: Sequence[Task], settings: GenomeSettings, number: int
) -> tuple[np.ndarray, Elements]:
    """Base codes uint8 (chromosome_length,) of chromosome `number` (from 0), and its elements."""
    rng = np.random.default_rng([settings.seed, 1, number])
    length, spacing, width = settings.chromosome_length, settings.spacing, settings.motif_width
    codes = rng.integers(0, 4, length, dtype=np.uint8)
    n = length // spacing - 2
    jitter = spacing // 6
    centre = (np.arange(n) + 1) * spacing + spacing // 2 + rng.integers(-jitter, jitter + 1, n)

    slots = np.arange(-settings.flank, settings.flank - width + 1, width + 1)
    most = len(slots) // settings.copies
    present = rng.random((n, N_MOTIFS)) < settings.motif_chance
    shared = rng.random(n) < settings.shared_chance
    present[shared] = False
    present[:, SHARED] = shared
    instances = []
    for element in range(n):
        chosen = np.flatnonzero(present[element])
        if len(chosen) > most:  # no room for all: some are left out, and count as absent
            present[element, rng.permutation(chosen)[most:]] = False
            chosen = np.flatnonzero(present[element])
        motif = np.repeat(chosen, settings.copies)
        start = centre[element] + rng.permutation(slots)[: len(motif)]
        instances.append(np.column_stack([start, motif, np.full(len(motif), element)]))
    placed = np.concatenate(instances)
    drawn = rng.random((len(placed), width, 1)) > np.cumsum(grammar.motifs[placed[:, 1]], axis=2)[:, :, :3]
    codes[placed[:, :1] + np.arange(width)] = drawn.sum(axis=2)

    group = np.array([task.group for task in tasks])
    chance = expit(present @ grammar.effects.T + grammar.offsets)[:, group]
    context = rng.integers(0, N_CONTEXTS, n).astype(np.int8)
    active = context[:, None] == np.array([task.context for task in tasks])
    is_open = (rng.random(chance.shape) < chance) & active
    return codes, Elements(centre, present, context, chance, is_open, placed)


def label_chance(
    elements: Elements, tasks: Sequence[Task], n_bins: int, bin_size: int, min_overlap: int
) -> np.ndarray:
    """float32 (n_bins, T): probability, given the sequence alone, that a bin of a task is positive.

    A task's peak around an element's centre is fixed, so that it covers at least `min_overlap` bp of a bin or
    does not; the chance that the peak is there is `open_chance` / 2, as the context is hidden and each is as
    likely. A bin within reach of several elements is positive unless all of them are closed. Labels from
    called peaks differ where the caller's peaks are shifted, wider or narrower than the true ones. The chance
    is unconditional: bins without any positive are left out of the data set later, for all tasks alike.
    """
    missed = np.ones((n_bins, len(tasks)))
    for half in sorted({task.half_width for task in tasks}):
        columns = np.array([t for t, task in enumerate(tasks) if task.half_width == half])
        # every other element, so that the peaks of one pass never meet
        for first in (0, 1):
            rows = np.arange(first, len(elements.centre), 2)
            start, end = elements.centre[rows] - half, elements.centre[rows] + half
            reached = np.flatnonzero(label_bins(start, end, n_bins, bin_size, min_overlap))
            middle = reached * bin_size + bin_size // 2
            nearest = np.clip(np.searchsorted(elements.centre[rows], middle), 1, len(rows) - 1)
            nearest -= middle - elements.centre[rows][nearest - 1] < elements.centre[rows][nearest] - middle
            chance = elements.open_chance[np.ix_(rows[nearest], columns)] / N_CONTEXTS
            missed[np.ix_(reached, columns)] *= 1 - chance
    return (1 - missed).astype(np.float32)


@dataclass(frozen=True)
class TruthFiles:
    """The simulated genome and the truth about it: `fasta`, `groups` (task_id, group), `tasks` (task_id, group,
    context), `rules` (group, motif, effect), `motifs` (motif, position, A, C, G, T), `sites` (motif instances: chrom,
    start, end, motif, strand, element, context, tasks open there), `intervals` (chrom, start, end, task_id: the true
    peaks), `probability` (HDF5, see `label_chance`: float16 (n_bins, T) a chromosome, attributes task_ids, bin_size,
    min_overlap)."""

    fasta: str | os.PathLike
    groups: str | os.PathLike
    tasks: str | os.PathLike
    rules: str | os.PathLike
    motifs: str | os.PathLike
    sites: str | os.PathLike
    intervals: str | os.PathLike
    probability: str | os.PathLike


def simulate(profiles: Sequence[Mapping[str, Any]], settings: GenomeSettings, out: TruthFiles) -> None:
    """Write the genome, the peaks that rows give, and the truth; the same bytes for the same arguments.

    profiles: sheet rows of the tasks as dicts (profile_id, modality, cell_group, peak_mode, peaks: path or
    None). Raises InputError when elements would not fit, and for a row with peaks whose task has no site.
    """
    check(settings)
    tasks = place_tasks(profiles)
    grammar = make_grammar(settings)
    names = np.array([task.task_id for task in tasks])
    half = np.array([task.half_width for task in tasks])
    sites, peaks = [], []
    with (
        whole(out.fasta) as fasta,
        whole(out.probability) as probability,
        open(fasta, "wb") as handle,
        new_hdf5(probability) as truth,
    ):
        truth.attrs.update(
            task_ids=[task.task_id for task in tasks],
            bin_size=settings.bin_size,
            min_overlap=settings.min_overlap,
        )
        for number, chrom in enumerate(settings.chromosomes):
            codes, elements = make_chromosome(grammar, tasks, settings, number)
            _write_sequence(handle, chrom, codes)
            n_bins = len(codes) // settings.bin_size
            chance = label_chance(elements, tasks, n_bins, settings.bin_size, settings.min_overlap)
            truth.create_dataset(
                chrom, data=chance.astype(np.float16), compression="gzip", shuffle=True, fletcher32=True
            )
            element, task = np.nonzero(elements.is_open)
            centre = elements.centre[element]
            peaks.append(pd.DataFrame({
                "chrom": chrom, "start": centre - half[task], "end": centre + half[task],
                "task_id": names[task],
            }))  # fmt: skip
            sites.append(_sites(chrom, elements, names, settings.motif_width))
            log.info("%s: %d elements, %.1f %% of (element, task) open", chrom, len(elements.centre),
                     100 * elements.is_open.mean())  # fmt: skip
    intervals = pd.concat(peaks, ignore_index=True)
    write_table(out.intervals, intervals)
    write_table(out.sites, pd.concat(sites, ignore_index=True).sort_values(["chrom", "start"], kind="stable"))
    write_table(out.groups, pd.DataFrame({"task_id": names, "group": [task.group for task in tasks]}))
    write_table(out.tasks, pd.DataFrame({
        "task_id": names, "group": [task.group for task in tasks],
        "context": [task.context for task in tasks],
    }))  # fmt: skip
    group, motif = np.nonzero(grammar.effects)
    write_table(out.rules, pd.DataFrame({
        "group": group, "motif": [motif_name(m) for m in motif.tolist()], "effect": grammar.effects[group, motif],
    }))  # fmt: skip
    write_table(out.motifs, _motif_table(grammar.motifs))
    for row in profiles:
        if row["peaks"]:
            _write_peaks(row["peaks"], row["profile_id"], intervals, settings.seed)


def check(settings: GenomeSettings) -> None:
    """Raise InputError when elements overlap, hold no motif, or are too few."""
    closest = settings.spacing - 2 * (settings.spacing // 6)
    if closest < CLOSEST:
        raise InputError(
            f"config: simulation.spacing: {settings.spacing} puts peaks on each other; at least 750"
        )
    flank, copies, width = settings.flank, settings.copies, settings.motif_width
    if flank > BROAD_HALF_WIDTH or flank < copies * (width + 1):
        raise InputError(
            f"config: simulation.flank: {flank} bp on either side cannot hold {copies} copies "
            f"of two motifs of {width} bp, or is more than {BROAD_HALF_WIDTH}"
        )
    if settings.chromosome_length < 20 * settings.spacing:
        raise InputError(
            f"config: simulation.chromosome_length: {settings.chromosome_length} bp holds fewer than "
            f"20 elements; at least {20 * settings.spacing}"
        )


def motif_name(number: int) -> str:
    """M01 to M12, and `shared` for the one that opens for all groups."""
    return "shared" if number == SHARED else f"M{number + 1:02d}"


def _motif_table(motifs: np.ndarray) -> pd.DataFrame:
    n, width, _ = motifs.shape
    table = pd.DataFrame(motifs.reshape(-1, 4), columns=list("ACGT")).round(6)
    table.insert(0, "motif", np.repeat([motif_name(m) for m in range(n)], width))
    table.insert(1, "position", np.tile(np.arange(1, width + 1), n))
    return table


def _sites(chrom: str, elements: Elements, names: np.ndarray, width: int) -> pd.DataFrame:
    start, motif, element = elements.instances.T
    tasks = [",".join(names[row]) or "." for row in elements.is_open]
    return pd.DataFrame({
        "chrom": chrom, "start": start, "end": start + width, "motif": [motif_name(m) for m in motif.tolist()],
        "strand": "+", "element": [f"{chrom}:{centre}" for centre in elements.centre[element]],
        "context": elements.context[element],
        "tasks": [tasks[e] for e in element],
    })  # fmt: skip


def _write_sequence(handle: BinaryIO, chrom: str, codes: np.ndarray, width: int = 60) -> None:
    handle.write(f">{chrom}\n".encode())
    letters = BASES[codes]
    full = len(letters) // width * width
    lines = np.full((full // width, width + 1), ord("\n"), np.uint8)
    lines[:, :width] = letters[:full].reshape(-1, width)
    handle.write(lines.tobytes())
    if full < len(letters):
        handle.write(letters[full:].tobytes() + b"\n")


def _write_peaks(path: str, task_id: str, intervals: pd.DataFrame, seed: int) -> None:
    """The true peaks of a task as narrowPeak; signal and p-value are drawn, the summit is the middle."""
    own = intervals[intervals["task_id"] == task_id]
    if own.empty:
        raise InputError(f"{path}: the simulation opens no site for {task_id}; raise simulation.open_share")
    signal = np.random.default_rng([seed, 3, *task_id.encode()]).gamma(8.0, 1.5, len(own)).round(3) + 2
    write_table(path, pd.DataFrame({
        "chrom": own["chrom"], "start": own["start"], "end": own["end"],
        "name": [f"{task_id}_{i}" for i in range(1, len(own) + 1)],
        "score": np.minimum(1000, signal * 25).astype(int),
        "strand": ".", "signal": signal, "p": (signal * 2).round(3), "q": (signal * 1.5).round(3),
        "summit": (own["end"] - own["start"]) // 2,
    }), header=False)  # fmt: skip


def write_table(path: str | os.PathLike, table: pd.DataFrame, header: bool = True) -> None:
    """Tab-separated; gzipped without a date when the name ends in .gz."""
    text = table.to_csv(sep="\t", index=False, header=header).encode()
    with whole(path) as partial:
        partial.write_bytes(gzip.compress(text, 6, mtime=0) if str(path).endswith(".gz") else text)
