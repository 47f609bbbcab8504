"""A bundle scores what the run's networks score, without the library, and runs in the programs of others."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import torch
import yaml
from captum.attr import IntegratedGradients
from safetensors.torch import load_file, save_file
from tangermeme.deep_lift_shap import deep_lift_shap
from tangermeme.predict import predict
from tangermeme.saturation_mutagenesis import saturation_mutagenesis

from epigroup.bundle import standalone
from epigroup.bundle.networks import LINKS, Member
from epigroup.bundle.write_bundle import BundleSettings, write_bundle
from epigroup.core.errors import InputError
from epigroup.evaluation.metrics import HIGHEST, LOWEST
from epigroup.networks.losses import LOSSES
from epigroup.networks.model_files import read_info
from epigroup.prediction.predict import ScoringSettings, predict_split
from epigroup.run.bundle import FILES
from planted_examples import SETTINGS, WINDOW, run_pack, write_files, write_groups

GROUPS = {0: ["task3", "task0"], 1: ["task2"]}
NETWORKS = {
    "small": SETTINGS["network"],
    "deepsea": {
        "name": "deepsea", "channels": [8, 8], "filter_width": 6, "pool": 3, "dropout": [0.1, 0.1], "hidden": 16,
    },
    "private": {key: value for key, value in SETTINGS["network"].items() if key != "hidden"}
    | {"head": "private", "private_hidden": 4},
    "dilated": {
        "name": "dilated", "channels": [8], "filter_width": 9, "pool": 4, "dropout": [0.1], "hidden": 16,
        "dilated_blocks": 2,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    files = write_files(folder)
    write_groups(folder / "groups.tsv", GROUPS)
    return folder, files


def trained(data, name, *, seed=1, **changes):
    """Model files of two packs, of networks trained a few steps."""
    folder, files = data
    cfg = SETTINGS | {"max_steps": 6} | changes
    return [
        str(
            run_pack(
                folder,
                files,
                cfg=cfg,
                name=f"{name}{i}",
                pack=i,
                n_packs=2,
                seed=seed,
                groups_tsv=folder / "groups.tsv",
            )
        )
        for i in range(2)
    ]


def metrics(path, tasks):
    columns = {"task_id": tasks, "threshold": 0.3, "test_f1": 0.5, "test_f1_low": 0.4, "test_f1_high": 0.6}
    columns |= {"test_auprc": [0.25, np.nan, 0.75][: len(tasks)]}
    pd.DataFrame(columns).to_csv(path, sep="\t", index=False)
    return path


def bundled(data, out, members, *, weighting="", onnx=True, weights=None, both_strands=True):
    folder, files = data
    out.mkdir(parents=True, exist_ok=True)
    tasks = ("task0", "task2", "task3")
    wanted = FILES | ({"onnx": "model.onnx"} if onnx else {})
    outputs = {what: str(out / name) for what, name in wanted.items()}
    inputs = {
        "genome": files["genome_h5"], "dataset": files["dataset_json"], "shards": files["shard_paths"],
        "metrics": metrics(folder / "metrics.tsv", tasks), **({"weights": weights} if weights else {}),
    }  # fmt: skip
    cfg = BundleSettings(
        "KMTL", (), tasks, weighting, both_strands, "toy", "cc-by-4.0", "Made for a test.", onnx, "a run",
        {"validation": [{"chrom": "chrVal"}], "test": [{"chrom": "chrTest", "start": 10, "end": 2000}]},
    )  # fmt: skip
    write_bundle(inputs, outputs, cfg, members)
    return out


@pytest.fixture(scope="module")
def bundle(data, tmp_path_factory):
    models = trained(data, "small")
    member = Member("KMTL", tuple(models), ("task0", "task2", "task3"))
    return bundled(data, tmp_path_factory.mktemp("bundle"), [member]), models


def test_it_scores_the_test_split_as_the_run(bundle, data, tmp_path):
    """All examples, not only those that lie in the bundle: the float16 of predictions."""
    folder, models = bundle
    scoring = ScoringSettings(7, both_strands=True, device="cpu")
    predict_split(models, **data[1], split="test", out=tmp_path / "test.h5", scoring=scoring)
    with h5py.File(tmp_path / "test.h5") as store:
        run = store["probability"][:][:, [0, 2, 3]]
        start = store["start"][:]
    model = standalone.load(folder)
    assert model.tasks == ["task0", "task2", "task3"]
    test = load_file(folder / "test.safetensors")
    rows = np.linspace(0, len(start) - 1, len(test["score"])).round().astype(int)
    np.testing.assert_allclose(test["score"].numpy(), run[rows], atol=1e-3)
    with torch.inference_mode():
        assert (model(test["sequence"].float()) - test["score"]).abs().max() <= 1e-5


@pytest.mark.parametrize("name", ["deepsea", "private", "dilated"])
@pytest.mark.parametrize("both_strands", [True, False])
def test_every_network_and_head(data, tmp_path, name, both_strands):
    """`write_bundle` holds its code against the run's networks itself; the file that is shipped does so again."""
    models = trained(data, f"{name}{both_strands}", network=NETWORKS[name])
    member = Member("KMTL", tuple(models), ("task0", "task2", "task3"))
    folder = bundled(data, tmp_path / "b", [member], onnx=False, both_strands=both_strands)
    assert not (folder / "model.onnx").exists()
    assert standalone.check(folder, standalone.load(folder)) <= 1e-5


def test_it_runs_where_the_library_is_not(bundle, tmp_path):
    folder, _ = bundle
    sequence = "ACGTN" * 400
    (tmp_path / "w.fa").write_text(f">a one\n{sequence[:900]}\n{sequence[900:]}\n>b\n{sequence.lower()}\n")
    code = (
        "import sys; sys.modules['epigroup'] = None; sys.argv = ['model.py', *sys.argv[2:]]; import runpy; "
    )
    code += f"runpy.run_path({str(folder / 'model.py')!r}, run_name='__main__')"

    def run(*words):
        command = [sys.executable, "-I", "-c", code, "-", *words]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    checked = run("--check")
    assert checked.returncode == 0 and "largest difference" in checked.stdout, checked.stderr
    scored = run("w.fa")
    lines = [line.split("\t") for line in scored.stdout.splitlines()]
    assert lines[0] == ["name", "task0", "task2", "task3"] and [line[0] for line in lines[1:]] == ["a", "b"]
    assert lines[1][1:] == lines[2][1:]
    (tmp_path / "short.fa").write_text(">c\nACGT\n")
    refused = run("short.fa")
    assert refused.returncode and "c: has 4 bp, and the model reads" in refused.stderr


def test_onnxruntime_scores_the_same_for_any_number_of_windows(bundle):
    folder, _ = bundle
    onnx.checker.check_model(onnx.load(folder / "model.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    test = load_file(folder / "test.safetensors")
    for n in (1, 5, len(test["score"])):
        [found] = session.run(None, {"sequence": test["sequence"][:n].float().numpy()})
        np.testing.assert_allclose(found, test["score"][:n].numpy(), atol=1e-5)


def test_tangermeme_and_captum_explain_it(bundle):
    """Attributions add up to the difference of the outputs, as their definitions have it."""
    folder, _ = bundle
    model = standalone.load(folder)
    test = load_file(folder / "test.safetensors")
    whole = torch.nonzero(test["sequence"].sum(1).eq(1).all(1))[:2, 0]  # tangermeme takes no N
    x = test["sequence"][whole].float()
    scores = predict(model, x, device="cpu", verbose=False)
    torch.testing.assert_close(scores, test["score"][whole], atol=1e-5, rtol=0)
    with torch.no_grad():
        change = model.logits(x) - model.logits(torch.zeros_like(x))
    found, delta = IntegratedGradients(model.logits).attribute(
        x, torch.zeros_like(x), target=1, n_steps=200, return_convergence_delta=True
    )
    assert delta.abs().max() < 0.02 * max(1, change[:, 1].abs().max())
    mutated = saturation_mutagenesis(model.logits, x, start=40, end=44, target=0, device="cpu", verbose=False)
    assert mutated.shape[0] == 2
    explained = deep_lift_shap(
        model.logits,
        x,
        target=2,
        n_shuffles=2,
        device="cpu",
        random_state=1,
        warning_threshold=1e-3,
        verbose=False,
    )
    assert explained.shape == x.shape and torch.isfinite(explained).all()


def test_an_average_is_that_of_its_definition(data, tmp_path):
    """Log-odds summed with weights, then the map of each task; a task that one member does not know is the other's.
    Members are of other seeds and networks."""
    folder, _ = data
    first = trained(data, "first")
    second = trained(data, "second", learning_rate=0.01, seed=2, network=NETWORKS["dilated"])
    table = pd.DataFrame(
        {"fitted_on": "all", "task_id": ["task0", "task2", "task3"], "positives": 9, "counted": 1}
    )
    table["slope"], table["intercept"] = [1.1, 0.9, 1.0], [0.2, -0.1, 0.0]
    table["weight:A"], table["weight:B"] = 0.25, 0.75
    table.to_csv(tmp_path / "weights.tsv", sep="\t", index=False)
    # B is one pack alone: it does not know task2
    members = [
        Member("A", tuple(first), ("task0", "task2", "task3")),
        Member("B", (second[0],), ("task0", "task3")),
    ]
    out = bundled(
        data, tmp_path / "b", members, weighting="fitted", onnx=False, weights=tmp_path / "weights.tsv"
    )
    model = standalone.load(out)
    x = load_file(out / "test.safetensors")["sequence"].float()

    def logit(models):
        member = [Member("KMTL", tuple(models), ())]
        tasks = ("task0", "task2", "task3") if len(models) > 1 else ("task0", "task3")
        alone = bundled_alone(data, tmp_path / f"alone{len(models)}", member, tasks)
        with torch.inference_mode():
            p = standalone.load(alone)(x).double().clamp(LOWEST, HIGHEST)
        return torch.log(p) - torch.log1p(-p)

    a, b = logit(first), logit(second[:1])
    z = torch.stack([0.25 * a[:, 0] + 0.75 * b[:, 0], a[:, 1], 0.25 * a[:, 2] + 0.75 * b[:, 1]], 1)
    expected = torch.sigmoid(z * torch.tensor([1.1, 0.9, 1.0]) + torch.tensor([0.2, -0.1, 0.0]))
    with torch.inference_mode():
        torch.testing.assert_close(model(x).double(), expected, atol=1e-5, rtol=0)
    assert "weighted mean of 2 members (A, B), on the scale of log-odds, with weights found" in card_of(out)
    table["weight:A"] = table["weight:B"] = 0.5
    table.to_csv(tmp_path / "equal.tsv", sep="\t", index=False)
    (tmp_path / "e").mkdir()
    (tmp_path / "e/model.onnx").write_text("of networks before these")
    even = bundled(
        data, tmp_path / "e", members, weighting="equal", onnx=False, weights=tmp_path / "equal.tsv"
    )
    assert "the mean of 2 members (A, B), on the scale of log-odds, mapped" in card_of(even)
    assert not (even / "model.onnx").exists()
    with pytest.raises(InputError, match=r"weights\.tsv: is of other tasks or members"):
        renamed = [replace(members[0], name="C"), members[1]]
        bundled(
            data, tmp_path / "c", renamed, weighting="fitted", onnx=False, weights=tmp_path / "weights.tsv"
        )


def card_of(folder):
    return (folder / "README.md").read_text()


def bundled_alone(data, out, members, tasks):
    folder, files = data
    out.mkdir(exist_ok=True)
    outputs = {what: str(out / name) for what, name in FILES.items()}
    inputs = {
        "genome": files["genome_h5"], "dataset": files["dataset_json"], "shards": files["shard_paths"],
        "metrics": metrics(folder / "alone.tsv", list(tasks)),
    }  # fmt: skip
    cfg = BundleSettings(
        "ONE",
        (),
        tasks,
        "",
        True,
        "toy",
        "mit",
        "",
        False,
        "a run",
        {"validation": "rest", "test": "rest"},
    )
    write_bundle(inputs, outputs, cfg, members)
    return out


def test_the_card_says_what_a_reader_needs(bundle, data):
    folder, models = bundle
    text = (folder / "README.md").read_text()
    head = yaml.safe_load(text.split("---\n")[1])
    assert head["license"] == "cc-by-4.0" and head["library_name"] == "pytorch"
    found = {one["type"]: one["value"] for one in head["model-index"][0]["results"][0]["metrics"]}
    assert found == {"f1": 0.5, "auprc": 0.5}
    info = read_info(models[0])
    for words in (
        "Made for a test.", "chrTest:10-2,000", "chrVal", "toy", "| task2 | 0.5000 (0.4000 to 0.6000) | not known |",
        info.dataset_hash[:16], "`model.onnx`", "Not for medical use",
    ):  # fmt: skip
        assert words in text, words
    told = json.loads((folder / "config.json").read_text())
    assert told["thresholds"] == [0.3, 0.3, 0.3]
    kipoi = yaml.safe_load((folder / "model.yaml").read_text())
    assert kipoi["schema"]["targets"]["column_labels"] == ["task0", "task2", "task3"]
    assert kipoi["schema"]["inputs"]["shape"] == [4, WINDOW]


def test_kipois_class_scores_arrays(bundle):
    folder, _ = bundle
    code = "import model, numpy as np; from safetensors.numpy import load_file; t = load_file('test.safetensors'); "
    code += "s = model.KipoiModel().predict_on_batch(t['sequence'].astype('float32')); "
    code += "assert abs(s - t['score']).max() <= 1e-5"
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)


def test_the_code_that_is_shipped_imports_torch_and_safetensors_alone():
    text = Path(standalone.__file__).read_text()
    imported = {
        line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))
    }
    assert imported - set(sys.stdlib_module_names) == {"torch", "safetensors", "model"} - {"model"}
    assert "epigroup" not in text


def test_every_loss_has_its_link():
    x = torch.linspace(-3, 3, 7)
    assert set(LINKS) == set(LOSSES)
    for name, link in LINKS.items():
        torch.testing.assert_close(standalone.LINKS[link](x), LOSSES[name].mean(x))
    assert (standalone.LOWEST, standalone.HIGHEST) == (LOWEST, HIGHEST)


def test_windows_of_another_length_and_other_formats_are_refused(bundle, tmp_path):
    folder, _ = bundle
    with pytest.raises(ValueError, match=r"shape \(N, 4, \d+\) are wanted, and these are \(1, 4, 7\)"):
        standalone.load(folder)(torch.zeros(1, 4, 7))
    told = json.loads((folder / "config.json").read_text()) | {"format": 99}
    (tmp_path / "config.json").write_text(json.dumps(told))
    save_file(load_file(folder / "model.safetensors"), tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="format 99"):
        standalone.load(tmp_path)


def test_scores_of_signals_are_held_against_their_size():
    expected = torch.tensor([[0.5, 2000.0]])
    assert standalone.difference(expected + torch.tensor([[2e-6, 2e-3]]), expected) <= standalone.FARTHEST
    assert standalone.difference(expected + torch.tensor([[2e-5, 0.0]]), expected) > standalone.FARTHEST
    assert standalone.difference(expected * torch.tensor([[1.0, 1.0001]]), expected) > standalone.FARTHEST
    assert not standalone.difference(torch.tensor([[torch.nan, 1.0]]), expected) <= standalone.FARTHEST
