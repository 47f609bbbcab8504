"""The examples of new profiles: as if they had been tasks of the run from the start."""

import numpy as np
import pytest

from epigroup.adopt.describe_profiles import describe_profiles
from epigroup.adopt.extend_shard import extend_shard
from epigroup.core.errors import InputError
from epigroup.core.tables import read_table
from epigroup.dataset.labels import unpack
from epigroup.dataset.make_shard import ShardSources, make_shard
from epigroup.dataset.shards import SCORED, TRAINS, read_shard
from epigroup.dataset.summary import summarise_dataset
from epigroup.peaks.standard import standardise_peaks, write_index
from labelled_genome import BIN, OVERLAP, SIZES, SPLIT, TASKS, WINDOW, write_labelled
from planted_examples import label_settings

OLD, NEW = TASKS[:4], TASKS[4:]


@pytest.fixture(scope="module")
def peaks(tmp_path_factory):
    """A genome with the peaks of eleven tasks, and the index of those of the last seven."""
    folder = tmp_path_factory.mktemp("adopted")
    paths, shards, truth = write_labelled(folder)
    checks = [
        standardise_peaks(folder / f"{task}.bed", folder / f"{task}.safetensors", SIZES, SIZES)
        for task in NEW
    ]
    write_index(folder / "index.json", paths[4:], checks)
    return folder, paths, shards, truth


def made(peaks, folder, **options):
    """Shards of the first four tasks, and their extension by the others, under options of the labels."""
    root, paths, _, _ = peaks
    settings = label_settings(BIN, WINDOW, OVERLAP, **options)
    old, new = [], []
    for chrom in SIZES:
        old.append(folder / f"{chrom}.old.h5")
        new.append(folder / f"{chrom}.h5")
        make_shard(ShardSources(root / "g.h5", OLD, paths[:4]), old[-1], chrom, settings)
        extend_shard(root / "g.h5", old[-1], NEW, paths[4:], root / "index.json", new[-1], settings)
    return old, new


def test_of_bins_with_a_peak_it_is_the_shard_of_all_tasks(peaks, tmp_path):
    """Made at once from the peaks of all, or of some first and of the others after them: the same examples."""
    old, new = made(peaks, tmp_path)
    added = 0
    for before, one, other in zip(old, new, peaks[2], strict=True):
        extended, whole = read_shard(one), read_shard(other)
        assert extended.task_ids == whole.task_ids
        for key in ("start", "labels", "role", "n_peaks"):
            assert np.array_equal(getattr(extended, key), getattr(whole, key)), key
        added += extended.counts["n_added"]
        assert extended.counts["n_added"] == len(extended.start) - len(read_shard(before).start)
    assert added > 50


def test_bins_without_a_peak_stay_those_that_the_run_drew(peaks, tmp_path):
    options = {"training_regions": "mix", "negatives_share": 0.1, "evaluation_regions": "both"}
    old, new = made(peaks, tmp_path, **options)
    became = 0
    for before, one, chrom in zip(old, new, SIZES, strict=True):
        run, extended = read_shard(before), read_shard(one)
        where = dict(zip(extended.start.tolist(), range(len(extended.start)), strict=True))
        rows = [where[start] for start in run.start.tolist()]
        labels = unpack(extended.labels, len(TASKS))
        assert np.array_equal(labels[rows][:, : len(OLD)], unpack(run.labels, len(OLD)))
        new_positive = labels[:, len(OLD) :].any(axis=1)
        # whatever the run left a bin out for, a peak makes it an example of everything
        assert (extended.role[new_positive] == TRAINS | sum(SCORED.values())).all()
        others = np.array(rows)[~new_positive[rows]]
        assert np.array_equal(extended.role[others], run.role[~new_positive[rows]])
        assert set(np.flatnonzero(~new_positive).tolist()) <= set(rows)
        became += int((new_positive[rows] & (run.role & TRAINS == 0)).sum())
        assert (peaks[3][chrom][extended.start // BIN][:, 4:] == labels[:, 4:]).all()
    assert became > 0


def test_what_cannot_be_used_is_counted_and_no_example(peaks, tmp_path):
    black = tmp_path / "black.bed"
    black.write_text("chr1\t0\t20000\n")
    _, new = made(peaks, tmp_path, blacklist=str(black))
    shard = read_shard(new[0])
    assert (shard.start >= 20_000).all()
    assert shard.counts["n_positive_lost"] == peaks[3]["chr1"][:100, 4:].any(axis=1).sum() > 0


def test_a_shard_of_another_genome_is_refused(peaks, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    write_labelled(other)
    (other / "g.fa").write_text((other / "g.fa").read_text().replace("A", "C", 1))
    from epigroup.genome.build import write_genome

    write_genome(other / "g.fa", other / "g.h5", assembly="toy")
    root, paths, shards, _ = peaks
    with pytest.raises(InputError, match="of another genome"):
        extend_shard(
            other / "g.h5", shards[0], NEW, paths[4:], root / "index.json", tmp_path / "x.h5",
            label_settings(BIN, WINDOW, OVERLAP),
        )  # fmt: skip
    assert not (tmp_path / "x.h5").exists()


def test_positives_are_counted_by_split_and_too_few_are_refused_by_name(peaks, tmp_path):
    old, new = made(peaks, tmp_path)
    data = {}
    for name, shards, tasks in (("old", old, OLD), ("new", new, TASKS)):
        data[name] = tmp_path / f"{name}.json"
        summarise_dataset(shards, data[name], splits=SPLIT | {"rule": "bin"}, task_ids=tasks)
    out = tmp_path / "profiles.tsv"
    describe_profiles(data["old"], old, data["new"], new, out, tasks=NEW, least={"train": 1})
    table = read_table(out).set_index(["task_id", "split"])
    for split, chrom in (("train", "chr1"), ("validation", "chr2"), ("test", "chr3")):
        known = peaks[3][chrom][:, :4].any(axis=1)
        for i, task in enumerate(NEW, start=4):
            own = peaks[3][chrom][:, i]
            row = table.loc[(task, split)]
            assert (row["n_positives"], row["n_added"]) == (own.sum(), (own & ~known).sum())
    least = int(table.xs("validation", level="split")["n_positives"].max())
    with pytest.raises(InputError) as refused:
        describe_profiles(data["old"], old, data["new"], new, out, tasks=NEW, least={"validation": least})
    few = [task for task in NEW if table.loc[(task, "validation")]["n_positives"] < least]
    assert few and all(f"{task}: " in str(refused.value) for task in few)
    assert "adopt.min_positives" in str(refused.value)
