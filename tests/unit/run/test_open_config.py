"""What is wrong with a config and its sheet is told in one go, and nothing that only follows from it."""

import pytest

from epigroup.core.errors import InputError
from epigroup.run.facts import open_config
from minimal_config import with_change
from sheet_examples import COLUMNS, GIVEN, write_sheet

GOOD = GIVEN | {"cell_type": "K562", "cell_group": "blood", "assembly": "x"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "g.fa").write_text(">chr1\nACGT\n")
    (tmp_path / "g.narrowPeak").write_text("chr1\t1\t4\n")
    write_sheet(tmp_path / "s.tsv", [GOOD])
    return tmp_path


def told(config):
    with pytest.raises(InputError) as refused:
        open_config(config, "mine.yaml")
    return str(refused.value).split("\n")


def plant(config, *changes):
    for path, value in changes:
        at = config
        for key in path[:-1]:
            at = at.setdefault(key, {})
        at[path[-1]] = value
    return config


def test_six_faults_in_one_sheet_and_config_come_in_one_message(folder):
    write_sheet(
        folder / "s.tsv", [GOOD, GOOD | {"profile_id": "b", "assay": "CHIP"}, GOOD | {"peaks": "gone.bed"}]
    )
    config = plant(
        with_change(("training", "max_steps"), "2000 steps"),
        (("training", "optimizer"), "adam"),
        (("strategies", "LATE", "grouping"), "km_of_all"),
        (("groupings", "random", "like"), "kmm"),
    )
    lines = told(config)
    for words in (
        "mine.yaml: training.max_steps: value '2000 steps': must be a whole number",
        "mine.yaml: training: unknown key 'optimizer' (did you mean 'optimiser'?)",
        "mine.yaml: strategies.LATE.grouping: 'km_of_all' is not under groupings",
        "mine.yaml: groupings.random.like: 'kmm' is not under groupings",
        "s.tsv: line 3, column assay: ",
        "  line 4, column peaks: there is no file 'gone.bed'",
    ):
        assert [line for line in lines if line.startswith(words)], (words, lines)
    assert len(lines) == 6


def test_with_a_config_that_fits_its_schema_the_rest_comes_in_one_go_too(folder):
    (folder / "g.fa").unlink()
    write_sheet(folder / "s.tsv", [GOOD | {"peaks": "gone.bed"}])
    lines = told(plant(with_change(("genome", "blacklist"), "b.bed")))
    assert [line.split(":")[0] for line in lines] == ["s.tsv", "genome.fasta", "genome.blacklist"]
    assert "line 2, column peaks: there is no file 'gone.bed'" in lines[0]


def test_checks_that_do_not_rest_on_each_other_are_all_told(folder):
    config = plant(
        with_change(("strategies", "SMTL", "seeds"), [7]),
        (("reads", "fragments"), 100),
        (("peaks", "replicates"), "idr"),
        (("comparison", "headline"), [["SMTL", "NOBODY"]]),
    )
    lines = told(config)
    for words in ("strategies.SMTL.seeds: [7]", "reads.fragments:", "comparison.headline[0]: 'NOBODY'"):
        assert [line for line in lines if words in line], (words, lines)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("training", "patience"), "a lot", "value 'a lot': must be a whole number"),
        (("training", "patience"), 0, "value 0: must be at least 1"),
        (("training", "learning_rate"), 0, "value 0.0: must be above 0"),
        (("training", "optimiser"), "adamm", "must be one of adam, adamw, sgd (did you mean adam?)"),
        (("seeds",), [1, 1], "value [1, 1]: must not hold anything twice"),
        (("seeds",), [], "value []: must have at least 1 entries"),
        (("training", "reverse_complement"), "maybe", "value 'maybe': must be true or false"),
        (("groupings", "all"), "all", "value 'all': must be keys with values"),
    ],
)
def test_a_wrong_value_is_told_once_with_what_it_must_be(folder, path, value, words):
    [line] = told(with_change(path, value))
    assert line.startswith(f"mine.yaml: {'.'.join(path)}: ") and words in line
    assert line.count("value ") == 1 and line.count("must ") == 1


def test_known_keys_are_listed_where_none_is_like_the_unknown_one_alone(folder):
    [line] = told(plant(with_change(("training", "optimizer"), "sgd")))
    assert "did you mean 'optimiser'" in line and "known keys" not in line
    [line] = told(plant(with_change(("training", "zzz"), 1)))
    assert "unknown key 'zzz'; known keys: " in line


def test_a_wrong_config_whose_sheet_is_made_by_a_rule_says_nothing_of_it(folder):
    config = with_change(("training", "patience"), 0) | {"samples": "made.tsv"}
    with pytest.raises(InputError) as refused:
        open_config(config, "mine.yaml", lambda path: path == "made.tsv")
    assert "made.tsv" not in str(refused.value)
    assert any("made.tsv" in line for line in told(config))


def test_a_good_config_is_opened(folder):
    assert open_config(with_change(("seeds",), [1, 2]), "mine.yaml").tasks == ["given"]


@pytest.mark.parametrize("mode", ["narrow", "by_target", "wide"])
def test_the_sheet_of_a_wrong_config_is_read_as_its_peaks_mode_says(folder, mode):
    (folder / "m.bam").touch()
    mark = GOOD | {
        "target": "H3K27me3",
        "modality": "HM",
        "peaks": "",
        "bam": "m.bam",
        "macs2": "--call-summits",
    }
    write_sheet(folder / "s.tsv", [mark], [*COLUMNS, "macs2"])
    lines = told(plant(with_change(("training", "patience"), 0), (("peaks", "mode"), mode)))
    of_sheet = [line for line in lines if line.startswith("s.tsv: line 2, column macs2: ")]
    assert len(of_sheet) == (mode != "narrow")
    assert len(lines) == {"narrow": 1, "by_target": 2, "wide": 3}[mode]


def test_a_variable_of_samples_that_is_not_set_is_told_once(folder, monkeypatch):
    monkeypatch.delenv("NOWHERE", raising=False)
    [line] = told(with_change(("samples",), "$NOWHERE/s.tsv"))
    assert line.startswith("mine.yaml: samples: '$NOWHERE/s.tsv': $NOWHERE is not set")


@pytest.mark.parametrize("wrong", [{}, {("training", "patience"): 0}])
def test_names_of_draws_are_known_beside_another_fault(folder, wrong):
    def config(*changes):
        return plant(
            with_change(("groupings", "random", "draws"), 2),
            (("strategies", "SMTL"), {"grouping": "all"}),
            (("strategies", "RANDOM"), {"grouping": "random"}),
            (("strategies", "SECOND"), {"grouping": "random_2"}),
            *changes,
            *wrong.items(),
        )

    good = (("predict",), {"strategy": "RANDOM_2", "regions": "r.bed", "seed": 1})
    if wrong:
        [line] = told(config(good))
        assert line.startswith("mine.yaml: training.patience: ")
    else:
        assert "RANDOM_2" in open_config(config(good), "mine.yaml").strategies
    lines = told(config((("predict",), {"strategy": "RANDOM", "regions": "r.bed", "seed": 1})))
    lines += told(config(good, (("strategies", "SECOND", "grouping"), "random_3")))
    for words in (
        "mine.yaml: predict: 'RANDOM' is not under strategies; there are: ",
        "mine.yaml: strategies.SECOND.grouping: 'random_3' is not under groupings; there are: ",
    ):
        assert len([line for line in lines if line.startswith(words)]) == 1, (words, lines)
