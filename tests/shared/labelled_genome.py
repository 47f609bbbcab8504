"""A small genome with peaks of eleven tasks: its sizes, splits and settings of labels, and a shard made of it."""

from epigroup.dataset.make_shard import ShardSources, make_shard
from planted_examples import label_settings

SIZES = {"chr1": 40_130, "chr2": 30_000, "chr3": 20_000}
BIN, WINDOW, OVERLAP = 200, 1001, 50
SPLIT = {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}], "train": "rest", "rule": "window"}
TASKS = [f"t{i}" for i in range(11)]


def label(folder, paths, out, chrom, **options):
    sources = ShardSources(folder / "g.h5", TASKS, paths, options.pop("index", None))
    make_shard(sources, out, chrom, label_settings(BIN, WINDOW, OVERLAP, **options))
