"""Groups that start from the network of all tasks: what they take, and what is refused."""

import pytest
import torch

from epigroup.config.settings import complete_config
from epigroup.core.errors import InputError
from epigroup.networks.model_files import load_network, read_info, read_weights
from epigroup.networks.settings import read_network
from epigroup.training.trainer import GroupTrainer
from epigroup.training.warm_start import read_warm_start
from planted_examples import (
    DILATED,
    SETTINGS,
    WINDOW,
    make_trainer,
    run_pack,
    splits,
    train_groups,
    write_files,
    write_groups,
)

TASKS = [f"task{i}" for i in range(4)]


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(params=["shared", "private", "dilated"])
def parent(tmp_path, request):
    """A folder with a model of all tasks, its settings, and the files that it was trained on."""
    network = DILATED if request.param == "dilated" else SETTINGS["network"] | {"head": request.param}
    if request.param == "private":
        network = {key: value for key, value in network.items() if key != "hidden"} | {"private_hidden": 3}
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: TASKS})
    cfg = SETTINGS | {"network": network, "keep": "task", "max_steps": 36}
    model = run_pack(tmp_path, files, cfg=cfg, name="parent")
    return tmp_path, cfg, files, model


def warm(model, cfg, **change):
    options = {
        "dataset_hash": read_info(model).dataset_hash,
        "network": cfg["network"],
        "window": WINDOW,
    } | change
    return read_warm_start(model, **options | {"network": read_network(options["network"])})


def test_at_step_0_a_group_predicts_what_the_parent_does(parent):
    _, cfg, _, model = parent
    info = read_info(model)
    train, validation, _ = splits()
    start = warm(model, cfg)
    whole = load_network(model, info, 0)
    x = train.one_hot(torch.arange(20))
    for tasks in (["task1", "task3"], ["task2"], TASKS):
        columns = [TASKS.index(task) for task in tasks]
        trainer = make_trainer(tasks, columns, train, validation, cfg, 1, start=start.of(tasks))
        with torch.no_grad():
            found, expected = trainer.network.eval()(x), whole(x)[:, columns]
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)
        for name, tensor in trainer.network.trunk.state_dict().items():
            assert torch.equal(tensor, read_weights(model, 0)[f"trunk.{name}"])
    # what a group does to its weights leaves those of the next alone
    before = start.of(["task0"])["trunk.blocks.0.weight"].clone()
    start.of(["task0"])["trunk.blocks.0.weight"].add_(1)
    assert torch.equal(start.of(["task0"])["trunk.blocks.0.weight"], before)


def test_a_pack_starts_from_the_file_and_its_checkpoint_belongs_to_it(parent, monkeypatch):
    folder, cfg, files, model = parent
    write_groups(folder / "groups.tsv", {0: TASKS[:2], 1: TASKS[2:]})
    cfg |= {"warm_start": "SMTL", "optimiser": "sgd", "learning_rate": 1e-12, "max_steps": 6}
    child = run_pack(folder, files, cfg=cfg, name="child", warm_model=str(model))
    start = warm(model, cfg)
    for group, tasks in ((0, TASKS[:2]), (1, TASKS[2:])):
        for name, tensor in start.of(tasks).items():
            torch.testing.assert_close(read_weights(child, group)[name], tensor, rtol=0, atol=1e-6)
    assert read_info(child).settings["warm_start"] == "SMTL"

    train, validation, tasks = splits()
    stop = lambda self: setattr(self.termination, "requested", True)  # noqa: E731
    monkeypatch.setattr(GroupTrainer, "step", stop)
    path = folder / "job.pt"
    with pytest.raises(SystemExit):
        train_groups({0: tasks}, train, validation, tasks, 1, cfg, checkpoint=path, warm=start)
    for other in (None, start.__class__(start.path, start.tasks, start.weights, "another")):
        with pytest.raises(InputError, match="another job.*warm start"):
            train_groups({0: tasks}, train, validation, tasks, 1, cfg, checkpoint=path, warm=other)


def test_models_that_cannot_be_started_from_are_refused(parent):
    folder, cfg, files, model = parent
    with pytest.raises(InputError, match="has not learnt the task 'taskX'"):
        warm(model, cfg).of(["task0", "taskX"])
    with pytest.raises(InputError, match="another data set"):
        warm(model, cfg, dataset_hash="0")
    with pytest.raises(InputError, match="other layers"):
        warm(model, cfg, network=cfg["network"] | {"filter_width": 9})
    with pytest.raises(InputError, match="other layers"):
        warm(model, cfg, window=WINDOW + 8)
    warm(model, cfg, network=cfg["network"] | {"dropout": [0.5, 0.0, 0.0]})
    write_groups(folder / "groups.tsv", {0: TASKS[:2], 1: TASKS[2:]})
    two = run_pack(folder, files, cfg=cfg | {"max_steps": 2}, name="two")
    with pytest.raises(InputError, match="holds 2 networks"):
        warm(two, cfg)


def config(**strategies) -> dict:
    """A config of four strategies, some keys of them changed."""
    plain = {
        "SMTL": {"grouping": "all"},
        "OTHER": {"grouping": "all"},
        "STL": {"grouping": "single"},
        "KMTL": {"grouping": "kmeans", "warm_start": "SMTL"},
    }
    return {
        "samples": "x.tsv",
        "genome": {"fasta": "x.fa", "assembly": "hg38", "chromosomes": ["chr1", "chr2", "chr3"]},
        "splits": {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}]},
        "seeds": [1, 2],
        "groupings": {
            "all": {"method": "all"},
            "some": {"method": "all", "tasks": ["a"]},
            "single": {"method": "single"},
            "kmeans": {"method": "kmeans", "k": 2, "heads_from": "OTHER"},
            "tag": {"method": "tag", "k": 2, "heads_from": "OTHER", "affinity": "ahead"},
        },
        "affinities": {"ahead": {"measure": "tag", "network": "training"}},
        "strategies": {name: plain[name] | strategies.get(name, {}) for name in plain},
    }


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"KMTL": {"warm_start": "SMLT"}}, r"strategies.KMTL.warm_start: 'SMLT' is not under strategies"),
        ({"KMTL": {"warm_start": "STL"}}, r"strategies.KMTL.warm_start: 'STL' is not one network"),
        ({"SMTL": {"warm_start": "SMTL"}}, r"leads back to itself: .*SMTL <- SMTL$"),
        (
            {"SMTL": {"warm_start": "OTHER"}, "OTHER": {"warm_start": "SMTL"}},
            r"leads back to itself: .*SMTL <- OTHER <- SMTL$",
        ),
        ({"SMTL": {"seeds": [1]}}, r"KMTL.warm_start: 'SMTL' is not trained with seeds \[2\]"),
        ({"SMTL": {"grouping": "some"}}, r"takes in tasks that the network of 'SMTL' does not learn"),
        ({"SMTL": {"training": {"network": {"hidden": 32}}}}, r"'SMTL' differs in hidden, so"),
        ({"SMTL": {"training": {"network": {"name": "deepsea"}}}}, r"differs in channels, hidden, name"),
        ({"OTHER": {"warm_start": "SMTL"}}, r"groupings.tag.heads_from: 'OTHER' has a warm_start.* training"),
    ],
)
def test_configs_that_cannot_be_are_named(change, says):
    with pytest.raises(InputError, match=says):
        complete_config(config(**change))


def test_a_config_with_it_is_complete():
    full = complete_config(config(SMTL={"training": {"network": {"dropout": [0.3, 0, 0]}}}))
    assert full["strategies"]["KMTL"]["warm_start"] == "SMTL"
    assert "warm_start" not in full["strategies"]["STL"]
