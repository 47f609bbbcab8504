"""How well a new profile is predicted from few of its positives, from each start and alone."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.metrics import average_precision_score

from epigroup.adopt.heads import Drawn, Head, draw, fit_head, logistic, thinned
from epigroup.adopt.starts import Start, features_at, starts_of, views
from epigroup.adopt.tables import write_rows
from epigroup.core.logs import Progress
from epigroup.core.settings import read_settings
from epigroup.core.text_files import read_json
from epigroup.dataset.dataset import Dataset, Examples
from epigroup.dataset.with_genome import open_with_genome
from epigroup.genome.bins import window_left
from epigroup.genome.codes import Genome
from epigroup.networks.networks import build_network
from epigroup.training.batches import Batches, Sequences
from epigroup.training.devices import choose_device, prefer_deterministic
from epigroup.training.job import TrainingJob
from epigroup.training.open_data import load_sequences
from epigroup.training.settings import RunningSettings, TrainingSettings
from epigroup.training.train_pack import train_groups

log = logging.getLogger(__name__)

SPLITS = ("train", "validation", "test")
FEW_COLUMNS = (
    "task_id", "seed", "n_positives", "draw", "start", "group", "validation_loss", "test_auprc",
)  # fmt: skip
ALONE = "alone"
# A validation with fewer positives than this says nothing of a penalty.
LEAST_HELD_OUT = 5


@dataclass(frozen=True)
class FewShotSettings:
    """positives: of training examples, ascending; draws: of these, how often; n_negatives, batch_size, both_strands,
    seed: as in `AdoptSettings`; alone: how a network of the new profile alone is trained from scratch."""

    positives: tuple[int, ...]
    draws: int
    n_negatives: int
    batch_size: int
    both_strands: bool
    seed: int
    alone: TrainingSettings


@dataclass(frozen=True)
class FewShotFiles:
    """Read: genome, run_dataset, dataset, shards as in `AdoptFiles`; models: by strategy, its packs of one seed. Made:
    curve."""

    genome: str
    run_dataset: str
    dataset: str
    shards: Sequence[str]
    models: Mapping[str, Sequence[str]]
    curve: str


@dataclass(frozen=True)
class Draw:
    """One draw of few positives: how many there are of training, the number of the draw, and what is left of training
    and validation examples, the latter thinned to the same share."""

    n_positives: int
    number: int
    train: Drawn
    validation: Drawn


@dataclass(frozen=True)
class OneTask:
    """A new profile's examples by split, its labels bool (N,), and the sequences they lie in."""

    dataset: Dataset
    sequences: Sequences
    examples: Mapping[str, Examples]
    labels: Mapping[str, np.ndarray]

    def batches(self, split: str, rows: np.ndarray | slice = slice(None)) -> Batches:
        """Some examples of a split."""
        of_split = self.examples[split]
        some = Examples(of_split.chrom[rows], of_split.start[rows], of_split.labels[rows])
        return Batches(self.sequences, some, window_left(self.dataset.window, self.dataset.bin_size))


def open_task(dataset: Dataset, genome: Genome, task: str, device: torch.device, data: str) -> OneTask:
    """InputError: a task that the data set lacks."""
    column = dataset.task_indices([task])
    examples = {split: dataset.split(split) for split in SPLITS}
    labels = {split: dataset.labels(one, column)[:, 0] for split, one in examples.items()}
    return OneTask(dataset, load_sequences(dataset, genome, device, data), examples, labels)


def draws_of(task: OneTask, settings: FewShotSettings) -> list[Draw]:
    """The draws of each number of positives below all that there are, and one of all."""
    full = {
        split: draw(task.labels[split], settings.n_negatives, np.random.default_rng([settings.seed, number]))
        for number, split in enumerate(SPLITS[:2])
    }
    total, held_out = (int(full[split].labels.sum()) for split in SPLITS[:2])
    found = []
    for n in (n for n in settings.positives if n < total):
        of_validation = max(LEAST_HELD_OUT, round(held_out * n / total))
        for number in range(settings.draws):
            rng = np.random.default_rng([settings.seed, n, number])
            few = thinned(full["train"], n, rng), thinned(full["validation"], of_validation, rng)
            found.append(Draw(n, number, *few))
    left_out = [n for n in settings.positives if n >= total]
    if left_out:
        log.info("%s positives: there are %d in all, which stand for them", left_out, total)
    return [*found, Draw(total, 0, full["train"], full["validation"])]


def test_scores(start: Start, task: OneTask, heads: Sequence[Head], settings: FewShotSettings) -> np.ndarray:
    """float32 (heads, N): probabilities of all test examples, the mean of the strands where both are scored."""
    batches = task.batches("test")
    network = start.network().to(batches.sequences.device)
    weight = np.stack([one.weight for one in heads], axis=1)
    bias = np.array([one.bias for one in heads])
    both = []
    for reverse in views(settings.both_strands):
        parts = features_at(
            network, batches.sequences, batches.positions, settings.batch_size, start.info.precision, reverse
        )
        both.append(np.concatenate([logistic(part @ weight + bias) for part in parts]))
    return np.mean(both, axis=0).T.astype(np.float32)


def heads_of_draws(
    start: Start, task: OneTask, draws: Sequence[Draw], settings: FewShotSettings
) -> list[Head]:
    """The head of each draw on the features of one start."""
    network = start.network().to(task.sequences.device)

    def features(split: str, rows: np.ndarray, reverse: bool = False) -> np.ndarray:
        positions = task.batches(split, rows).positions
        parts = features_at(
            network, task.sequences, positions, settings.batch_size, start.info.precision, reverse
        )
        return np.concatenate(list(parts))

    full = draws[-1]  # all positives, and the negatives of every draw
    train = features("train", full.train.rows)
    held_out = [features("validation", full.validation.rows, one) for one in views(settings.both_strands)]
    found = []
    for one in draws:
        here = np.searchsorted(full.train.rows, one.train.rows)
        there = np.searchsorted(full.validation.rows, one.validation.rows)
        found.append(fit_head(train[here], one.train, [view[there] for view in held_out], one.validation))
    return found


def trained_alone(
    task: OneTask, name: str, one: Draw, settings: FewShotSettings, seed: int
) -> tuple[float, np.ndarray]:
    """Validation loss, and float32 (N,) probabilities of all test examples, of a network of the new profile alone,
    trained from scratch on one draw."""
    told = settings.alone
    trained = train_groups(
        {0: [name]},
        task.dataset.task_ids,
        TrainingJob(
            task.batches("train", one.train.rows), task.batches("validation", one.validation.rows), told, seed
        ),
        RunningSettings(resume=False, checkpoint_seconds=3600, progress_seconds=60),
    )[0]
    network = build_network(told.network, 1, task.dataset.window)
    network.load_state_dict(trained.weights)
    batches = task.batches("test")
    network.eval().to(batches.sequences.device)
    both = []
    for reverse in views(settings.both_strands):
        scores = []
        for part in batches.positions.split(settings.batch_size):
            flipped = torch.ones_like(part, dtype=torch.bool) if reverse else None
            with torch.inference_mode():
                scores.append(torch.sigmoid(network(batches.sequences.one_hot(part, reverse=flipped)))[:, 0])
        both.append(torch.cat(scores).float().cpu().numpy())
    return trained.best_loss, np.mean(both, axis=0)


def measure_few_shot(
    files: FewShotFiles,
    cfg: Mapping[str, Any],
    *,
    task: str,
    seed: int,
    device: str = "auto",
    threads: int = 1,
    data: str = "memory",
) -> None:
    """Write the curve of one new profile and one seed: a row for each number of positives, draw and start.

    Of training examples so many positives are kept, and of validation examples the same share (at least 5); the others
    are left out. Of each strategy's groups the one whose head has the least validation loss is the start, so that this
    choice too is made from few positives. `alone` is a network trained from scratch on the same examples, those without
    a peak drawn as for the heads. Average precision is that of all test examples.

    cfg: `FewShotSettings`. Raises InputError as `adopt_profiles.adopt_profiles`.
    """
    torch.set_num_threads(threads)
    settings = read_settings(FewShotSettings, cfg, "adopt.few_shot")
    chosen = choose_device(device)
    prefer_deterministic(chosen)
    dataset, genome = open_with_genome(files.genome, files.dataset, files.shards)
    one_task = open_task(dataset, genome, task, chosen, data)
    run_hash = read_json(files.run_dataset)["dataset_hash"]
    draws = draws_of(one_task, settings)
    labels = one_task.labels["test"]
    rows: list[tuple] = []
    progress = Progress(log, f"curve of {task}", len(files.models) + len(draws), "starts")
    for strategy, paths in files.models.items():
        starts = starts_of(paths, run_hash, dataset.window)
        heads = [heads_of_draws(start, one_task, draws, settings) for start in starts]
        best = [int(np.argmin([of_start[i].loss for of_start in heads])) for i in range(len(draws))]
        auprc = np.full(len(draws), np.nan)
        for number, start in enumerate(starts):
            served = [i for i, group in enumerate(best) if group == number]
            if served:
                scores = test_scores(start, one_task, [heads[number][i] for i in served], settings)
                auprc[served] = [average_precision_score(labels, score) for score in scores]
        for i, one in enumerate(draws):
            loss = heads[best[i]][i].loss
            rows.append((
                task, seed, one.n_positives, one.number, strategy, starts[best[i]].group, f"{loss:.6f}",
                f"{auprc[i]:.6f}",
            ))  # fmt: skip
        progress.advance()
    for one in draws:
        loss, score = trained_alone(one_task, task, one, settings, seed)
        rows.append((
            task, seed, one.n_positives, one.number, ALONE, 0, f"{loss:.6f}",
            f"{average_precision_score(labels, score):.6f}",
        ))  # fmt: skip
        progress.advance()
    write_rows(files.curve, FEW_COLUMNS, rows)
