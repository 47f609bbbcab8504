"""A small genome with peaks of eleven tasks: its sizes, splits and settings of labels, and a shard made of it."""

import numpy as np

from epigroup.dataset.make_shard import ShardSources, make_shard
from epigroup.dataset.summary import summarise_dataset
from epigroup.genome.build import write_genome
from epigroup.peaks.standard import standardise_peaks
from planted_examples import label_settings

SIZES = {"chr1": 40_130, "chr2": 30_000, "chr3": 20_000}
BIN, WINDOW, OVERLAP = 200, 1001, 50
SPLIT = {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}], "train": "rest", "rule": "window"}
TASKS = [f"t{i}" for i in range(11)]


def label(folder, paths, out, chrom, **options):
    sources = ShardSources(folder / "g.h5", TASKS, paths, options.pop("index", None))
    make_shard(sources, out, chrom, label_settings(BIN, WINDOW, OVERLAP, **options))


def write_labelled(folder):
    """A genome with a run of N, peaks of 11 tasks and the data set of these in a folder: the paths of the peaks and of
    the shards, and the labels by the definition, {chromosome: bool (n_bins, 11)}."""
    rng = np.random.default_rng(5)
    letters = {c: rng.choice(list("ACGT"), n) for c, n in SIZES.items()}
    letters["chr1"][12_000:14_000] = "N"
    (folder / "g.fa").write_text("".join(f">{c}\n{''.join(s)}\n" for c, s in letters.items()))
    write_genome(folder / "g.fa", folder / "g.h5", assembly="toy")
    truth = {c: np.zeros((n // BIN, len(TASKS)), bool) for c, n in SIZES.items()}
    paths = []
    for t, task in enumerate(TASKS):
        rows = []
        for chrom, size in SIZES.items():
            for start in rng.integers(0, size - 400, 12 if t else 3):
                end = start + int(rng.integers(20, 400))
                rows.append(f"{chrom}\t{start}\t{end}\n")
                for b in range(size // BIN):
                    truth[chrom][b, t] |= min(end, (b + 1) * BIN) - max(start, b * BIN) >= OVERLAP
        rng.shuffle(rows)
        (folder / f"{task}.bed").write_text("".join(rows))
        standardise_peaks(folder / f"{task}.bed", folder / f"{task}.safetensors", SIZES, SIZES)
        paths.append(folder / f"{task}.safetensors")
    shards = [folder / f"{c}.h5" for c in SIZES]
    for chrom, shard in zip(SIZES, shards, strict=True):
        label(folder, paths, shard, chrom)
    summarise_dataset(shards, folder / "dataset.json", splits=SPLIT, task_ids=TASKS)
    return paths, shards, truth
