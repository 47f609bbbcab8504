"""Scores of bins and regions are those of each task's own network; models and data that do not fit are refused."""

from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pyBigWig
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.dataset.dataset import open_dataset
from epigroup.genome.codes import open_genome
from epigroup.networks.model_files import load_network, read_info, write_models
from epigroup.prediction.predict import ScoringSettings, predict_split, score
from epigroup.prediction.regions import mean_by_base, predict_regions
from epigroup.training.batches import Sequences
from planted_examples import BIN, SETTINGS, WINDOW, run_pack, write_files, write_groups

GROUPS = {0: ["task3", "task0"], 1: ["task2"]}  # task1 is not learnt


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    files = write_files(folder)
    write_groups(folder / "groups.tsv", GROUPS)
    cfg = SETTINGS | {"max_steps": 6}
    models = [run_pack(folder, files, cfg=cfg, name=f"pack{i}", pack=i, n_packs=2) for i in range(2)]
    return folder, files, models


def test_scores_are_those_of_each_task_s_own_network(trained, tmp_path):
    folder, files, models = trained
    predict_split(
        models, **files, split="test", out=tmp_path / "test.h5", scoring=ScoringSettings(7, device="cpu")
    )
    codes = torch.from_numpy(np.array(open_genome(files["genome_h5"]).codes("chrTest")))
    left = (WINDOW - BIN) // 2
    padded = F.pad(codes, (left, WINDOW), value=4).long()
    dataset = open_dataset(files["dataset_json"], files["shard_paths"])
    with h5py.File(tmp_path / "test.h5") as handle:
        scores, start = handle["probability"][:], handle["start"][:]
        assert scores.dtype == np.float16
        assert handle.attrs["dataset_hash"] == dataset.dataset_hash
        assert list(handle.attrs["task_ids"]) == list(dataset.task_ids)
        assert {dataset.chromosomes[i] for i in handle["chrom"]} == {"chrTest"}
        np.testing.assert_array_equal(handle["labels"], dataset.split("test").labels)
    x = torch.stack([F.one_hot(padded[s : s + WINDOW], 5)[:, :4].T.float() for s in start])
    expected = np.full(scores.shape, np.nan)
    for group, pack in ((0, 0), (1, 1)):
        network = load_network(models[pack], read_info(models[pack]), group)
        with torch.inference_mode():
            probability = torch.sigmoid(network(x)).numpy()
        for column, task in enumerate(sorted(GROUPS[group])):
            expected[:, int(task[-1])] = probability[:, column]
    assert np.isnan(scores[:, 1]).all()
    np.testing.assert_allclose(scores, expected, atol=1e-3)


def test_models_of_another_data_set_are_refused(trained, tmp_path):
    _, files, models = trained
    info = replace(read_info(models[0]), dataset_hash="other", groups={})
    write_models(tmp_path / "alien.safetensors", info, {})
    with pytest.raises(InputError, match="trained on another data set"):
        predict_split(
            [tmp_path / "alien.safetensors"],
            **files,
            split="test",
            out=tmp_path / "x.h5",
            scoring=ScoringSettings(7),
        )
    assert not (tmp_path / "x.h5").exists()


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_shard_is_neither_trained_on_nor_scored(trained, tmp_path, damage):
    folder, files, models = trained
    data = bytearray(files["shard_paths"][0].read_bytes())
    with h5py.File(files["shard_paths"][0]) as store:
        chunk = store["labels"].id.get_chunk_info(0)
    data[chunk.byte_offset + chunk.size // 2] ^= 4
    spoilt = tmp_path / "chrTrain.h5"
    spoilt.write_bytes(data if damage == "flipped" else data[: len(data) // 2])
    broken = {**files, "shard_paths": [spoilt, *files["shard_paths"][1:]]}
    out = tmp_path / "model.safetensors"
    with pytest.raises(InputError, match=r"chrTrain\.h5: the shard is damaged"):
        run_pack(tmp_path, broken, name="model", groups_tsv=folder / "groups.tsv")
    with pytest.raises(InputError, match=r"chrTrain\.h5: the shard is damaged"):
        predict_split(models, **broken, split="test", out=tmp_path / "test.h5", scoring=ScoringSettings(7))
    assert not out.exists() and not (tmp_path / "test.h5").exists()


def test_a_task_in_two_groups_is_refused(trained, tmp_path):
    _, files, models = trained
    info = replace(read_info(models[1]), groups={9: ["task0"]})
    write_models(tmp_path / "twice.safetensors", info, {})
    with pytest.raises(InputError, match="'task0' is in the groups 0 and 9"):
        predict_split(
            [models[0], tmp_path / "twice.safetensors"],
            **files,
            split="test",
            out=tmp_path / "x.h5",
            scoring=ScoringSettings(7),
        )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), min_size=1, max_size=12))
def test_overlapping_regions_are_averaged_base_by_base(regions):
    start = np.array([s for s, _ in regions])
    end = start + np.array([width for _, width in regions])
    scores = np.random.default_rng(len(regions)).random(len(regions))
    got = np.full(60, np.nan)
    last = 0
    for s, e, value in zip(*mean_by_base(start, end, scores), strict=True):
        assert s >= last and e > s
        last = e
        got[s:e] = value
    for base in range(60):
        over = scores[(start <= base) & (base < end)]
        assert got[base] == pytest.approx(over.mean()) if len(over) else np.isnan(got[base])


def test_regions_get_the_scores_of_the_bins_they_are(trained, tmp_path):
    folder, files, models = trained
    predict_split(
        models, **files, split="test", out=tmp_path / "test.h5", scoring=ScoringSettings(50, device="cpu")
    )
    with h5py.File(tmp_path / "test.h5") as handle:
        start, expected = handle["start"][:], handle["probability"][:].astype(np.float32)
    # rows in an order of their own, and regions of another width around the same middle
    rows = np.random.default_rng(0).permutation(len(start))
    wide = [0 if i % 2 else 60 for i in range(len(rows))]
    lines = [
        f"chrTest\t{max(start[r] - w, 0)}\t{start[r] + BIN + min(w, start[r])}\tr{r}\n"
        for r, w in zip(rows, wide)
    ]
    (tmp_path / "regions.bed").write_text("".join(lines))
    tasks = ["task0", "task2", "task3"]
    for source in (
        {"genome_h5": files["genome_h5"], "fasta": None},
        {"genome_h5": None, "fasta": folder / "genome.fa"},
    ):
        predict_regions(
            models,
            regions_bed=tmp_path / "regions.bed",
            table_out=tmp_path / "scores.tsv.gz",
            bigwig_out={task: tmp_path / f"{task}.bw" for task in tasks},
            scoring=ScoringSettings(11, device="cpu"),
            **source,
        )
        table = pd.read_csv(tmp_path / "scores.tsv.gz", sep="\t")
        assert list(table.columns) == ["chrom", "start", "end", "name", *tasks]
        assert list(table["name"]) == [f"r{r}" for r in rows]
        np.testing.assert_allclose(table[tasks], expected[rows][:, [0, 2, 3]], atol=1e-3)
    track = pyBigWig.open(str(tmp_path / "task2.bw"))
    middle = int(start[5]) + BIN // 2
    assert track.values("chrTest", middle, middle + 1)[0] == pytest.approx(expected[5, 2], abs=1e-3)
    assert track.chroms("chrTest") == open_genome(files["genome_h5"]).sizes["chrTest"]


def test_scores_are_what_the_output_means_under_the_loss(trained):
    """One network read under two losses: probabilities p, and rates p / (1 - p)."""
    _, files, models = trained
    genome = open_genome(files["genome_h5"])
    sequences = Sequences(genome, ["chrTest"], WINDOW)
    positions = sequences.positions(np.zeros(9, int), np.arange(9) * BIN)
    info = read_info(models[0])
    network = load_network(models[0], info, 0)
    read = {}
    for loss in ("bce", "poisson"):
        as_if = replace(info, settings=info.settings | {"loss": loss})
        parts = score(network, sequences, positions, 4, as_if, both_strands=False)
        read[loss] = np.concatenate([values for _, values in parts])
    np.testing.assert_allclose(read["poisson"], read["bce"] / (1 - read["bce"]), rtol=1e-5)


def reverse_complement(sequence: str) -> str:
    return sequence[::-1].translate(str.maketrans("ACGT", "TGCA"))


@pytest.mark.parametrize("form", [{}, {"head": "private", "private_hidden": 5}])
def test_both_strands_score_a_window_as_its_reverse_complement(trained, tmp_path, form):
    folder, files, _ = trained
    cfg = SETTINGS | {"max_steps": 6, "network": SETTINGS["network"] | form}
    write_groups(tmp_path / "groups.tsv", {0: ["task0", "task1", "task2", "task3"]})
    model = run_pack(tmp_path, files, cfg=cfg, name="pack0")
    rng = np.random.default_rng(4)
    windows = ["".join(rng.choice(list("ACGT"), WINDOW)) for _ in range(20)]
    windows += [reverse_complement(window) for window in windows]
    (tmp_path / "windows.fa").write_text("".join(f">w{i}\n{w}\n" for i, w in enumerate(windows)))
    # the region whose window is the contig
    middle = (WINDOW - BIN) // 2 + BIN // 2
    lines = [f"w{i}\t{middle - 1}\t{middle + 1}\n" for i in range(len(windows))]
    (tmp_path / "windows.bed").write_text("".join(lines))

    def scores(both_strands: bool) -> np.ndarray:
        predict_regions(
            [model], tmp_path / "windows.bed", fasta=tmp_path / "windows.fa",
            table_out=tmp_path / "scores.tsv.gz", bigwig_out={},
            scoring=ScoringSettings(7, both_strands, device="cpu"),
        )  # fmt: skip
        table = pd.read_csv(tmp_path / "scores.tsv.gz", sep="\t")
        return table[[f"task{i}" for i in range(4)]].to_numpy()

    one, both = scores(False), scores(True)
    assert np.abs(one[:20] - one[20:]).max() > 1e-3
    np.testing.assert_allclose(both[:20], both[20:], rtol=1e-5)
    np.testing.assert_allclose(both[:20], (one[:20] + one[20:]) / 2, rtol=1e-5)

    for name, both_strands in (("one", False), ("both", True)):
        scoring = ScoringSettings(50, both_strands, device="cpu")
        predict_split([model], **files, split="test", out=tmp_path / f"{name}.h5", scoring=scoring)
    with h5py.File(tmp_path / "one.h5") as first, h5py.File(tmp_path / "both.h5") as second:
        assert np.abs(first["probability"][:] - second["probability"][:]).max() > 1e-3


def test_regions_of_no_sequence_are_not_scored(trained, tmp_path):
    _, _, models = trained
    (tmp_path / "regions.bed").write_text("chrTest\t0\t200\n")
    with pytest.raises(ValueError, match="neither a FASTA nor a genome.h5"):
        predict_regions(
            models, tmp_path / "regions.bed", table_out=tmp_path / "scores.tsv.gz", bigwig_out={},
            scoring=ScoringSettings(11, device="cpu"),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "says"), [("chr99\t0\t200", "chr99"), ("chrTest\t0\t{past}", "beyond the end")]
)
def test_regions_off_the_genome_are_refused(trained, tmp_path, row, says):
    """Every row of the file has a row of scores: none is passed over or cut by a base, as peaks would be."""
    _, files, models = trained
    past = open_genome(files["genome_h5"]).sizes["chrTest"] + 1
    (tmp_path / "regions.bed").write_text(f"chrTest\t0\t200\n{row.format(past=past)}\n")
    with pytest.raises(InputError, match=rf"regions.bed, line 2: .*{says}"):
        predict_regions(
            models,
            tmp_path / "regions.bed",
            genome_h5=files["genome_h5"],
            table_out=tmp_path / "scores.tsv.gz",
            bigwig_out={},
            scoring=ScoringSettings(11),
        )
    assert not (tmp_path / "scores.tsv.gz").exists()
