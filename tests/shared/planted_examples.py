"""Small planted data for the tests of training: a genome whose bins hold a motif where their label is 1."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import torch

from epigroup.dataset.label_settings import LabelSettings
from epigroup.dataset.shards import SCORED, TRAINS, Shard, write_shard
from epigroup.dataset.summary import summarise_dataset
from epigroup.genome.build import write_genome
from epigroup.genome.codes import open_genome
from epigroup.networks.model_files import ModelInfo, write_models
from epigroup.networks.networks import Network
from epigroup.networks.networks import build_network as network_of_settings
from epigroup.networks.settings import read_network
from epigroup.search import run_trials as trials
from epigroup.training import train_pack as packs
from epigroup.training.batches import Batches, Sequences
from epigroup.training.group_state import TrainedGroup
from epigroup.training.job import TrainingJob
from epigroup.training.settings import RunningSettings, TrainingSettings, read_job
from epigroup.training.trainer import GroupTrainer

SETTINGS = {
    "network": {
        "name": "small",
        "channels": [8, 8, 8],
        "filter_width": 8,
        "pool": 4,
        "dropout": [0.1, 0.1, 0.1],
        "hidden": 16,
        "head": "shared",
    },
    "loss": "bce",
    "focal_gamma": 2.0,
    "total_weight": 0.2,
    "positive_weights": "none",
    "max_positive_weight": 100.0,
    "optimiser": "adam",
    "learning_rate": 0.005,
    "momentum": 0.0,
    "weight_decay": 0.0,
    "batch_size": 16,
    "max_steps": 24,
    "validate_every": 6,
    "patience": 3,
    "precision": "fp32",
    "device": "cpu",
    "reverse_complement": True,
    "jitter": 0,
    "sampling": "none",
    "keep": "group",
    "packing": "sequential",
    "layout": "channels_last",
    "balancing": "none",
    "loss_scale": "mean",
    "schedule": "constant",
    "warm_up": 0,
    "averaging": 0.0,
    "resume": True,
    "checkpoint_seconds": 1e9,
    "progress_seconds": 1e9,
    "pack_memory_mb": 1000,
    "tensorboard": 0,
}
DILATED = {
    "name": "dilated",
    "channels": [8],
    "filter_width": 11,
    "pool": 4,
    "dropout": [0.1],
    "hidden": 16,
    "head": "shared",
    "dilated_blocks": 4,
}
WINDOW, BIN = 301, 200
# as the records of files name them -> as these tests do
FILES = {
    "genome": "genome_h5", "dataset": "dataset_json", "shards": "shard_paths", "groups": "groups_tsv",
    "rates": "rates_tsv", "warm": "warm_model", "teacher": "teacher_h5", "model": "model_out", "curves": "curves_out",
    "checkpoints": "checkpoint_dir", "choices": "choices_dir", "events": "events_dir", "coarse": "coarse_tsvs",
    "trials": "out",
}  # fmt: skip
LEFT = (WINDOW - BIN) // 2


def label_settings(bin_size: int, window: int, min_overlap: int, **own) -> LabelSettings:
    """Settings of labels, completed as a config's are."""
    completed = {
        "training_regions": "any_peak", "negatives_share": 0.5, "evaluation_regions": "any_peak",
        "max_n_fraction": 1.0, "seed": 1,
    }  # fmt: skip
    return LabelSettings(bin_size, window, min_overlap, **completed | own)


def settings(cfg: dict) -> TrainingSettings:
    """The record of SETTINGS, or of others like them."""
    return read_job({key: value for key, value in cfg.items() if key != "layout_here"})[0]


def running(cfg: dict) -> RunningSettings:
    """What of such settings says how a job runs."""
    return read_job({key: value for key, value in cfg.items() if key != "layout_here"})[1]


def build_network(network: dict, n_tasks: int, window: int) -> Network:
    """`networks.build_network` of settings as a mapping."""
    return network_of_settings(read_network(network), n_tasks, window)


def training_job(train: Batches, validation: Batches, cfg: dict, seed: int, **more) -> TrainingJob:
    """A job of settings as a mapping, in which `layout_here` names the layout of activations."""
    if "layout_here" in cfg:
        more["layout"] = cfg["layout_here"]
    return TrainingJob(train, validation, settings(cfg), seed, **more)


def make_trainer(
    tasks: list[str],
    columns: list[int],
    train: Batches,
    validation: Batches,
    cfg: dict,
    seed: int,
    *,
    kind: type[GroupTrainer] = GroupTrainer,
    label: str = "x",
    termination=None,
    **more,
) -> GroupTrainer:
    """A trainer of settings as a mapping."""
    ended = {} if termination is None else {"termination": termination}
    return kind(tasks, columns, training_job(train, validation, cfg, seed, **ended), label=label, **more)


def train_groups(
    groups: dict, train: Batches, validation: Batches, task_ids: list[str], seed: int, cfg: dict, **more
) -> dict[int, TrainedGroup]:
    """`train_pack.train_groups` with settings as a mapping."""
    job = training_job(train, validation, cfg, seed)
    return packs.train_groups(groups, task_ids, job, running(cfg), **more)


def files_of(kind: type, arguments: dict) -> tuple:
    """The record of files, of their paths by name, and what is left of the arguments."""
    names = {field: FILES[field] for field in kind.__dataclass_fields__}
    left = {key: value for key, value in arguments.items() if key not in names.values()}
    return kind(**{field: arguments[name] for field, name in names.items() if name in arguments}), left


def train_pack(*, cfg: dict, **arguments) -> None:
    """`train_pack.train_pack` with its files among the arguments, as JSON can hold them."""
    files, left = files_of(packs.PackFiles, arguments)
    packs.train_pack(files, cfg, **left)


def run_trials(**arguments) -> None:
    """`run_trials.run_trials` with its files, and which trials it runs, among the arguments."""
    files, left = files_of(trials.TrialFiles, arguments)
    part = {key: left.pop(key) for key in trials.TrialPart.__dataclass_fields__ if key in left}
    trials.run_trials(files, trials.TrialPart(**part), **left)


@dataclass
class Genome:
    """The part of epigroup.genome.codes.Genome that training reads."""

    chromosomes: dict[str, np.ndarray]

    @property
    def sizes(self) -> dict[str, int]:
        return {chrom: len(codes) for chrom, codes in self.chromosomes.items()}

    def codes(self, chrom: str) -> np.ndarray:
        return self.chromosomes[chrom]


@dataclass
class Examples:
    chrom: np.ndarray
    start: np.ndarray
    labels: np.ndarray
    signal: np.ndarray | None = None


def plant(
    n: int, n_tasks: int, seed: int, rate: float | list[float] = 0.3, motif_seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Codes of one chromosome of n bins, and labels bool (n, n_tasks): each task has a motif of its own."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, n * BIN, dtype=np.uint8)
    labels = rng.random((n, n_tasks)) < rate
    motifs = np.random.default_rng(motif_seed).integers(0, 4, (n_tasks, 10), dtype=np.uint8)
    for bin_, task in zip(*np.nonzero(labels), strict=True):
        # places of ten tasks within the bin do not meet
        place = bin_ * BIN + 20 * task + rng.integers(0, 10)
        codes[place : place + 10] = motifs[task]
    return codes, labels


def pack(labels: np.ndarray) -> np.ndarray:
    return np.packbits(labels, axis=1, bitorder="little")


def splits(n: int = 160, n_tasks: int = 4, seed: int = 3, **options) -> tuple[Batches, Batches, list[str]]:
    """Training (3/4) and validation batches and the task ids."""
    codes, labels = plant(n, n_tasks, seed, **options)
    sequences = Sequences(Genome({"chrA": codes}), ["chrA"], WINDOW)
    cut = n * 3 // 4
    parts = []
    for first, end in ((0, cut), (cut, n)):
        start = (BIN * np.arange(first, end)).astype(np.int32)
        parts.append(
            Batches(
                sequences, Examples(np.zeros(end - first, np.int16), start, pack(labels[first:end])), LEFT
            )
        )
    return parts[0], parts[1], [f"task{i}" for i in range(n_tasks)]


def write_files(folder: Path, n: int = 160, n_tasks: int = 4, seed: int = 3, **options) -> dict:
    """The same as files (genome.h5, a shard a split, dataset.json): keyword arguments for train_pack."""
    task_ids = tuple(f"task{i}" for i in range(n_tasks))
    text, starts, labels = [], {}, {}
    for i, (chrom, bins) in enumerate((("chrTrain", n), ("chrVal", n // 3), ("chrTest", n // 3))):
        codes, labels[chrom] = plant(bins, n_tasks, seed + i, motif_seed=seed, **options)
        text.append(f">{chrom}\n" + "".join("ACGT"[code] for code in codes))
        starts[chrom] = (BIN * np.arange(bins)).astype(np.int32)
    (folder / "genome.fa").write_text("\n".join(text) + "\n")
    write_genome(folder / "genome.fa", folder / "genome.h5", assembly="toy", chromosomes=list(starts))
    genome = open_genome(folder / "genome.h5")
    shards = []
    for chrom in starts:
        shards.append(folder / f"{chrom}.h5")
        bins = len(starts[chrom])
        shard = Shard(
            chrom,
            genome.sizes[chrom],
            BIN,
            WINDOW,
            50,
            "toy",
            genome.fasta_sha256,
            task_ids,
            {},
            starts[chrom],
            pack(labels[chrom]),
            labels[chrom].sum(0),
            np.full(bins, TRAINS | SCORED["any_peak"], np.uint8),
        )
        write_shard(shards[-1], shard)
    span = {"start": 0, "end": None}
    summarise_dataset(
        shards,
        folder / "dataset.json",
        splits={
            "train": "rest",
            "rule": "window",
            "validation": [{"chrom": "chrVal", **span}],
            "test": [{"chrom": "chrTest", **span}],
        },
        task_ids=task_ids,
    )
    return {"genome_h5": folder / "genome.h5", "dataset_json": folder / "dataset.json", "shard_paths": shards}


def write_groups(path: Path, groups: dict[int, list[str]]) -> Path:
    rows = [f"{task}\t{group}\n" for group, tasks in groups.items() for task in tasks]
    path.write_text("task_id\tgroup\n" + "".join(rows))
    return path


def read_otherwise(folder: Path, files: dict) -> None:
    """Make the genome of `write_files` one with other codes of the same text, as other code would read it."""
    genome, fasta = Path(files["genome_h5"]), folder / "genome.fa"
    before = open_genome(genome)
    fasta.write_text(fasta.read_text().replace("AC", "CA"))
    write_genome(fasta, genome, assembly="toy", chromosomes=list(before.sizes))
    with h5py.File(genome, "r+") as store:
        store.attrs["fasta_sha256"] = np.bytes_(before.fasta_sha256)


def pack_arguments(
    folder: Path, files: dict, *, name: str, pack: int = 0, n_packs: int = 1, cfg: dict = SETTINGS, **more
) -> dict:
    """Arguments of train_pack, as JSON can hold them: groups.tsv in `folder`, results NAME.* there."""
    paths = {k: [*map(str, v)] if isinstance(v, list) else str(v) for k, v in files.items()}
    return {
        **paths,
        "groups_tsv": str(folder / "groups.tsv"),
        "pack": pack,
        "n_packs": n_packs,
        "seed": 1,
        "cfg": cfg,
        "threads": 1,
        "code": "c0de",
        "model_out": str(folder / f"{name}.safetensors"),
        "curves_out": str(folder / f"{name}.curves.tsv"),
        "checkpoint_dir": str(folder / "checkpoints"),
        **more,
    }


def run_pack(folder: Path, files: dict, **options) -> Path:
    """Train a pack of files in this process; the path of its models."""
    arguments = pack_arguments(folder, files, **options)
    train_pack(**arguments)
    return Path(arguments["model_out"])


def write_pack(path, groups, *, seed=1, dataset_hash="d", network=SETTINGS["network"]):
    torch.manual_seed(seed)
    task_ids = sorted(task for tasks in groups.values() for task in tasks)
    weights = {g: build_network(network, len(t), 301).state_dict() for g, t in groups.items()}
    zeros = dict.fromkeys(groups, 0)
    info = ModelInfo(
        groups=groups,
        network=network,
        window=301,
        bin_size=200,
        dataset_hash=dataset_hash,
        genome_sha256="g",
        seed=seed,
        code="c",
        settings=SETTINGS,
        precision="fp32",
        task_ids=task_ids,
        best_step=zeros,
        validation_loss=zeros,
    )
    write_models(path, info, weights)
    return weights
