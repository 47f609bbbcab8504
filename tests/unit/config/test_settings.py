"""The config: defaults, casts, refusals by name, and what each strategy trains with."""

import re

import pytest

from epigroup.config.schema import check_config_text
from epigroup.config.settings import canonical, complete_config, config_hash, training_settings
from epigroup.core.errors import InputError
from minimal_config import MINIMAL, with_change


def test_defaults_ranges_and_casts():
    full = complete_config(MINIMAL)
    assert full["genome"]["chromosomes"] == ["chr1", "chr2", "chr3", "chrX"]
    assert full["splits"]["test"] == [{"chrom": "chr3", "start": 5, "end": 9}]
    assert full["splits"]["train"] == "rest"
    assert full["dataset"]["bin_size"] == 200 and full["training"]["batch_size"] == 64
    assert "simulation" not in full


@pytest.mark.parametrize("value", [1, 1.0, "1", "1.0"])
def test_spelling_of_a_number_changes_nothing(value):
    full = complete_config(with_change(("training", "learning_rate"), value))
    assert full == complete_config(with_change(("training", "learning_rate"), 1.0))
    assert repr(canonical(full)) == repr(
        canonical(complete_config(with_change(("training", "learning_rate"), 1.0)))
    )


@pytest.mark.parametrize("value", [3, 3.0, "3"])
def test_positive_weights_are_a_word_or_a_number(value):
    weights = complete_config(with_change(("training", "positive_weights"), value))["training"]
    assert repr(weights["positive_weights"]) == "3.0"
    assert complete_config(MINIMAL)["training"]["positive_weights"] == "none"


def test_a_default_written_out_and_key_order_change_nothing():
    written = with_change(("training",), {"patience": 5, "batch_size": "64"})
    turned = dict(reversed(list(written.items())))
    assert repr(canonical(complete_config(turned))) == repr(canonical(complete_config(MINIMAL)))


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (
            ("genome", "chromosomes"),
            [1, 2, "X"],
            ["genome.chromosomes.0: 1 is read as a number; put it in quotes"],
        ),
        (("genome", "assembly"), True, ["genome.assembly: True is read as yes or no; put it in quotes"]),
        (("trainning",), {}, ["unknown key 'trainning'", "did you mean 'training'"]),
        (("training", "lerning_rate"), 1, ["training", "unknown key 'lerning_rate'", "'learning_rate'"]),
        (("strategies", "SMTL", "training"), {"momentun": 0.9}, ["strategies.SMTL.training", "'momentun'"]),
        (("training", "learning_rate"), -1, ["training.learning_rate", "-1"]),
        (("training", "batch_size"), 2.5, ["training.batch_size", "2.5"]),
        (("training", "device"), "gpu", ["training.device", "'gpu'"]),
        (("training", "positive_weights"), "all", ["training.positive_weights", "'all'"]),
        (("training", "positive_weights"), -2, ["training.positive_weights", "-2"]),
        (("training", "loss"), "hinge", ["training.loss", "'hinge'"]),
        (("strategies", "ONE", "training"), {"loss": "mse"}, ["strategies.ONE", "mse", "quantitative"]),
        (("splits", "test"), [{"chrom": "chr9"}], ["splits.test[0].chrom", "chr9"]),
        (("strategies", "EMTL"), {"grouping": "modality"}, ["strategies.EMTL.grouping", "modality"]),
        (("strategies", "ONE", "seeds"), [7], ["strategies.ONE.seeds", "7"]),
        (("groupings", "km"), {"method": "kmeans", "heads_from": "NONE"}, ["groupings.km", "NONE"]),
        (("dataset", "max_jitter"), 401, ["dataset.max_jitter", "401", "at most 400"]),
        (("dataset", "negatives_share"), 1, ["dataset.negatives_share", "1"]),
        (("training", "keep"), "best", ["training.keep", "best"]),
        (("strategies", "SMTL", "training"), {"keep": "task"}, ["SMTL has task", "ONE has group", "alike"]),
        (
            ("training",),
            {"packing": "grouped", "sampling": "balanced"},
            ["strategies.LATE", "sampling balanced", "sequential"],
        ),
        (("training", "jitter"), 1, ["training.jitter", "more than dataset.max_jitter (0)"]),
        (("strategies", "SMTL", "training"), {"jitter": 7}, ["strategies.SMTL.training.jitter: 7"]),
        (("genome", "chromosomes"), ["chr5..chr1"], ["chr5..chr1"]),
        (
            ("training", "network"),
            {"channels": [8, 8]},
            ["strategies.LATE", "2 channels but 3 dropout rates"],
        ),
        (("dataset", "window"), 60, ["strategies.LATE", "window of 60 bp is too short"]),
        (
            ("groupings", "k"),
            {"method": "kmeans", "k": 2, "heads_from": "ONE"},
            ["groupings.k.heads_from", "ONE"],
        ),
        (("sweep",), {"heads_from": "ONE"}, ["sweep.heads_from", "'ONE' is not one network"]),
        (
            ("strategies", "SMTL", "training"),
            {"network": {"head": "private"}},
            ["groupings.km.heads_from", "'SMTL' has private hidden layers"],
        ),
        (("training", "network"), {"head": "tower"}, ["training.network.head", "'tower'"]),
        (("training", "network"), {"width": 2, "channels": [8]}, ["strategies.LATE", "1 channels but 3"]),
        (("training", "network"), {"dilated_blocks": 0}, ["training.network.dilated_blocks", "0"]),
        (
            ("training", "network"),
            {"dilated_blocks": 3},
            ["strategies.LATE", "network.dilated_blocks: 3", "'small'"],
        ),
        (
            ("training", "network"),
            {"name": "dilated", "dilated_blocks": 9},
            ["strategies.LATE", "network.dilated_blocks: 9", "at most"],
        ),
        (
            ("strategies", "SMTL", "training"),
            {"network": {"name": "dilated", "channels": [8, 8], "dropout": [0, 0]}},
            ["strategies.SMTL", "network.channels: [8, 8]"],
        ),
        (("strategies", "LIKE"), {"grouping": "random", "seeds": [2]}, ["heads_from", "seeds [2]"]),
        (("comparison",), {"headline": [["SMTL", "LATE"]]}, ["comparison.headline[0]", "share no seed"]),
        (("groupings", "random", "tasks"), ["a"], ["groupings.random.tasks", "'km'"]),
        (("groupings", "all"), {"method": "random", "like": "all"}, ["groupings.all.like", "back to itself"]),
        (("groupings", "x"), {"method": "kmean"}, ["groupings.x", "unknown grouping method 'kmean'"]),
        (("groupings", "x"), {"method": "ward", "k": 2}, ["groupings.x.heads_from", "'ward' needs it"]),
        (("groupings", "x"), {"method": "random"}, ["groupings.x.like", "'random' needs it"]),
        (("groupings", "x"), {"method": "table"}, ["groupings.x.file", "'table' needs it"]),
        (("groupings", "x"), {"method": "consensus", "of": "sheet"}, ["groupings.x", "of is 'sheet'"]),
        (("groupings", "x"), {"method": "consensus", "vectors": "labels"}, ["the same for every network"]),
        (
            ("groupings", "x"),
            {"method": "consensus", "k": 2, "heads_from": "SMTL", "heads_seeds": [5]},
            ["groupings.x.heads_seeds", "not trained with seeds [5]"],
        ),
        (("groupings", "x"), {"method": "ssc", "heads_from": "SMTL", "alpha": 1}, ["groupings.x.alpha"]),
        (("sweep",), {"methods": ["random"]}, ["sweep.methods", "random"]),
    ],
)
def test_wrong_keys_and_values_are_named(path, value, words):
    with pytest.raises(InputError) as error:
        complete_config(with_change(path, value), "my.yaml")
    assert all(word in str(error.value) for word in ["my.yaml", *words])


@pytest.mark.parametrize("method", ["tag", "sca"])
def test_a_grouping_by_affinity_without_heads_is_told_and_nothing_that_follows_from_it(method):
    config = with_change(("affinities", "a"), {"measure": method})
    config["groupings"] = config["groupings"] | {"x": {"method": method, "k": 2, "affinity": "a"}}
    with pytest.raises(InputError, match=rf"groupings\.x\.heads_from: the method '{method}' needs it"):
        complete_config(config)


@pytest.mark.parametrize(
    "spelling", ["out/run", "out/run/", "./out/run", "out//run", "out/x/../run", "./out/./run/"]
)
def test_one_folder_of_results_has_one_name(spelling):
    assert complete_config(MINIMAL | {"results": spelling})["results"] == "out/run"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("start: 010000", "line 2: 010000 would be read as octal, as 4096"),
        ("end: [5, 1:00]", "line 2: 1:00 would be read to the base 60, as 60"),
        ("rate: -1:30.5", "line 2: -1:30.5 would be read to the base 60"),
    ],
)
def test_numbers_that_yaml_reads_otherwise_than_people_do(tmp_path, line, message):
    path = tmp_path / "c.yaml"
    path.write_text(f"seeds: [1]\n{line}\n")
    with pytest.raises(InputError, match=re.escape(message)):
        check_config_text(path)
    path.write_text("start: 10000\nname: '010000'\nrate: 0.5\nzero: 0\nhex: 0x10\nlong: 1_000\n")
    check_config_text(path)


def test_missing_key_is_named():
    config = {key: value for key, value in MINIMAL.items() if key != "samples"}
    with pytest.raises(InputError, match="missing key samples"):
        complete_config(config)


def test_overrides_do_not_bring_defaults_back():
    config = with_change(("training",), {"patience": 9, "network": {"hidden": 33}})
    config["strategies"]["SMTL"]["training"] = {"learning_rate": "0.5"}
    settings = training_settings(complete_config(config), "SMTL")
    assert (settings["patience"], settings["learning_rate"], settings["network"]["hidden"]) == (9, 0.5, 33)
    assert settings["network"]["channels"] == [32, 48, 96]


def test_another_network_takes_its_own_sizes():
    config = with_change(("training",), {"network": {"hidden": 33}})
    config["strategies"]["SMTL"]["training"] = {"network": {"name": "deepsea"}}
    network = training_settings(complete_config(config), "SMTL")["network"]
    assert network["channels"] == [320, 480, 960] and network["hidden"] == 925


def test_looks_do_not_change_the_run():
    plain, coloured = complete_config(MINIMAL), complete_config(with_change(("figures", "dpi"), 300))
    assert config_hash(plain) == config_hash(coloured)
    assert config_hash(plain) != config_hash(complete_config(with_change(("training", "patience"), 6)))
