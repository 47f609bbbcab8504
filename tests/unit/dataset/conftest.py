"""A data set made from peaks, which tests leave as they find it."""

import numpy as np
import pytest

from epigroup.dataset.summary import summarise_dataset
from epigroup.genome.build import write_genome
from epigroup.peaks.standard import standardise_peaks
from labelled_genome import BIN, OVERLAP, SIZES, SPLIT, TASKS, label


@pytest.fixture(scope="session")
def labelled(tmp_path_factory):
    """A genome with a run of N, peaks of 11 tasks, the shards, and the labels by the definition."""
    folder = tmp_path_factory.mktemp("labelled")
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
    return folder, paths, shards, truth
