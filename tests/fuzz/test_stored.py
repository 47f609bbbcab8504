"""Files that the workflow stores, cut, with flipped bits, or with other contents: refused, or what they
were."""

import json
import pickle
import random
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from epigroup.core.text_files import read_json
from epigroup.dataset.dataset import open_dataset
from epigroup.dataset.shards import read_shard
from epigroup.evaluation.bootstrap import read_auprc_draws, read_blocks
from epigroup.evaluation.predictions import evaluate_strategy, open_predictions
from epigroup.genome.codes import open_genome
from epigroup.grouping.read_inputs import read_head_table
from epigroup.networks.head_weights import write_heads
from epigroup.networks.model_files import load_network, read_info, read_pack_infos
from epigroup.peaks.standard import fetch_standard, standardise_peaks
from epigroup.prediction.predict import ScoringSettings, predict_split
from epigroup.training.checkpoints import Snapshots, read_checkpoint, write_checkpoint
from mutation import BYTES, outcome, spoilt
from planted_examples import SETTINGS, pack_arguments, train_pack, write_files, write_groups

TASKS = [f"task{i}" for i in range(4)]
DAMAGE = r"damaged|cut|not a whole|not a model|not the|version|differs|do(es)? not|has no|lack|is no|holds|where|another|data set"


def plain(value):
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if isinstance(value, np.ndarray):
        return value.astype(str).tolist()
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def predictions(path, about):
    with open_predictions(path, TASKS, read_json(about), "any_peak", "test") as found:
        rows = [(scores, labels) for _, scores, labels in found.rows()]
        return plain([rows, found.places()])


def genome(path):
    opened = open_genome(path)
    return [opened.assembly, opened.fasta_sha256, {c: bytes(opened.codes(c)).hex() for c in opened.sizes}]


def models(path):
    info = read_info(path)
    networks = [load_network(path, info, group).state_dict() for group in info.groups]
    return plain([str(info), networks])


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """One small run from a genome to scores by block."""
    folder = tmp_path_factory.mktemp("stored")
    files = write_files(folder, rate=0.9)
    write_groups(folder / "groups.tsv", {0: TASKS})
    cfg = SETTINGS | {"max_steps": 6, "keep": "task"}
    train_pack(**pack_arguments(folder, files, name="pack0", cfg=cfg))
    model, about = folder / "pack0.safetensors", files["dataset_json"]
    for split in ("validation", "test"):
        predict_split([model], **files, split=split, out=folder / f"{split}.h5", scoring=ScoringSettings(16))
    write_heads([model], folder / "heads.h5")
    evaluate_strategy(
        folder / "validation.h5", folder / "test.h5", folder / "groups.tsv", about, folder / "metrics.tsv",
        folder / "blocks.h5", {"tasks": TASKS, "min_validation_positives": 1, "regions": "any_peak", "interval_draws": 10, "seed": 1},
    )  # fmt: skip
    (folder / "peaks.bed").write_text("".join(f"chrTrain\t{s}\t{s + 90}\n" for s in range(0, 30_000, 700)))
    sizes = open_genome(files["genome_h5"]).sizes
    standardise_peaks(folder / "peaks.bed", folder / "peaks.safetensors", sizes, sizes)
    checkpoint = folder / "checkpoint.pt"
    write_checkpoint(checkpoint, {"weights": load_file(model), "step": 3, "name": "x" * 200})
    snapshots = Snapshots(folder / "snap.pt", 0)
    snapshots.add(5, {"w": torch.arange(400.0).view(20, 20), "b": torch.ones(7)})

    def snapshot(path):
        shutil.copyfile(path, folder / "snap.group0.step5.safetensors")
        return plain(snapshots.read(5))

    shards = [Path(shard) for shard in files["shard_paths"]]
    return folder, {
        "genome.h5": genome,
        "chrTrain.h5": lambda path: plain(vars(read_shard(path))),
        "peaks.safetensors": lambda path: plain([fetch_standard(path, chrom) for chrom in sizes]),
        "pack0.safetensors": models,
        "heads.h5": lambda path: plain(vars(read_head_table(path, TASKS))),
        "test.h5": lambda path: predictions(path, about),
        "blocks.h5": lambda path: plain(
            [{k: v for k, v in vars(read_blocks(path)).items() if k != "path"}, read_auprc_draws(path)]
        ),
        "checkpoint.pt": lambda path: plain(read_checkpoint(path)),
        "snap.group0.step5.safetensors": snapshot,
        "dataset.json": lambda path: plain(vars(open_dataset(path, shards))),
    }


FORMATS = [
    "genome.h5", "chrTrain.h5", "peaks.safetensors", "pack0.safetensors", "heads.h5", "test.h5", "blocks.h5", "checkpoint.pt",
    "dataset.json",
]  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_spoilt_files(tmp_path, tried, stored, name):
    """Whatever happens to their bytes, readers give what was written or refuse by name."""
    folder, readers = stored
    good = (folder / name).read_bytes()
    path, read = tmp_path / name, readers[name]
    expected = read(folder / name)
    for what, bad in spoilt(good, BYTES, 6, 31):
        found = tried.read(path, f"{name} {what}", bad, lambda: read(path), DAMAGE)
        assert found is None or found == expected, f"{name} {what}"


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "dataset.json"])
def test_a_flipped_bit_anywhere(tmp_path, tried, stored, name):
    """One bit of a binary file, at fifty places over its length: never another content."""
    folder, readers = stored
    good = (folder / name).read_bytes()
    path, read = tmp_path / name, readers[name]
    expected, rng = read(folder / name), random.Random(name)
    refused = 0
    for part in range(50):
        at = rng.randrange(part * len(good) // 50, (part + 1) * len(good) // 50)
        bad = good[:at] + bytes([good[at] ^ 1 << rng.randrange(8)]) + good[at + 1 :]
        found = tried.read(path, f"{name} byte {at}", bad, lambda: read(path), DAMAGE)
        assert found is None or found == expected, (
            f"{name}: a flipped bit in byte {at} of {len(good)} gives other values"
        )
        refused += found is None
    assert refused > 10


def test_damaged_snapshots_raise_what_training_waits_for(tmp_path, tried, stored):
    from epigroup.training.checkpoints import DAMAGED

    folder, _ = stored
    name = "snap.group0.step5.safetensors"
    good = (folder / name).read_bytes()
    snapshots = Snapshots(folder / "snap.pt", 0)
    expected = plain(snapshots.read(5))
    for what, bad in spoilt(good, BYTES, 5, 33):
        (folder / name).write_bytes(bad)
        tried.inputs += 1
        try:
            assert plain(snapshots.read(5)) == expected, what
        except DAMAGED:
            tried.refused += 1
    (folder / name).write_bytes(good)


def edit_hdf5(source, target, change):
    shutil.copyfile(source, target)
    with h5py.File(target, "r+") as store:
        change(store)


def replace_dataset(name, change):
    def edit(store):
        values = store[name][()]
        del store[name]
        store[name] = change(values)

    return edit


EDITS = {
    "genome.h5": {
        "another dtype": replace_dataset("chrTrain", lambda v: v.astype(np.int64)),
        "another shape": replace_dataset("chrTrain", lambda v: v[: len(v) // 2 * 2].reshape(2, -1)),
        "shorter": replace_dataset("chrTrain", lambda v: v[:-10]),
        "codes of another kind": replace_dataset("chrTrain", lambda v: v + 50),
        "a chromosome less": lambda store: store.__delitem__("chrVal"),
        "no checksum": lambda store: store.attrs.__delitem__("crc32"),
        "no assembly": lambda store: store.attrs.__delitem__("assembly"),
        "chromosomes no list": lambda store: store.attrs.__setitem__("chromosomes", np.bytes_(b"{")),
        "an older version": lambda store: store.attrs.__setitem__("format_version", 1),
        "compressed": lambda store: (
            store.__setitem__("old", store["chrTrain"][()]),
            store.__delitem__("chrTrain"),
            store.create_dataset("chrTrain", data=store["old"][()], compression="gzip"),
        ),
    },
    "chrTrain.h5": {
        "labels of another width": replace_dataset("labels", lambda v: np.repeat(v, 2, axis=1)),
        "labels as floats": replace_dataset("labels", lambda v: v.astype(float)),
        "fewer starts": replace_dataset("start", lambda v: v[:-1]),
        "negative starts": replace_dataset("start", lambda v: -v),
        "no roles": lambda store: store.__delitem__("role"),
        "other tasks": replace_dataset("task_ids", lambda v: v[::-1]),
        "no window": lambda store: store.attrs.__delitem__("window"),
        "another window": lambda store: store.attrs.__setitem__("window", 99),
        "no counts": lambda store: store.attrs.__delitem__("counts"),
    },
    "heads.h5": {
        "no E": lambda store: store.__delitem__("E"),
        "E of one dimension": replace_dataset("E", lambda v: v.ravel()),
        "E of fewer rows": replace_dataset("E", lambda v: v[:-1]),
        "no tasks": lambda store: store.__delitem__("task_id"),
        "other tasks": replace_dataset("task_id", lambda v: np.array([b"a", b"b", b"c", b"d"])),
        "E as text": replace_dataset("E", lambda v: np.array([["x"] * v.shape[1]] * len(v), "S")),
        "bias too long": replace_dataset("bias", lambda v: np.append(v, 0)),
    },
    "test.h5": {
        "no probability": lambda store: store.__delitem__("probability"),
        "another dtype": replace_dataset("probability", lambda v: v.astype(np.float64)),
        "a task less": replace_dataset("probability", lambda v: v[:, :-1]),
        "an example less": replace_dataset("labels", lambda v: v[:-1]),
        "another data set": lambda store: store.attrs.__setitem__("dataset_hash", "0" * 64),
        "tasks in another order": lambda store: store.attrs.__setitem__("task_ids", TASKS[::-1]),
        "no tasks": lambda store: store.attrs.__delitem__("task_ids"),
    },
    "blocks.h5": {
        "no tp": lambda store: store.__delitem__("tp"),
        "no size": lambda store: store.attrs.__delitem__("block_size"),
        "tp as text": replace_dataset("tp", lambda v: np.full(v.shape, b"x")),
    },
}


@pytest.mark.parametrize("name, kind", [(name, kind) for name, edits in EDITS.items() for kind in edits])
def test_hdf5_of_another_content(tmp_path, tried, stored, name, kind):
    folder, readers = stored
    path = tmp_path / name
    edit_hdf5(folder / name, path, EDITS[name][kind])
    assert tried.read(path, f"{name}: {kind}", path.read_bytes(), lambda: readers[name](path), DAMAGE) is None


def test_genome_and_shards_of_other_runs_do_not_pass(tmp_path, tried, stored):
    """Each whole, but not of one data set."""
    folder, _ = stored
    other = tmp_path / "other"
    other.mkdir()
    files = write_files(other, seed=9)
    shards = sorted(folder.glob("chr*.h5"))
    for mixed in (
        [files["shard_paths"][0], *shards[1:]],
        shards[:-1],
        [shards[0], *shards],
        [folder / "genome.h5", *shards],
    ):
        tried.inputs += 1
        message = outcome(lambda mixed=mixed: open_dataset(folder / "dataset.json", mixed))[1]
        if mixed != [shards[0], *shards]:  # the same shard twice says nothing new
            assert message is not None and str(folder) in message
            tried.refused += 1


def edited_model(source, path, change):
    """The model with other metadata or tensors, its own checksum of the metadata right again or not."""
    with safe_open(source, "pt") as handle:
        content, tensors = json.loads(handle.metadata()["epigroup"]), load_file(source)
    save_file(tensors, path, {"epigroup": json.dumps(change(content, tensors) or content)})


MODELS = {
    "other groups": lambda c, t: c["about"].update(groups={"0": TASKS[:2]}),
    "another window": lambda c, t: c["about"].update(window=99),
    "another network": lambda c, t: c["about"]["network"].update(hidden=99),
    "no format": lambda c, t: c["about"].pop("format_version"),
    "a later format": lambda c, t: c["about"].update(format_version=99),
    "no checksums": lambda c, t: c.pop("crc32"),
    "a list": lambda c, t: [1],
    "a word": lambda c, t: "x",
    "unknown keys": lambda c, t: c["about"].update(other=1),
    "weights scaled": lambda c, t: t.update({k: v * 2 for k, v in t.items()}),
    "weights lost": lambda c, t: [t.pop(k) for k in sorted(t)[:1]] and None,
    "weights in half precision": lambda c, t: t.update({k: v.half() for k, v in t.items()}),
    "weights of another shape": lambda c, t: t.update({k: v.ravel() for k, v in t.items()}),
    "NaN": lambda c, t: t.update({k: v * float("nan") for k, v in t.items()}),
}


@pytest.mark.parametrize("kind", MODELS)
def test_models_of_another_content(tmp_path, tried, stored, kind):
    folder, readers = stored
    path = tmp_path / "pack0.safetensors"
    edited_model(folder / "pack0.safetensors", path, MODELS[kind])
    assert tried.read(path, kind, path.read_bytes(), lambda: models(path), DAMAGE) is None
    other = outcome(lambda: read_pack_infos([folder / "pack0.safetensors", path]))[1]
    assert other is None or str(path) in other


class Pwn:
    """What a hostile pickle does."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (Path.touch, (self.mark,))


@pytest.mark.parametrize("how", ["torch", "torch in a state", "plain pickle", "a pickle in a zip"])
def test_a_hostile_checkpoint_runs_no_code(tmp_path, tried, caplog, how):
    import zipfile

    mark, path = tmp_path / "pwned", tmp_path / "checkpoint.pt"
    match how:
        case "torch":
            torch.save(Pwn(mark), path)
        case "torch in a state":
            torch.save({"finished": {}, "pack": Pwn(mark)}, path)
        case "plain pickle":
            path.write_bytes(pickle.dumps(Pwn(mark)))
        case _:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("archive/data.pkl", pickle.dumps(Pwn(mark)))
                archive.writestr("archive/version", "3\n")
    tried.inputs += 1
    assert read_checkpoint(path) is None
    tried.refused += 1
    assert not mark.exists() and str(path) in caplog.text and path.with_suffix(".damaged").exists()


@pytest.mark.parametrize("kind", ["genome", "heads", "model", "blocks", "peaks"])
def test_hostile_pickles_are_not_loaded_by_any_reader(tmp_path, tried, stored, kind):
    name = {"genome": "genome.h5", "heads": "heads.h5", "model": "pack0.safetensors", "blocks": "blocks.h5"}
    name = name.get(kind, "peaks.safetensors")
    path, mark = tmp_path / name, tmp_path / "pwned"
    bad = pickle.dumps(Pwn(mark))
    assert tried.read(path, kind, bad, lambda: stored[1][name](path), DAMAGE) is None
    assert not mark.exists()
