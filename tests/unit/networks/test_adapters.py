"""Adapters: the network that they make, what of it is trained, and trainings that stop, go on or share a job."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from balancing_examples import CFG
from epigroup.config.settings import complete_config, training_settings
from epigroup.core.errors import InputError
from epigroup.networks.adapted_layers import trained_weights
from epigroup.networks.adapters import ALPHA, add_adapters, whole_weights
from epigroup.networks.model_files import load_network, read_info, read_weights
from epigroup.networks.settings import read_network
from epigroup.training.balancing import METHODS
from epigroup.training.initial_state import build_optimiser
from epigroup.training.trainer import GroupTrainer
from epigroup.training.warm_start import read_warm_start
from planted_examples import (
    DILATED,
    SETTINGS,
    WINDOW,
    build_network,
    make_trainer,
    run_pack,
    settings,
    splits,
    train_groups,
    write_files,
    write_groups,
)

SHARED = SETTINGS["network"]
PRIVATE = {key: value for key, value in SHARED.items() if key != "hidden"} | {
    "head": "private",
    "private_hidden": 3,
}
FORMS = pytest.mark.parametrize("form", [SHARED, PRIVATE, DILATED], ids=["shared", "private", "dilated"])
TASKS = [f"task{i}" for i in range(4)]
WARM = {"warm_start": "SMTL", "adapter_rank": 2}
LARGE_STEPS = {"learning_rate": 0.02, "max_steps": 24, "validate_every": 6, "patience": 9}


pytestmark = pytest.mark.usefixtures("one_thread")


def adapted(form: dict, rank: int, key: int = 5):
    """A network, its state, and the same network with adapters whose factors are all drawn at random."""
    torch.manual_seed(1)
    network = build_network(form, 3, WINDOW)
    start = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    add_adapters(network, rank, key)
    return network, start


def drawn(network):
    """The same network with B drawn at random."""
    for name, weights in network.named_parameters():
        if name.endswith(".up"):
            torch.nn.init.normal_(weights.data)
    return network.eval()


def windows(n: int = 6) -> torch.Tensor:
    codes = torch.from_numpy(np.random.default_rng(0).integers(0, 4, (n, WINDOW)))
    return F.one_hot(codes, 4).permute(0, 2, 1).float()


def weights_of_layers(state: dict) -> dict[str, np.ndarray]:
    """The weights of the trunk as matrices, a row an output."""
    return {
        name: tensor.flatten(1).double().numpy()
        for name, tensor in state.items()
        if name.startswith("trunk.") and name.endswith("weight")
    }


@FORMS
def test_it_begins_as_the_network_and_a_is_drawn_with_variance_one_over_inputs(form):
    network, start = adapted(form, 64)
    plain = build_network(form, 3, WINDOW)
    plain.load_state_dict(start)
    with torch.no_grad():
        assert torch.equal(network.eval()(windows()), plain.eval()(windows()))
    state = network.state_dict()
    drawn_factors = {name: tensor for name, tensor in state.items() if name.endswith(".down")}
    assert len(drawn_factors) == len(weights_of_layers(start))
    for tensor in drawn_factors.values():
        scaled = tensor * math.sqrt(tensor.shape[1])
        assert abs(float(scaled.mean())) < 0.15 and abs(float(scaled.std()) - 1) < 0.1
    again, other = (adapted(form, 64, key)[0].state_dict() for key in (5, 6))
    assert all(torch.equal(tensor, again[name]) for name, tensor in drawn_factors.items())
    assert not any(torch.equal(tensor, other[name]) for name, tensor in drawn_factors.items())


@FORMS
@pytest.mark.parametrize("rank", [1, 3])
def test_the_merged_weights_predict_as_the_adapted_network_does(form, rank):
    network, start = adapted(form, rank)
    drawn(network)
    merged = build_network(form, 3, WINDOW)
    merged.load_state_dict(whole_weights(network))
    with torch.no_grad():
        found = merged.eval()(windows())
        assert torch.equal(found, network(windows()))
    plain = build_network(form, 3, WINDOW)
    plain.load_state_dict(start)
    assert not torch.allclose(found, plain.eval()(windows()))
    state = network.state_dict()
    for name, weights in weights_of_layers(whole_weights(network)).items():
        parts = name.replace("weight", "parametrizations.weight.0")
        up, down = (state[f"{parts}.{factor}"].double().numpy() for factor in ("up", "down"))
        expected = weights_of_layers(start)[name] + ALPHA / rank * up @ down
        np.testing.assert_allclose(weights, expected, rtol=1e-4, atol=1e-5)


def test_layers_are_those_of_the_paper_written_plainly():
    """h = W x + (alpha / r) B A x; of a convolution A is one of r filters, and B one of width 1."""
    network, start = adapted(SHARED, 2)
    drawn(network)
    state = network.state_dict()
    conv, hidden = network.trunk.blocks[4], network.trunk.hidden
    x = torch.randn(3, 8, 1, 30, generator=torch.Generator().manual_seed(2))
    a, b = (state[f"trunk.blocks.4.parametrizations.weight.0.{factor}"] for factor in ("down", "up"))
    apart = F.conv2d(F.conv2d(x, a.view(2, 8, 1, 8)), b[:, :, None, None])
    expected = F.conv2d(x, start["trunk.blocks.4.weight"], start["trunk.blocks.4.bias"]) + 8 / 2 * apart
    torch.testing.assert_close(conv(x), expected, rtol=1e-4, atol=1e-4)
    x = torch.randn(3, hidden.in_features)
    a, b = (state[f"trunk.hidden.parametrizations.weight.0.{factor}"] for factor in ("down", "up"))
    expected = F.linear(x, start["trunk.hidden.weight"], start["trunk.hidden.bias"]) + 8 / 2 * (x @ a.T) @ b.T
    torch.testing.assert_close(hidden(x), expected, rtol=1e-4, atol=1e-4)


@FORMS
@pytest.mark.parametrize("rank", [1, 4])
def test_the_optimiser_has_the_adapters_and_the_heads_alone(form, rank):
    network, _ = adapted(form, rank)
    cfg = SETTINGS | {"network": form, "adapter_rank": rank}
    (group,) = build_optimiser(network, settings(cfg), 0.1).param_groups
    n = sum(weights.numel() for weights in group["params"])
    assert n == trained_weights(read_network(form), WINDOW, 3, rank)
    assert n == sum(
        weights.numel()
        for name, weights in network.named_parameters()
        if name.startswith("head.") or name.endswith((".up", ".down"))
    )
    whole = build_network(form, 3, WINDOW)
    every = sum(weights.numel() for weights in whole.parameters())
    for none in (None, 0):
        assert trained_weights(read_network(form), WINDOW, 3, none) == every


def test_at_full_rank_a_layer_reaches_what_training_it_in_full_does():
    """Least squares by the hidden layer's weights alone, whose minimum is known; below full rank it stays away."""
    network, start = adapted(SHARED, 1)
    layer = network.trunk.hidden
    inputs, outputs = layer.in_features, layer.out_features
    random = torch.Generator().manual_seed(3)
    x = torch.randn(80, inputs, generator=random)
    y = torch.randn(80, outputs, generator=random)
    weight, bias = (start[f"trunk.hidden.{name}"].double() for name in ("weight", "bias"))
    best = torch.linalg.lstsq(x.double(), y.double() - bias).solution
    least = float(((x.double() @ best + bias - y) ** 2).mean())
    before = float(((x.double() @ weight.T + bias - y) ** 2).mean())
    reached = {}
    for rank in (2, max(inputs, outputs)):
        network, _ = adapted(SHARED, rank)
        layer = network.double().trunk.hidden
        trained = [weights for weights in layer.parameters() if weights.requires_grad]
        lbfgs = torch.optim.LBFGS(trained, max_iter=3000, tolerance_grad=1e-12, tolerance_change=0,
                                  line_search_fn="strong_wolfe")  # fmt: skip

        def loss(layer=layer, lbfgs=lbfgs):
            lbfgs.zero_grad()
            found = ((layer(x.double()) - y) ** 2).mean()
            found.backward()
            return found

        lbfgs.step(loss)
        reached[rank] = loss().item()
    assert least < reached[2] < before
    assert reached[max(inputs, outputs)] == pytest.approx(least, rel=1e-5) and reached[2] > 1.02 * least


@pytest.fixture(params=["shared", "private", "dilated"])
def parent(tmp_path, request):
    """A folder with a model of all tasks, its settings, and the files that it was trained on."""
    network = {"shared": SHARED, "private": PRIVATE, "dilated": DILATED}[request.param]
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: TASKS})
    cfg = SETTINGS | {"network": network, "max_steps": 24}
    model = run_pack(tmp_path, files, cfg=cfg, name="parent")
    start = read_warm_start(
        model, dataset_hash=read_info(model).dataset_hash, network=read_network(network), window=WINDOW
    )
    return tmp_path, cfg | WARM | LARGE_STEPS, files, model, start


ONE = pytest.mark.parametrize("parent", ["shared"], indirect=True)
WAYS = [
    {"optimiser": "adamw", "weight_decay": 0.1, "averaging": 0.9, "keep": "task"},
    {"optimiser": "sgd", "momentum": 0.9, "learning_rate": 0.1, "weight_decay": 0.01, "packing": "grouped"},
    {"precision": "bf16", "packing": "interleaved", "loss_scale": "per_task"},
    {"balancing": "pcgrad", "adapter_rank": 1},
]


@pytest.mark.parametrize("way", WAYS)
def test_training_changes_heads_and_by_the_rank_at_most_the_trunk(parent, way):
    folder, cfg, files, model, start = parent
    write_groups(folder / "groups.tsv", {0: TASKS[:2], 1: TASKS[2:]})
    child = run_pack(folder, files, cfg=cfg | way, name="child", warm_model=str(model))
    info = read_info(child)
    assert info.settings["adapter_rank"] == (cfg | way)["adapter_rank"]
    for group, tasks in info.groups.items():
        state = start.of(tasks)
        for step in info.serving_steps(group):
            found = read_weights(child, group, None if step == info.best_step[group] else step)
            assert set(found) == set(state)
            before, after = weights_of_layers(state), weights_of_layers(found)
            for name, weights in after.items():
                sizes = np.linalg.svd(weights - before[name], compute_uv=False)
                assert sizes[0] > 1e-4
                # what is left is the rounding of the sum to float32
                assert sizes[(cfg | way)["adapter_rank"] :].max() < 1e-6 * np.abs(weights).max() * len(
                    weights
                )
            for name, tensor in state.items():
                if name.startswith("trunk.") and name.endswith("bias"):
                    assert torch.equal(found[name], tensor)
                if name.startswith("head."):
                    assert not torch.equal(found[name], tensor)


@ONE
def test_what_is_validated_is_what_the_file_holds(parent):
    folder, cfg, files, model, start = parent
    write_groups(folder / "groups.tsv", {0: TASKS[:2]})
    cfg |= {"averaging": 0.8}
    child = run_pack(folder, files, cfg=cfg, name="child", warm_model=str(model))
    train, validation, _ = splits()
    info = read_info(child)
    trainer = make_trainer(TASKS[:2], [0, 1], train, validation, cfg, 1, start=start.of(TASKS[:2]))
    while not trainer.finished:
        trainer.advance()
    best = trainer.snapshots.read(trainer.state.best_step)
    network = build_network(cfg["network"], 2, WINDOW)
    network.load_state_dict(best)
    network.eval()
    x, indices = validation.one_hot(torch.arange(len(validation))), torch.arange(len(validation))
    with torch.no_grad():
        targets = validation.targets(indices, torch.tensor([0, 1]))
        loss = float(F.binary_cross_entropy_with_logits(network(x), targets))
    assert loss == pytest.approx(trainer.state.best_loss, rel=1e-6)
    # and what is read from a file is as any other network
    loaded = load_network(child, info, 0)
    assert set(dict(loaded.named_parameters())) == set(start.of(TASKS[:2]))


@pytest.mark.parametrize("way", WAYS)
@ONE
def test_stopped_and_begun_again_it_ends_with_the_same_bits(parent, way, monkeypatch):
    folder, cfg, files, model, _ = parent
    cfg |= way
    write_groups(folder / "groups.tsv", {0: TASKS[:2], 1: TASKS[2:]})
    undisturbed = run_pack(folder, files, cfg=cfg, name="undisturbed", warm_model=str(model))
    complete = GroupTrainer.complete_step

    def complete_and_stop(self, loss):
        complete(self, loss)
        self.termination.requested |= self.state.step in (8, 17)

    with monkeypatch.context() as patch:
        patch.setattr(GroupTrainer, "complete_step", complete_and_stop)
        for _ in range(2):
            with pytest.raises(SystemExit):
                run_pack(folder, files, cfg=cfg, name="stopped", warm_model=str(model))
    stopped = run_pack(folder, files, cfg=cfg, name="stopped", warm_model=str(model))
    assert stopped.read_bytes() == undisturbed.read_bytes()


@pytest.mark.parametrize("name", METHODS)
@ONE
def test_each_balancing_moves_the_adapters_and_the_heads_alone(parent, name):
    _, cfg, _, _, start = parent
    train, validation, _ = splits()
    cfg = {**CFG, **cfg, "balancing": name, "balancing_every": 2}
    trainer = make_trainer(TASKS[:3], [0, 1, 2], train, validation, cfg, 1, start=start.of(TASKS[:3]))
    before = {key: tensor.clone() for key, tensor in trainer.network.state_dict().items()}
    for _ in range(3):
        trainer.step()
    moved = {
        key for key, tensor in trainer.network.state_dict().items() if not torch.equal(tensor, before[key])
    }
    assert moved == {key for key in before if key.startswith("head.") or key.endswith((".up", ".down"))}


@pytest.mark.parametrize("packing", ["sequential", "interleaved", "grouped"])
def test_two_groups_of_a_pack_are_the_two_alone(parent, packing):
    _, cfg, _, _, start = parent
    train, validation, _ = splits()
    groups = {0: TASKS[:2], 1: TASKS[2:]}
    cfg |= {"packing": packing, "optimiser": "sgd", "learning_rate": 0.05}
    both = train_groups(groups, train, validation, TASKS, 1, cfg, warm=start)
    for group, tasks in groups.items():
        alone = train_groups({group: tasks}, train, validation, TASKS, 1, cfg, warm=start)[group]
        for name, tensor in alone.weights.items():
            if packing == "grouped":
                torch.testing.assert_close(both[group].weights[name], tensor, rtol=1e-3, atol=1e-4)
            else:
                assert torch.equal(both[group].weights[name], tensor)


@ONE
def test_rank_0_is_the_training_of_whole_networks(parent):
    folder, cfg, files, model, start = parent
    write_groups(folder / "groups.tsv", {0: TASKS[:2]})
    plain = {key: value for key, value in cfg.items() if key != "adapter_rank"}
    one = run_pack(folder, files, cfg=plain, name="one", warm_model=str(model))
    other = run_pack(folder, files, cfg=cfg | {"adapter_rank": 0}, name="other", warm_model=str(model))
    found = read_weights(one, 0)
    assert all(torch.equal(tensor, found[name]) for name, tensor in read_weights(other, 0).items())
    state = start.of(TASKS[:2])
    assert all(not torch.equal(tensor, state[name]) for name, tensor in found.items())


def test_adapters_of_nothing_are_refused():
    train, validation, _ = splits()
    with pytest.raises(InputError, match=r"training\.adapter_rank: 2, but there is no network .* warm_start"):
        make_trainer(["task0"], [0], train, validation, SETTINGS | {"adapter_rank": 2}, 1)
    network = build_network(SHARED, 1, WINDOW)
    with pytest.raises(InputError, match=r"training\.adapter_rank: -1; give a rank of 1 or more, or 0"):
        make_trainer(
            ["task0"], [0], train, validation, SETTINGS | {"adapter_rank": -1}, 1, start=network.state_dict()
        )


def config(common: dict, own: dict) -> dict:
    """A config in which WARM starts from SMTL."""
    return {
        "samples": "x.tsv",
        "genome": {"fasta": "x.fa", "assembly": "hg38", "chromosomes": ["chr1", "chr2", "chr3"]},
        "splits": {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}]},
        "training": common,
        "groupings": {"all": {"method": "all"}, "single": {"method": "single"}},
        "strategies": {
            "SMTL": {"grouping": "all"},
            "WARM": {"grouping": "single", "warm_start": "SMTL", "training": own},
        },
    }


def test_the_config_says_which_strategies_have_them():
    full = complete_config(config({}, {"adapter_rank": 4}))
    assert training_settings(full, "WARM")["adapter_rank"] == 4
    # a key without effect is told to no job, so that none runs again for it
    assert "adapter_rank" not in training_settings(full, "SMTL")
    assert "adapter_rank" not in training_settings(complete_config(config({}, {"adapter_rank": 0})), "WARM")
    with pytest.raises(
        InputError,
        match=r"strategies\.SMTL: training\.adapter_rank is 4, but .* strategies\.SMTL has none; .* alone",
    ):
        complete_config(config({"adapter_rank": 4}, {}))
    for bad in (-1, 1.5, "some"):
        with pytest.raises(InputError, match=r"strategies\.WARM\.training\.adapter_rank"):
            complete_config(config({}, {"adapter_rank": bad}))
