"""Spoilt configs: refused by key and value, or completed so that every value given is a value used."""

import copy
import math
import random
import re

import pytest
import yaml

from epigroup.config.schema import check_config_text
from epigroup.config.settings import complete_config
from epigroup.core.errors import InputError
from mutation import NUMBERS, TEXT, WORDS, outcome, spoilt

GOOD = """\
name: a run
samples: config/samples.tsv
seeds: [1, 2]
genome:
  fasta: data/genome.fa.gz
  assembly: toy1
  chromosomes: [chr1..chr4, chrX]
  mitochondrion: chrM
  blacklist: data/blacklist.bed
reads: {trim: true, mapq: 30, threads: 2}
peaks: {qvalue: 0.01, mode: by_target}
dataset: {bin_size: 200, window: 1001, min_overlap: 50, max_n_fraction: 0.5}
splits:
  validation: [{chrom: chr3}]
  test: [{chrom: chr4, start: 0, end: 5000}]
  rule: window
training:
  network: {name: small, channels: [16, 16, 16], hidden: 32, dropout: [0.1, 0.1, 0.0]}
  learning_rate: 1.0e-3
  batch_size: 64
  max_steps: 1000
  validate_every: 100
  precision: auto
groupings:
  single: {method: single}
  all: {method: all}
  kmeans: {method: kmeans, k: 3, heads_from: SMTL, vectors: l2}
  random: {method: random, like: kmeans}
strategies:
  STL: {grouping: single, groups_per_pack: 8}
  SMTL: {grouping: all}
  KMTL: {grouping: kmeans, training: {learning_rate: 2.0e-3}}
  RANDOM: {grouping: random}
sweep: {heads_from: SMTL, k: [2, 3]}
evaluation: {min_validation_positives: 5}
comparison: {headline: [[KMTL, STL]], bootstrap: 200}
figures: {dpi: 100, palette: {KMTL: '#112233'}}
running: {resume: true, checkpoint_seconds: 60}
"""
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SHELL = re.compile(r"[\s\x00-\x1f\x7f\"'`$;|&<>*?!\\(){}\[\]]")


def read(path):
    """As the workflow does: the text's own faults, then keys and values."""
    check_config_text(path)
    loaded = yaml.load(path.read_bytes().decode(), LOADER)
    return loaded, complete_config(copy.deepcopy(loaded), str(path))


def same(given, used):
    """A value given as it is used, but for its spelling ("5", 5.0 and 5 are one)."""
    if isinstance(given, dict):
        return isinstance(used, dict) and all(
            str(k) in used and same(v, used[str(k)]) for k, v in given.items()
        )
    if isinstance(given, list) and isinstance(used, list):
        return len(given) == len(used) and all(map(same, given, used))
    if isinstance(used, bool) or given is None or isinstance(given, bool):
        return used is given
    if isinstance(used, int | float):
        return float(given) == used
    return given == used


def leaves(value, at=()):
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*at, key))
    yield at, value


def check(given, used, what):
    rest = {key: value for key, value in given.items() if key not in ("genome", "training", "strategies")}
    assert same(rest, used), what
    assert same({k: v for k, v in given["genome"].items() if k != "chromosomes"}, used["genome"]), what
    for at, value in leaves(used):
        assert not isinstance(value, float) or math.isfinite(value), f"{what}: {at} is {value}"
        assert not isinstance(value, int) or abs(value) < 2**63, f"{what}: {at} is {value}"
    genome = used["genome"]
    for text in [
        used["samples"],
        used["results"],
        *genome["chromosomes"],
        *(genome[k] or "" for k in ("fasta", "assembly", "mitochondrion", "blacklist")),
    ]:
        assert not SHELL.search(text.removeprefix("<results>/")), f"{what}: {text!r}"
    assert complete_config(copy.deepcopy(used), "again") == used, what


def test_the_good_config_is_read(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(GOOD)
    check(*read(path), "good")


@pytest.mark.parametrize("seed", range(2))
def test_spoilt_texts(tmp_path, tried, seed):
    path = tmp_path / "config.yaml"
    for what, bad in spoilt(GOOD.encode(), TEXT, 5, seed):
        both = tried.read(path, what, bad, lambda: read(path))
        if both is not None:
            check(*both, f"{what}: {bad!r}")


VALUES = [
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**200, -(2**64), 0.5, -0.5, 1e-300, 1e300, math.inf, -math.inf, math.nan,
    "", [], {}, [None], [[]], [{}], {"a": 1}, [1, 1], [1, 2, 3], "x", [0.5], {"chrom": "chr1"}, ["chr1", "chr1"],
]  # fmt: skip


def put(tree, at, value):
    """The tree with another value at a place."""
    tree = copy.deepcopy(tree)
    here = tree
    for key in at[:-1]:
        here = here[key]
    here[at[-1]] = value
    return tree


def test_other_values_under_every_key(tmp_path, tried):
    """Wrong types, huge numbers, infinities and hostile words in the place of each value in turn."""
    path, good = tmp_path / "config.yaml", yaml.safe_load(GOOD)
    rng = random.Random(2)
    words = [word.decode("utf-8", "replace") for word in [*NUMBERS, *WORDS]]
    for at, old in leaves(good):
        if not at:
            continue
        for value in [*rng.sample(VALUES, 4), *rng.sample(words, 2)]:
            if value == old and type(value) is type(old):
                continue
            what = f"{'.'.join(map(str, at))} = {value!r}"
            bad = yaml.safe_dump(put(good, at, value), allow_unicode=True).encode()
            both = tried.read(path, what, bad, lambda: read(path))
            if both is not None:
                check(*both, what)


def test_keys_dropped_renamed_and_added(tmp_path, tried):
    path, good = tmp_path / "config.yaml", yaml.safe_load(GOOD)
    for at, old in leaves(good):
        if not at or not isinstance(at[-1], str):
            continue
        parent = good
        for key in at[:-1]:
            parent = parent[key]
        without = {key: value for key, value in parent.items() if key != at[-1]}
        for what, keys in (
            ("without", {}),
            ("renamed", {at[-1] + "x": old}),
            ("doubled", {at[-1]: old, at[-1].upper(): old}),
        ):
            tree = put(good, at[:-1], without | keys) if len(at) > 1 else without | keys
            both = tried.read(path, f"{what} {at}", yaml.safe_dump(tree).encode(), lambda: read(path))
            if both is not None:
                check(*both, f"{what} {at}")
                assert what == "without" or at[0] in ("groupings", "strategies", "figures"), (
                    f"{what} {at}: accepted"
                )


DUPLICATES = [
    ("seeds", GOOD + "seeds: [3]\n"),
    ("mapq", GOOD.replace("mapq: 30,", "mapq: 30, mapq: 10,")),
    ("STL", GOOD.replace("  SMTL: {grouping: all}\n", "  SMTL: {grouping: all}\n  STL: {grouping: all}\n")),
    ("splits", GOOD + "splits:\n  validation: [{chrom: chr1}]\n  test: [{chrom: chr2}]\n"),
    ("chrom", GOOD.replace("{chrom: chr3}", "{chrom: chr3, chrom: chr2}")),
    ("'seeds'", GOOD + '"seeds": [3]\n'),
]


@pytest.mark.parametrize("key, text", DUPLICATES)
def test_a_key_that_stands_twice_is_refused(tmp_path, tried, key, text):
    path = tmp_path / "config.yaml"
    assert (
        tried.read(path, key, text.encode(), lambda: read(path), rf"line \d+: .*{key.strip(chr(39))}") is None
    )


DEEP = {
    "lists": "name: " + "[" * 3000 + "]" * 3000 + "\n",
    "maps": "".join(" " * i + "a:\n" for i in range(2000)),
    "aliases": "a: &a [x, x]\n"
    + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)),
    "itself": "name: &a [*a]\n",
    "merge": "genome: &g {fasta: x, assembly: y, chromosomes: [z]}\nother: {<<: *g}\n",
    "tag": "name: !!python/object/apply:os.system ['touch pwned']\n",
    "tag of a file": "name: !include /etc/passwd\n",
    "a date": "name: 2024-01-01\n",
    "binary": "name: !!binary aGVsbG8=\n",
    "a set": "name: !!set {a, b}\n",
    "two documents": GOOD + "---\nname: other\n",
    "a list": "- name: x\n",
    "a word": "name\n",
    "numbers as keys": GOOD + "1: 2\n",
    "tabs": GOOD.replace("  fasta", "\tfasta"),
}


def test_a_merged_mapping_may_be_overridden(tmp_path):
    """What YAML's merge is for is no key that stands twice."""
    path = tmp_path / "config.yaml"
    path.write_text(
        GOOD.replace("SMTL: {grouping: all}", "SMTL: &s {grouping: all}\n  OTHER: {<<: *s, grouping: single}")
    )
    assert read(path)[1]["strategies"]["OTHER"]["grouping"] == "single"


@pytest.mark.parametrize("kind", DEEP)
def test_strange_yaml(tmp_path, tried, kind, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "config.yaml"
    both = tried.read(path, kind, DEEP[kind].encode(), lambda: read(path))
    assert both is None and not (tmp_path / "pwned").exists()


def test_a_missing_config_is_named(tmp_path, tried):
    for path in (tmp_path / "none.yaml", tmp_path):
        tried.inputs += 1
        assert str(path) in outcome(lambda path=path: read(path))[1]
    with pytest.raises(InputError):
        check_config_text(tmp_path)
