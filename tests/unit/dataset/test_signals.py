"""Quantitative targets: from bigWigs into shards and out of the loader, trained on, and what is refused."""

import json
import math

import h5py
import numpy as np
import pytest
import torch

from bigwig_files import by_base, write_bigwig
from epigroup.config.settings import complete_config
from epigroup.config.sheet import read_sheet
from epigroup.core.errors import InputError
from epigroup.dataset.dataset import open_dataset
from epigroup.dataset.label_correlation import correlate_labels
from epigroup.dataset.make_shard import ShardSources, make_shard
from epigroup.dataset.shards import read_shard
from epigroup.dataset.signals import check_signals, read_signals
from epigroup.dataset.summary import summarise_dataset
from epigroup.genome.build import write_genome
from epigroup.genome.codes import open_genome
from epigroup.peaks.standard import standardise_peaks
from epigroup.training.batches import Batches, Sequences
from planted_examples import label_settings

SIZES = {"chr1": 60_130, "chr2": 20_000, "chr3": 20_000}
BIN, TASKS = 200, ("a", "b", "c")
SPLIT = {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}], "train": "rest", "rule": "bin"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Shards with signals of three tasks, log1p, the same without, and the means by the definition."""
    folder = tmp_path_factory.mktemp("signals")
    rng = np.random.default_rng(3)
    text = "".join(f">{c}\n{''.join(rng.choice(list('ACGT'), n))}\n" for c, n in SIZES.items())
    (folder / "g.fa").write_text(text)
    write_genome(folder / "g.fa", folder / "g.h5", assembly="toy")
    peaks, signals, means = [], [], {c: [] for c in SIZES}
    for task in TASKS:
        rows = [
            f"{c}\t{s}\t{s + 300}\n" for c, n in SIZES.items() for s in rng.integers(0, n - 300, n // 1500)
        ]
        (folder / f"{task}.bed").write_text("".join(rows))
        standardise_peaks(folder / f"{task}.bed", folder / f"{task}.safetensors", SIZES, SIZES)
        peaks.append(folder / f"{task}.safetensors")
        entries = {}
        for chrom, size in SIZES.items():
            edges = np.unique(rng.integers(0, size, size // 90))
            entries[chrom] = [(a, b, rng.gamma(1, 9)) for a, b in zip(edges[::2], edges[1::2], strict=False)]
            means[chrom].append(by_base(size, entries[chrom], BIN))
        signals.append(write_bigwig(folder / f"{task}.bw", SIZES, entries))
    shards = {}
    for kind, read in (("labels", ()), ("signal", signals)):
        shards[kind] = [folder / f"{kind}.{c}.h5" for c in SIZES]
        for chrom, path in zip(SIZES, shards[kind], strict=True):
            sources = ShardSources(folder / "g.h5", TASKS, peaks, signals=read)
            make_shard(sources, path, chrom, label_settings(BIN, 301, 50, signal_transform="log1p"))
        summarise_dataset(shards[kind], folder / f"{kind}.json", splits=SPLIT, task_ids=TASKS)
    return folder, signals, shards, means


def test_shards_hold_the_means_beside_the_labels_they_have_without(made):
    _, _, shards, means = made
    for chrom, plain, path in zip(SIZES, shards["labels"], shards["signal"], strict=True):
        without, shard = read_shard(plain), read_shard(path)
        assert without.signal is None and shard.signal.dtype == np.float16
        for name in ("start", "labels", "role", "n_peaks"):
            assert np.array_equal(getattr(shard, name), getattr(without, name))
        assert shard.content_sha256() != without.content_sha256()
        expected = np.log1p(np.stack(means[chrom], axis=1))[shard.start // BIN]
        assert np.array_equal(shard.signal, expected.astype(np.float16))
    with h5py.File(shards["labels"][0], locking=False) as store:
        assert "signal" not in store and "signal_transform" not in store.attrs


def test_the_loader_serves_signals_as_float32(made):
    folder, _, shards, means = made
    about = json.loads((folder / "signal.json").read_text())
    assert (
        about["signal_transform"] == "log1p"
        and "signal_transform" not in (folder / "labels.json").read_text()
    )
    dataset = open_dataset(folder / "signal.json", shards["signal"])
    assert dataset.targets == "signal"
    for data in ("memory", "disk"):
        examples = dataset.split("validation", data=data)
        batches = Batches(Sequences(open_genome(folder / "g.h5"), dataset.chromosomes, 301), examples, 50)
        found = batches.targets(torch.arange(len(examples)), torch.tensor([2, 0]))
        expected = np.log1p(np.stack(means["chr2"], axis=1))[examples.start // BIN][:, [2, 0]]
        assert found.dtype == torch.float32
        np.testing.assert_array_equal(found.numpy(), expected.astype(np.float16).astype(np.float32))
        ranges = batches.signal_ranges(torch.tensor([2, 0]))
        np.testing.assert_array_equal(ranges, [found.numpy().min(0), found.numpy().max(0)])


def test_shards_of_one_kind_only_make_a_data_set(made, tmp_path):
    folder, _, shards, _ = made
    mixed = [shards["signal"][0], *shards["labels"][1:]]
    with pytest.raises(InputError, match="its signal_transform is not that of"):
        summarise_dataset(mixed, tmp_path / "d.json", splits=SPLIT, task_ids=TASKS)
    with pytest.raises(InputError, match='signal_transform is null, in .* "log1p"'):
        open_dataset(folder / "signal.json", shards["labels"])


def test_the_correlation_of_signals_is_numpys(made, tmp_path):
    folder, _, shards, _ = made
    correlate_labels(folder / "signal.json", shards["signal"], tmp_path / "c.h5")
    signal = open_dataset(folder / "signal.json", shards["signal"]).split("train").signal.astype(np.float64)
    with h5py.File(tmp_path / "c.h5", locking=False) as store:
        np.testing.assert_allclose(store["correlation"][()], np.corrcoef(signal.T), atol=1e-12)


def one_signal(folder, value, transform):
    path = write_bigwig(folder / "s.bw", {"chr1": 1000}, {"chr1": [(200, 400, value)]})
    return read_signals([path], "chr1", np.arange(5), BIN, transform, task_ids=["t"], size=1000)[:, 0]


@pytest.mark.parametrize(
    "value, transform, match",
    [
        (70_000, "none", r"s\.bw \(signal of t\): chr1:200-400 has the mean 70000, .* use .* log1p"),
        (
            -3,
            "log1p",
            r"chr1:200-400 has the mean -3, and dataset\.signal_transform log1p is for signals from 0",
        ),
    ],
)
def test_means_that_cannot_be_stored_are_refused(tmp_path, value, transform, match):
    with pytest.raises(InputError, match=match):
        one_signal(tmp_path, value, transform)


def test_log1p_holds_what_float16_does_not(tmp_path):
    assert one_signal(tmp_path, 70_000, "log1p").tolist() == [0, np.float16(np.log1p(70_000)), 0, 0, 0]
    assert one_signal(tmp_path, -3, "none").tolist() == [0, -3, 0, 0, 0]


@pytest.mark.parametrize("mean", [-70_000.0, -3.0, 1e-3, 70_000.0])
def test_arcsinh_takes_any_mean(tmp_path, mean):
    expected = np.float16(math.copysign(math.log(abs(mean) + math.sqrt(mean**2 + 1)), mean))
    assert one_signal(tmp_path, mean, "arcsinh").tolist() == [0, expected, 0, 0, 0]


def test_signals_of_another_genome_are_refused_by_task(made, tmp_path):
    _, signals, _, _ = made
    paths = dict(zip(TASKS, map(str, signals), strict=True))
    check_signals(paths, SIZES, list(SIZES), tmp_path / "ok.json")
    with pytest.raises(InputError, match=r"column signal of a: .*a\.bw: its chr2 is 20,000 bp long"):
        check_signals(paths, SIZES | {"chr2": 20_001}, list(SIZES), tmp_path / "no.json")
    assert not (tmp_path / "no.json").exists()


HEADER = "profile_id\tmodality\tassay\ttarget\tcell_type\tcell_group\treplicate\tbam\tsignal\tassembly\n"


@pytest.mark.parametrize(
    "rows, match",
    [
        ([("p", "1", "a.bam", "")], "line 2, column signal: is empty; with dataset.targets signal 'p' needs"),
        (
            [("p", "1", "a.bam", "s.bw"), ("p", "2", "b.bam", "t.bw")],
            "line 3, column signal: 't.bw' differs from 's.bw' on line 2; rows of one profile",
        ),
        (
            [("p", "1", "a.bam", "s.bw"), ("q", "1", "b.bam", "s.bw")],
            "line 3, column signal: 's.bw' is that of 'p' already",
        ),
        ([("p", "1", "a.bam", "gone.bw")], "line 2, column signal: there is no file 'gone.bw'"),
    ],
)
def test_a_sheet_whose_signals_are_wrong_is_refused(tmp_path, rows, match):
    lines = [f"{p}\tTFB\tChIP\tCTCF\tK562\tblood\t{n}\t{bam}\t{s}\ttoy\n" for p, n, bam, s in rows]
    (tmp_path / "s.tsv").write_text(HEADER + "".join(lines))
    with pytest.raises(InputError, match=match):
        read_sheet(tmp_path / "s.tsv", exist=lambda path: path != "gone.bw", signals=True)


def test_signals_are_optional_with_labels(tmp_path):
    (tmp_path / "s.tsv").write_text(HEADER + "p\tTFB\tChIP\tCTCF\tK562\tblood\t\ta.bam\t\ttoy\n")
    assert read_sheet(tmp_path / "s.tsv", exist=lambda _: True).profiles["p"].signal is None


BASE = {
    "name": "x",
    "samples": "s.tsv",
    "genome": {"fasta": "g.fa", "assembly": "toy", "chromosomes": ["chr1", "chr2", "chr3"]},
    "dataset": {"targets": "signal"},
    "splits": {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}]},
    "training": {"loss": "mse"},
    "groupings": {"all": {"method": "all"}},
    "strategies": {"SMTL": {"grouping": "all"}},
}


@pytest.mark.parametrize(
    "changes, match",
    [
        ({"training": {"loss": "bce"}}, "training.loss bce is for labels, and dataset.targets is signal"),
        ({"training": {"loss": "focal"}}, "training.loss focal is for labels"),
        ({"dataset": {}}, "training.loss mse is for quantitative targets"),
        (
            {"training": {"loss": "poisson", "positive_weights": 3}},
            "training.positive_weights 3.0 goes by labels",
        ),
        ({"training": {"loss": "mse", "sampling": "balanced"}}, "training.sampling balanced goes by labels"),
        (
            {"dataset": {"signal_transform": "log1p"}, "training": {}},
            "dataset.signal_transform: log1p is for",
        ),
        ({"paper": "shiri2022"}, "paper: shiri2022 learns labels, and dataset.targets is signal"),
        ({"strata": {}}, "strata: is for labels, and dataset.targets is signal; leave it out"),
        ({"simulation": {}}, "the section simulation makes no signals"),
        ({"affinities": {"tag": {"measure": "tag"}}}, "affinities.tag: affinities are worked out for labels"),
    ],
)
def test_what_does_not_go_with_the_targets_is_refused_by_its_key(changes, match):
    complete_config(json.loads(json.dumps(BASE)), "c.yaml")
    with pytest.raises(InputError, match=match):
        complete_config(json.loads(json.dumps(BASE | changes)), "c.yaml")
