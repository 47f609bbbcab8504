"""A data set of three short chromosomes, one a split, and predictions of it, for tests of strata and baselines."""

from pathlib import Path

import h5py
import numpy as np

from epigroup.dataset.dataset import open_dataset
from epigroup.dataset.labels import pack
from epigroup.dataset.shards import SCORED, TRAINS, Shard, write_shard
from epigroup.dataset.summary import summarise_dataset
from epigroup.genome.build import write_genome
from epigroup.genome.codes import open_genome

WINDOW, BIN = 301, 200
CHROMOSOMES = ("chrTrain", "chrVal", "chrTest")
EVALUATION = {"min_validation_positives": 10, "regions": "all_mappable", "interval_draws": 50, "seed": 1}


def rich_and_poor(bins: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(codes of `bins` bins, GC share aimed at in each): every bin has a GC share of its own."""
    aim = rng.uniform(0.25, 0.75, bins)
    gc = rng.random((bins, BIN)) < aim[:, None]
    strand = rng.integers(0, 2, (bins, BIN))
    return np.where(gc, 1 + strand, 3 * strand).astype(np.uint8).reshape(-1), aim


def write_files(folder: Path, task_ids, label, bins: int = 600, seed: int = 3) -> dict:
    """genome.h5, shards and dataset.json; `label(aim, rng)` gives the labels bool (bins, T) of a chromosome."""
    text, labels = [], {}
    for i, chrom in enumerate(CHROMOSOMES):
        rng = np.random.default_rng([seed, i])
        codes, aim = rich_and_poor(bins, rng)
        labels[chrom] = label(aim, rng)
        text.append(f">{chrom}\n" + "".join(np.array(list("ACGT"))[codes]))
    (folder / "genome.fa").write_text("\n".join(text) + "\n")
    write_genome(folder / "genome.fa", folder / "genome.h5", assembly="toy", chromosomes=list(labels))
    genome, shards = open_genome(folder / "genome.h5"), []
    for chrom, mine in labels.items():
        shards.append(folder / f"{chrom}.h5")
        start = (BIN * np.arange(bins)).astype(np.int32)
        role = np.full(bins, TRAINS | SCORED["all_mappable"], np.uint8)
        size, sha = genome.sizes[chrom], genome.fasta_sha256
        shard = Shard(
            chrom,
            size,
            BIN,
            WINDOW,
            50,
            "toy",
            sha,
            tuple(task_ids),
            {},
            start,
            pack(mine),
            mine.sum(0),
            role,
        )
        write_shard(shards[-1], shard)
    span = {"start": 0, "end": None}
    where = {"validation": [{"chrom": "chrVal", **span}], "test": [{"chrom": "chrTest", **span}]}
    rule = {"train": "rest", "rule": "window", **where}
    summarise_dataset(shards, folder / "dataset.json", splits=rule, task_ids=list(task_ids))
    return {"genome_h5": folder / "genome.h5", "dataset_json": folder / "dataset.json", "shard_paths": shards}


def write_predictions(path: Path, files: dict, split: str, scores: np.ndarray) -> Path:
    """Scores (N, T) of a split's bins as a predictions file."""
    dataset = open_dataset(files["dataset_json"], files["shard_paths"])
    bins = dataset.split(split, dataset.evaluation_regions[-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as store:
        store["probability"], store["labels"] = scores.astype(np.float16), bins.labels
        store["chrom"], store["start"] = bins.chrom, bins.start
        store.attrs.update(
            dataset_hash=dataset.dataset_hash,
            split=split,
            task_ids=list(dataset.task_ids),
            chromosomes=list(dataset.chromosomes),
        )
    return path


def write_groups(path: Path, task_ids) -> Path:
    path.write_text("task_id\tgroup\n" + "".join(f"{task}\t0\n" for task in task_ids))
    return path
