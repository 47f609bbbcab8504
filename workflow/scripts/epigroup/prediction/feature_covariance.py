"""How the hidden features of a network vary over training examples: their mean and covariance."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import new_hdf5, write_arrays
from epigroup.dataset.with_genome import open_with_genome
from epigroup.networks.model_files import check_dataset, load_network, read_pack_infos
from epigroup.networks.networks import Network
from epigroup.training.batches import Batches
from epigroup.training.devices import choose_device
from epigroup.training.open_data import load_splits

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CovarianceSettings:
    """Over how many training examples, drawn with `seed`, features vary, and how many are passed at a time."""

    examples: int
    seed: int
    batch_size: int


def hidden_features(
    network: Network, batches: Batches, rows: np.ndarray, batch_size: int, precision: str
) -> Iterable[torch.Tensor]:
    """Features (n, hidden) float32 of the examples `rows`, forward strand, a batch after the other; the
    network is put in evaluation mode."""
    network.eval()
    device = batches.sequences.device
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    for part in torch.from_numpy(rows).to(device).split(batch_size):
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
            features = network.features(batches.one_hot(part, dtype))
        yield features.float()


def mean_and_covariance(parts: Iterable[torch.Tensor]) -> tuple[np.ndarray, np.ndarray, int]:
    """Mean float64 (d,), centred covariance float64 (d, d) (divided by n) and n of rows that come in parts.

    Parts are merged by Chan, Golub & LeVeque 1983, so that nothing is lost where means are large.
    """
    remaining = iter(parts)
    n, mean, products = _moments(next(remaining))
    for part in remaining:
        count, own, squares = _moments(part)
        step = own - mean
        products += squares + torch.outer(step, step) * (n * count / (n + count))
        mean += step * (count / (n + count))
        n += count
    return mean.cpu().numpy(), (products / n).cpu().numpy(), n


def _moments(part: torch.Tensor) -> tuple[int, torch.Tensor, torch.Tensor]:
    """Number of rows (n, d), their mean float64 (d,), and the products float64 (d, d) of what they differ from it."""
    rows = part.double()
    mean = rows.mean(0)
    centred = rows - mean
    return len(rows), mean, centred.T @ centred


def draw_examples(n: int, examples: int, seed: int) -> np.ndarray:
    """int64, ascending: at most `examples` of n, drawn without repetition; all when there are no more."""
    if n <= examples:
        return np.arange(n)
    return np.sort(np.random.default_rng([seed, 4]).choice(n, examples, replace=False))


def measure_hidden(
    model_paths: Sequence[str | os.PathLike],
    genome_h5: str | os.PathLike,
    dataset_json: str | os.PathLike,
    shard_paths: Sequence[str | os.PathLike],
    out: str | os.PathLike,
    settings: CovarianceSettings,
    *,
    device: str = "auto",
    threads: int = 1,
    data: str = "memory",
) -> None:
    """Write covariance.h5 of a strategy's one network: `covariance` float64 (hidden, hidden) and `mean`
    float64 (hidden,) of its hidden features over training examples; attributes n, example_seed, and seed and
    dataset_hash as in heads.h5. `data` "disk": genome and labels are pages of files.

    InputError: several networks, private hidden layers, a network of another data set or genome, features
    that are not finite.
    """
    torch.set_num_threads(threads)
    chosen = choose_device(device)  # first: a missing GPU must not show after minutes of reading
    infos = read_pack_infos(model_paths)
    if infos[0].network.get("head", "shared") != "shared":
        raise InputError(
            f"{model_paths[0]}: each task has hidden features of its own; "
            "let heads_from name a strategy with network.head shared"
        )
    n_networks = sum(len(info.groups) for info in infos)
    if n_networks != 1:
        raise InputError(
            f"{model_paths[0]}: the strategy has {n_networks} networks, each with hidden features of its "
            "own; let heads_from name a strategy whose grouping has a single group"
        )
    dataset, genome = open_with_genome(genome_h5, dataset_json, shard_paths)
    check_dataset(model_paths, infos, dataset.dataset_hash, str(dataset_json))
    (batches,) = load_splits(dataset, genome, ["train"], chosen, data)
    rows = draw_examples(len(batches), settings.examples, settings.seed)
    # the weights that E is read from: those of the group's best validation, whatever steps serve its tasks
    path, info = next((path, info) for path, info in zip(model_paths, infos, strict=True) if info.groups)
    network = load_network(path, info, next(iter(info.groups))).to(chosen)
    mean, covariance, n = mean_and_covariance(
        hidden_features(network, batches, rows, settings.batch_size, info.precision)
    )
    if not np.isfinite(covariance).all():
        raise InputError(f"{model_paths[0]}: hidden features are not finite; the training diverged")
    with whole(out) as partial, new_hdf5(partial) as handle:
        write_arrays(handle, {"covariance": covariance, "mean": mean})
        handle.attrs.update(n=n, example_seed=settings.seed, seed=info.seed, dataset_hash=info.dataset_hash)
    logger.info(
        "%d hidden features over %s of %s training examples, %d of them without variance",
        len(mean), f"{n:,}", f"{len(batches):,}", int((covariance.diagonal() == 0).sum()),
    )  # fmt: skip
