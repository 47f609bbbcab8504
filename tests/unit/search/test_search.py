"""Which rates are tried, which rate wins, and that trials are the training with fewer steps."""

import csv
import json
import logging
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from snakemake.utils import update_config

from checkouts import EVERYTHING, LIBRARY, REPOSITORY, SHARED
from epigroup.config import searches
from epigroup.config.settings import complete_config
from epigroup.core.errors import InputError
from epigroup.networks.model_files import read_info
from epigroup.search import rates as search
from epigroup.search.halving import halve
from epigroup.search.rates import Trial
from epigroup.search.run_trials import Trials, check_room
from epigroup.search.settings import read_search
from epigroup.training.batch_stream import BatchStream
from epigroup.training.checkpoints import catch_termination
from epigroup.training.group_tables import check_groups
from epigroup.training.memory import Footprint
from epigroup.training.trainer import GroupTrainer
from planted_examples import (
    SETTINGS,
    read_otherwise,
    run_trials,
    running,
    splits,
    train_groups,
    train_pack,
    training_job,
    write_files,
    write_groups,
)

COMPLETED = {"first_rung": 1, "reduction": 3, "steps_share": 0.1}
TWO_PHASE = COMPLETED | {"method": "two_phase", "rates": [0.001, 0.005, 0.02], "refine": 0.004}
HALVING = COMPLETED | {
    "method": "halving",
    "rates": [0.0005, 0.002, 0.005, 0.01, 0.02, 0.05],
    "first_rung": 1,
    "reduction": 2,
}
TRIAL = SETTINGS | {"learning_rate": None, "max_steps": 12}


pytestmark = pytest.mark.usefixtures("one_thread")


def trial(group: int, rate: float, loss: float, phase: str = "coarse") -> Trial:
    ended = "max_steps" if math.isfinite(loss) else "diverged"
    return Trial(group, phase, rate, 12, 6, loss, 0.5, ended)


# --- the rules of choice ------------------------------


def test_the_second_phase_is_around_the_best_of_the_first():
    tried = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]
    assert search.fine_rates(0.2, tried, 0.025) == [0.175, 0.225]
    assert search.fine_rates(0.05, tried, 0.025) == [0.025, 0.075]
    assert search.fine_rates(0.35, tried, 0.025) == [0.325, 0.375]
    assert search.fine_rates(0.01, [0.01, 0.02], 0.01) == []


def test_the_paper_makes_nine_trials_a_group_and_1087_trainings():
    """367 single-task trainings; 9 trials of SMTL, EMTL, CMTL, of k-means for K = 2..10 and of four more
    clusterings into four groups."""
    tried = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]
    trials = len(tried) + len(search.fine_rates(0.2, tried, 0.025))
    assert 367 + trials * (1 + 3 + 6 + sum(range(2, 11)) + 4 * 4) == 1087


def test_the_lowest_loss_wins_the_smaller_rate_of_equals_and_no_diverged_one():
    losses = {0.1: 0.5, 0.2: 0.3, 0.15: 0.3, 0.4: math.inf, 0.5: math.nan}
    assert search.best_rate([trial(0, rate, loss) for rate, loss in losses.items()], "group 0") == 0.15
    with pytest.raises(InputError, match=r"strategy X, group 3: .* 0\.1, 0\.2"):
        search.best_rate([trial(3, 0.2, math.inf), trial(3, 0.1, math.inf)], "strategy X, group 3")


def test_a_sample_is_decided_by_its_mean(tmp_path):
    """0.1 is best for one task by far, 0.2 for the mean; at 0.3 one task diverged."""
    losses = {
        (0, 0.1): 0.10,
        (0, 0.2): 0.30,
        (0, 0.3): 0.01,
        (5, 0.1): 0.90,
        (5, 0.2): 0.40,
        (5, 0.3): math.inf,
    }
    found, groups = (
        tmp_path / "coarse0.tsv",
        write_groups(tmp_path / "g.tsv", {i: [f"t{i}"] for i in range(8)}),
    )
    search.write_trials(found, [trial(g, rate, loss) for (g, rate), loss in losses.items()])
    outs = {"rates_out": tmp_path / "rates.tsv", "trials_out": tmp_path / "trials.tsv"}
    rates = search.choose_rates([found], groups, strategy="STL", sampled=True, **outs)
    assert rates == dict.fromkeys(range(8), 0.2)
    assert pd.read_csv(outs["rates_out"], sep="\t").to_dict("list") == {
        "group": list(range(8)),
        "learning_rate": [0.2] * 8,
    }
    table = pd.read_csv(outs["trials_out"], sep="\t")
    assert set(table.loc[table["chosen"] == 1, "learning_rate"]) == {0.2}
    assert table.loc[table["learning_rate"] == 0.2, "mean_loss"].tolist() == pytest.approx([0.35, 0.35])
    assert math.isinf(table.loc[table["learning_rate"] == 0.3, "mean_loss"].iloc[0])


def test_each_group_gets_its_own_rate_and_a_group_without_trials_is_named(tmp_path):
    groups = write_groups(tmp_path / "g.tsv", {0: ["a", "b"], 1: ["c"]})
    paths = [tmp_path / "coarse0.tsv", tmp_path / "fine0.tsv"]
    search.write_trials(
        paths[0], [trial(0, 0.1, 0.5), trial(0, 0.2, 0.4), trial(1, 0.1, 0.2), trial(1, 0.2, 0.3)]
    )
    search.write_trials(paths[1], [trial(0, 0.25, 0.35, "fine"), trial(1, 0.05, 0.25, "fine")])
    outs = {"rates_out": tmp_path / "rates.tsv", "trials_out": tmp_path / "trials.tsv"}
    assert search.choose_rates(paths, groups, strategy="EMTL", sampled=False, **outs) == {0: 0.25, 1: 0.1}
    assert [t.learning_rate for t in search.read_trials(paths)] == [0.1, 0.2, 0.1, 0.2, 0.25, 0.05]
    write_groups(groups, {0: ["a"], 1: ["c"], 2: ["d"]})
    with pytest.raises(InputError, match="EMTL: no trial of group 2"):
        search.choose_rates(paths, groups, strategy="EMTL", sampled=False, **outs)


@given(
    st.lists(st.sampled_from(["CA", "HM", "TFB"]), min_size=1, max_size=60),
    st.data(),
)
def test_a_sample_is_of_the_size_asked_and_shares_the_modalities_out(modalities, data):
    table = pd.DataFrame({"task_id": [f"t{i}" for i in range(len(modalities))], "modality": modalities})
    n, seed = data.draw(st.integers(1, len(table))), data.draw(st.integers(0, 5))
    chosen = searches.sample_tasks(table, n, seed)
    assert len(chosen) == len(set(chosen)) == n
    assert chosen == [task for task in table["task_id"] if task in chosen]
    counts = table[table["task_id"].isin(chosen)]["modality"].value_counts()
    sizes = table["modality"].value_counts()
    if n >= len(sizes):
        assert set(counts.index) == set(sizes.index)
    for modality, size in sizes.items():
        assert abs(counts.get(modality, 0) - n * size / len(table)) < 2
    assert chosen == searches.sample_tasks(table, n, seed)


def test_another_seed_draws_another_sample_and_too_large_a_one_is_refused():
    table = pd.DataFrame({"task_id": [f"t{i}" for i in range(40)], "modality": ["CA", "HM"] * 20})
    assert searches.sample_tasks(table, 10, 1) != searches.sample_tasks(table, 10, 2)
    with pytest.raises(InputError, match="a sample of 41 tasks of 40"):
        searches.sample_tasks(table, 41, 1)


# --- the config ------------------------------


def config(**changes) -> dict:
    full = {}
    for name in EVERYTHING:
        update_config(full, yaml.safe_load((REPOSITORY / name).read_text()))
    return full | changes


@pytest.mark.parametrize(
    ("searches", "words"),
    [
        ({"a": {"rates": [], "refine": 0.1}}, ["searches.a.rates", "[]"]),
        ({"a": {"rates": [0.1, -0.2], "refine": 0.1}}, ["searches.a.rates.1", "-0.2"]),
        ({"a": {"rates": [0.1]}}, ["searches.a", "refine"]),
        ({"b": {"rates": [0.1], "refine": 0.1}}, ["strategies.STL.search", "'a'", "there are: b"]),
        ({"a": {"rates": [0.1], "refine": 0.1, "range": [0.1, 1]}}, ["searches.a", "range", "two_phase"]),
        ({"a": {"method": "halving"}}, ["searches.a", "either rates"]),
        ({"a": {"method": "halving", "range": [1, 0.1], "trials": 4}}, ["searches.a.range", "[1.0, 0.1]"]),
        (
            {"a": {"method": "halving", "rates": [0.1], "first_rung": 4}},
            ["searches.a.first_rung", "4 validation"],
        ),
        ({"a": {"method": "grid", "rates": [0.1]}}, ["searches.a.method", "grid"]),
    ],
)
def test_a_search_that_cannot_be_made_is_refused_by_key(searches, words):
    wrong = config(searches={name: spec | {"steps_share": 1.0} for name, spec in searches.items()})
    wrong["strategies"]["STL"]["search"] = "a"
    with pytest.raises(InputError) as error:
        complete_config(wrong, "mine.yaml")
    assert all(word in str(error.value) for word in ["mine.yaml", *words]), error.value


def test_a_sample_is_for_single_tasks_and_a_searched_strategy_has_no_rate_of_its_own():
    searches = {"a": {"rates": [0.1], "refine": 0.05, "tasks": 3}}
    wrong = config(searches=searches)
    wrong["strategies"]["EMTL"]["search"] = "a"
    with pytest.raises(InputError, match=r"searches\.a\.tasks: .*strategies\.EMTL.*'modality'"):
        complete_config(wrong)
    wrong = config(searches=searches)
    wrong["strategies"]["STL"] |= {"search": "a", "training": {"learning_rate": 0.1}}
    with pytest.raises(InputError, match=r"strategies\.STL\.training\.learning_rate: the search 'a'"):
        complete_config(wrong)


def test_a_search_with_a_seed_of_its_own_runs_once_where_groups_do_not_change():
    full = config(seeds=[3, 4], searches={"a": {"rates": [0.1], "refine": 0.05, "seed": 9}})
    for name in ("EMTL", "KMTL"):
        full["strategies"][name]["search"] = "a"
    full = complete_config(full)
    assert searches.search_seeds(full, "EMTL") == [3]
    assert searches.rates_seed(full, "EMTL", 4) == 3
    assert searches.search_seeds(full, "KMTL") == [3, 4]
    assert searches.search_seeds(full, "SMTL") == []
    assert searches.trial_seed(full, "KMTL", 4) == 9


# --- trials ------------------------------


def runner(phase: str = "coarse", cfg: dict = TRIAL, checkpoint: Path | None = None, seed: int = 5):
    train, validation, tasks = splits()
    with catch_termination() as termination:
        return tasks, Trials(
            tasks, training_job(train, validation, cfg, seed, termination=termination), running(cfg), phase=phase,
            checkpoint=checkpoint,
        )  # fmt: skip


def test_a_trial_is_the_training_with_that_rate_and_fewer_steps():
    tasks, trials = runner()
    loss = trials.run({4: tasks[:2]}, 0.02)
    train, validation, _ = splits()
    alone = train_groups(
        {4: tasks[:2]}, train, validation, tasks, 5, SETTINGS | {"learning_rate": 0.02, "max_steps": 12}
    )
    found = trials.trials[0]
    assert found.validation_loss == loss == alone[4].best_loss
    assert (found.best_step, found.steps, found.ended) == (alone[4].best_step, 12, "max_steps")


def test_groups_side_by_side_find_what_they_find_alone():
    tasks, together = runner()
    mean = together.run({0: tasks[:1], 1: tasks[1:2]}, 0.01)
    _, alone = runner()
    losses = [alone.run({i: tasks[i : i + 1]}, 0.01) for i in (0, 1)]
    assert mean == sum(losses) / 2
    assert [t.validation_loss for t in together.trials] == losses


@pytest.mark.parametrize("sampling", ["none", "balanced"])
def test_groups_share_their_batches_where_the_order_is_one(sampling, monkeypatch):
    made = []
    original = BatchStream.__init__
    monkeypatch.setattr(
        BatchStream, "__init__", lambda self, *rest: made.append(self) or original(self, *rest)
    )
    tasks, trials = runner(cfg=TRIAL | {"sampling": sampling})
    trials.run({i: tasks[i : i + 1] for i in range(3)}, 0.01)
    assert len(made) == (1 if sampling == "none" else 3)


def test_a_sample_that_does_not_fit_into_memory_is_refused_with_the_number_that_would():
    need = Footprint(network=1000, working=50, example=5)
    check_room(need, need.total(16, 9), 16, 9)
    with pytest.raises(InputError, match="each of its 9 sampled tasks.* 4 would fit: sample fewer tasks"):
        check_room(need, int(need.total(16, 4) / 0.8) + 1, 16, 9)
    with pytest.raises(InputError, match="memory is too small for a trial; .* a training.batch_size of"):
        check_room(Footprint(1000, 50, 500), 2000, 16, 1)


def test_trials_on_signals_are_held_to_signals():
    """Not to the positives of labels that signals have no use for."""
    train, validation, tasks = splits()
    for split in (train, validation):
        split.labels = torch.zeros_like(split.labels)
        split.signal = torch.rand(len(split), len(tasks))
    both = {"training": train, "validation": validation}
    check_groups({0: tasks}, both, tasks, "mse")
    validation.signal[:, 1] -= 0.5
    check_groups({0: tasks}, both, tasks, "mse")
    with pytest.raises(InputError, match="signal of task 'task1' is as low as -0.*validation examples"):
        check_groups({0: tasks}, both, tasks, "poisson")
    train.signal = validation.signal = None
    with pytest.raises(InputError, match="none of its tasks has a positive among the 120 training"):
        check_groups({0: tasks}, both, tasks, "bce")


def test_a_diverged_trial_is_a_loss_of_inf_and_the_next_goes_on(caplog):
    cfg = TRIAL | {"optimiser": "sgd"}
    tasks, trials = runner(cfg=cfg)
    assert math.isinf(trials.run({0: tasks}, 1e30))
    assert math.isfinite(trials.run({0: tasks}, 0.01))
    first, second = trials.trials
    assert (first.ended, second.ended) == ("diverged", "max_steps")
    assert math.isinf(first.validation_loss)
    assert "1e+30" in caplog.text


def arguments(
    folder: Path, files: dict, name: str, phase: str = "coarse", spec: dict = TWO_PHASE, **more
) -> dict:
    return {key: [*map(str, v)] if isinstance(v, list) else str(v) for key, v in files.items()} | {
        "groups_tsv": str(folder / "groups.tsv"), "coarse_tsvs": [], "phase": phase, "part": 0, "n_parts": 1,
        "sample": None, "tasks": None, "seed": 5, "training": TRIAL, "search": spec,
        "out": str(folder / f"{name}.tsv"),
        "checkpoint_dir": str(folder / "checkpoints"), "threads": 1, "code": "x",
    } | more  # fmt: skip


def rows_of(path: Path) -> list[dict]:
    with open(path, newline="") as handle:
        return [
            {key: value for key, value in row.items() if key != "seconds"}
            for row in csv.DictReader(handle, delimiter="\t")
        ]


def test_two_phases_choose_a_rate_that_training_uses(tmp_path):
    files = write_files(tmp_path)
    groups = write_groups(tmp_path / "groups.tsv", {0: ["task0", "task1"], 1: ["task2", "task3"]})
    run_trials(**arguments(tmp_path, files, "coarse0"))
    coarse = search.read_trials([tmp_path / "coarse0.tsv"])
    assert [(t.group, t.learning_rate) for t in coarse] == [
        (g, r) for g in (0, 1) for r in TWO_PHASE["rates"]
    ]
    run_trials(**arguments(tmp_path, files, "fine0", "fine", coarse_tsvs=[str(tmp_path / "coarse0.tsv")]))
    fine = search.read_trials([tmp_path / "fine0.tsv"])
    for group in (0, 1):
        best = min((t for t in coarse if t.group == group), key=lambda t: t.validation_loss).learning_rate
        assert {t.learning_rate for t in fine if t.group == group} == set(
            search.fine_rates(best, TWO_PHASE["rates"], TWO_PHASE["refine"])
        )
    rates = search.choose_rates(
        [tmp_path / "coarse0.tsv", tmp_path / "fine0.tsv"], groups, strategy="X", sampled=False,
        rates_out=tmp_path / "rates.tsv", trials_out=tmp_path / "trials.tsv",
    )  # fmt: skip
    pack = {key: value for key, value in arguments(tmp_path, files, "").items() if key not in TRIAL_ONLY}
    train_pack(
        **pack, pack=0, n_packs=1, cfg=TRIAL, model_out=str(tmp_path / "m.safetensors"),
        curves_out=str(tmp_path / "c.tsv"), rates_tsv=str(tmp_path / "rates.tsv"),
    )  # fmt: skip
    info = read_info(tmp_path / "m.safetensors")
    assert info.learning_rate == rates
    for group in (0, 1):  # a trial of as many steps is the training itself
        won = min(t.validation_loss for t in coarse + fine if t.group == group)
        assert info.validation_loss[group] == pytest.approx(won, rel=1e-9)
    assert not list((tmp_path / "checkpoints").glob("*"))


def test_a_table_of_trials_that_is_cut_is_refused_by_name(tmp_path):
    path = tmp_path / "coarse0.tsv"
    search.write_trials(path, [trial(0, 0.1, 0.5), trial(0, 0.2, math.inf)])
    assert [t.validation_loss for t in search.read_trials([path])] == [0.5, math.inf]
    whole = path.read_text()
    for text in (whole[:-3], whole.replace("0.5\t", "0.x\t", 1), "group\tphase\n0\tcoarse\n"):
        path.write_text(text)
        with pytest.raises(InputError, match=r"coarse0\.tsv"):
            search.read_trials([path])


TRIAL_ONLY = ("coarse_tsvs", "phase", "part", "n_parts", "sample", "training", "search", "out")


def test_parts_share_a_sample_out_and_never_open_the_test_split(tmp_path, monkeypatch):
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {i: [f"task{i}"] for i in range(4)})
    opened = []
    original = sys.modules["epigroup.dataset.dataset"].Dataset.split
    monkeypatch.setattr(
        "epigroup.dataset.dataset.Dataset.split",
        lambda self, name, **more: opened.append(name) or original(self, name, **more),
    )
    for part in (0, 1):
        run_trials(
            **arguments(
                tmp_path, files, f"coarse{part}", sample=["task1", "task2", "task3"], part=part, n_parts=2
            )
        )
    tried = [{t.group for t in search.read_trials([tmp_path / f"coarse{part}.tsv"])} for part in (0, 1)]
    assert tried == [{1, 3}, {2}]
    assert set(opened) == {"train", "validation"}


WORKER = """
import json, sys
from planted_examples import run_trials
run_trials(**json.loads(sys.argv[1]))
"""


def test_killed_and_started_again_a_search_ends_with_the_same_table(tmp_path, caplog):
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: ["task0", "task1"], 1: ["task2"]})
    training = TRIAL | {"max_steps": 60, "validate_every": 10, "patience": 99, "checkpoint_seconds": 0.1}
    undisturbed = arguments(tmp_path, files, "undisturbed", "halving", HALVING, training=training)
    run_trials(**undisturbed)
    killed = undisturbed | {"out": str(tmp_path / "killed.tsv")}
    environment = {
        **os.environ,
        "PYTHONPATH": f"{LIBRARY}:{SHARED}",
        "OMP_NUM_THREADS": "1",
    }
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, json.dumps(killed)], env=environment, stderr=subprocess.DEVNULL
    )
    while worker.poll() is None and finished_trials(tmp_path) < 3:
        time.sleep(0.02)
    worker.kill()
    assert worker.wait(60) == -9
    assert not (tmp_path / "killed.tsv").exists()
    kept = finished_trials(tmp_path)
    assert kept >= 3
    with caplog.at_level(logging.INFO):
        caplog.clear()
        run_trials(**killed)
    assert rows_of(tmp_path / "killed.tsv") == rows_of(tmp_path / "undisturbed.tsv")
    # finished trials are taken from the checkpoint, not trained again
    assert caplog.text.count("lowest validation loss") == len(rows_of(tmp_path / "killed.tsv")) - kept


def test_sigterm_in_a_trial_keeps_it_and_a_new_start_goes_on_within_it(tmp_path, monkeypatch):
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: ["task0", "task1"]})
    run_trials(**arguments(tmp_path, files, "undisturbed"))
    steps, step = [], GroupTrainer.advance

    def advance(self):
        steps.append(step(self))
        if len(steps) == 20:  # a trial is 12 steps and 2 validations: in the second one
            os.kill(os.getpid(), signal.SIGTERM)
        return steps[-1]

    monkeypatch.setattr(GroupTrainer, "advance", advance)
    with pytest.raises(SystemExit) as end:
        run_trials(**arguments(tmp_path, files, "stopped"))
    assert end.value.code == 143 and not (tmp_path / "stopped.tsv").exists()
    run_trials(**arguments(tmp_path, files, "stopped"))
    assert rows_of(tmp_path / "stopped.tsv") == rows_of(tmp_path / "undisturbed.tsv")
    assert len(steps) == 3 * 14


def test_a_stopped_search_begins_anew_where_the_genome_is_another(tmp_path, monkeypatch):
    """A trial that was finished on the old one does not count."""
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: ["task0", "task1"]})
    steps, step = [], GroupTrainer.advance

    def advance(self):
        steps.append(step(self))
        if len(steps) == 20:  # in the second trial
            os.kill(os.getpid(), signal.SIGTERM)
        return steps[-1]

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(GroupTrainer, "advance", advance)
        run_trials(**arguments(tmp_path, files, "stopped"))
    assert finished_trials(tmp_path) == 1
    read_otherwise(tmp_path, files)
    run_trials(**arguments(tmp_path, files, "again"))
    run_trials(**arguments(tmp_path, files, "fresh") | {"checkpoint_dir": str(tmp_path / "none")})
    assert rows_of(tmp_path / "again.tsv") == rows_of(tmp_path / "fresh.tsv")


def finished_trials(folder: Path) -> int:
    for path in (folder / "checkpoints").glob("[!.]*.pt"):
        try:
            return len(torch.load(path, weights_only=True)["finished"])
        except (OSError, RuntimeError):
            return 0
    return 0


# --- halving ------------------------------


def halved(spec: dict, seed: int, depth: int = 9) -> dict[float, int]:
    """Rate -> validations it was given, on made curves whose losses fall to |log(rate / 0.1)|."""
    given_to = {}

    def run(rate, judge):
        for validations in range(1, depth + 1):
            loss = math.inf if rate > 5 else abs(math.log(rate / 0.1)) + 1 / validations
            given_to[rate] = validations
            if math.isinf(loss) or judge(loss, validations):
                break
        return loss

    halve(read_search({"method": "halving", "steps_share": 1.0, **spec}), seed, run)
    return given_to


LISTED = {"rates": [0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 9.0], "first_rung": 1, "reduction": 3}


@pytest.mark.parametrize("seed", range(5))
def test_halving_gives_the_best_of_a_list_its_full_course_and_saves_steps(seed):
    found = halved(LISTED, seed)
    assert set(found) == set(LISTED["rates"])
    assert found[0.1] == 9
    assert sum(found.values()) < 0.75 * 9 * len(found)
    assert found == halved(LISTED, seed)


def test_halving_draws_from_a_range_by_its_seed():
    spec = {"range": [0.001, 10.0], "trials": 12, "first_rung": 1, "reduction": 3}
    found = halved(spec, 1)
    assert len(found) == 12 and all(0.001 <= rate <= 10 for rate in found)
    assert list(found) == list(halved(spec, 1)) != list(halved(spec, 2))
    best = min(found, key=lambda rate: abs(math.log(rate / 0.1)))
    assert found[best] == 9
