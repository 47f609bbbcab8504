"""The code digest changes with logic alone, goes from name to name, and does not care where a name lies."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from epigroup.digest import code as digest

FILES = {
    "train_pack.py": '"""Train."""\nfrom epigroup.logs import log_to\nfrom epigroup.training import run\n'
    "with log_to(snakemake.log[0]) as log:\n    run(snakemake.input.x)\n",
    "read_only.py": "from epigroup.store import read\nread('x')\n",
    "keeps_text.py": "from epigroup.sweep import table\ntable()\n",
    "epigroup/__init__.py": "",
    "epigroup/errors.py": "class InputError(Exception):\n    pass\n",
    "epigroup/logs.py": "CHANGES_NO_RESULT = ('log_to', 'Progress')\ndef log_to(path):\n    return open(path)\n"
    "class Progress:\n    pass\ndef duration(x):\n    return f'{x} s'\n",
    "epigroup/grouping/__init__.py": "METHODS = {'kmeans': 'epigroup.grouping.kmeans:cluster'}\n",
    "epigroup/grouping/kmeans.py": "K = 1\n",
    "epigroup/training.py": '''
import logging
from epigroup import networks
from epigroup.errors import InputError
from epigroup.logs import Progress
from epigroup.store import read

log = logging.getLogger(__name__)


def run(path, it=iter([1, 2]), rate=0.1):
    """Doc."""
    progress = Progress(log, "steps", 3)
    log.info("%s: %d rows", path, len(path))
    if rate > 1:
        raise InputError(f"{path}: the rate {rate} is too high; take a lower one")
    for step in it:
        log.info("step %d", step)
        path = read(path)
    return networks.build(rate), path, log


def unused(x):
    return x
''',
    "epigroup/networks.py": "X = 1\n_TABLE = {1: 2}\ndef build(rate):\n    return rate * X + other(rate)\n"
    "def other(rate):\n    return _TABLE.get(rate) or build(rate - 1)\ndef export():\n    return X\n",
    "epigroup/store.py": "import json\nimport numpy as np\ndef read(path):\n    return np.zeros(3), json.loads(path)\n"
    "def write(path, value):\n    path.write_text(json.dumps(value))\n",
    "epigroup/sweep.py": "from epigroup.errors import InputError\ndef table():\n    try:\n        return one(1)\n"
    "    except InputError as error:\n        return str(error)\ndef one(x):\n    raise InputError('too few tasks')\n",
    "epigroup/plots.py": "X = 1\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    scripts = tmp_path / "workflow" / "scripts"
    for name, text in FILES.items():
        (scripts / name).parent.mkdir(parents=True, exist_ok=True)
        (scripts / name).write_text(text)
    (tmp_path / "workflow" / "page.html").write_text("<p>")
    monkeypatch.setattr(digest, "SCRIPTS", scripts)
    monkeypatch.setattr(digest, "_stamp", lambda _: object())  # each question reads the files again
    return scripts


def edit(package, name, old, new):
    text = (package / name).read_text()
    assert text.count(old) == 1, (name, old)
    (package / name).write_text(text.replace(old, new))


TRAINING = "epigroup/training.py"
NO_LOGIC = {
    "a docstring": (TRAINING, '"""Doc."""', '"""Other."""'),
    "a comment and layout": (TRAINING, "    for step in it:\n", "    # why\n    for step in ( it ):\n\n"),
    "no docstring": (TRAINING, '    """Doc."""\n', ""),
    "the text of a log line": (TRAINING, '"step %d"', '"at step %d"'),
    "the values of a log line": (TRAINING, '"step %d", step)', '"step %d of %s", step, len(path))'),
    "its level": (TRAINING, 'log.info("step', 'log.debug("step'),
    "no log line": (TRAINING, '    log.info("%s: %d rows", path, len(path))\n', ""),
    "one more": (TRAINING, "        path = read", '        log.info(f"{path:>3} {rate + 1}")\n        path = read'),
    "one alone in a branch": (TRAINING, "        raise Inp", "        log.error('high')\n        raise Inp"),
    "the text of an error": (TRAINING, "is too high; take a lower one", "is too large"),
    "the text of progress": (TRAINING, '"steps"', '"training steps"'),
    "notes of types": (TRAINING, "rate=0.1):", "rate: float = 0.1) -> tuple:"),
    "a note of a type inside": (TRAINING, "        path = read", "        path: object = read"),
    "what nothing refers to": (TRAINING, "    return x\n", "    return x + 1\n"),
    "a new function": (TRAINING, "def unused", "def more():\n    return read\n\n\ndef unused"),
    "an import that is not used": (TRAINING, "import logging\n", "import logging\nfrom epigroup import plots\n"),
    "the way of an import": (TRAINING, "from epigroup.store import read", "from .store import read"),
    "the writer beside the reader": ("epigroup/store.py", "json.dumps(value)", "json.dumps(value, indent=1)"),
    "what the network does not call": ("epigroup/networks.py", "return X\n", "return X + 1\n"),
    "how a log is opened": ("epigroup/logs.py", "return open(path)", "return open(path, 'w')"),
    "progress": ("epigroup/logs.py", "    pass\n", "    every = 30\n"),
    "a method loaded by name": ("epigroup/grouping/kmeans.py", "K = 1", "K = 2"),
    "the script's own docstring": ("train_pack.py", '"""Train."""', '"""Train it."""'),
}  # fmt: skip
LOGIC = {
    "a log line that takes from an iterator": (TRAINING, '"step %d", step', '"step %s", next(it)'),
    "one that joins an iterator": (TRAINING, '"step %d", step', '"step %s", ", ".join(it)'),
    "one with :=": (TRAINING, '"step %d", step', '"step %d", (rate := step)'),
    "one that calls": (TRAINING, '"step %d", step', '"step %d", path.pop()'),
    "one that looks into a mapping": (TRAINING, '"step %d", step', '"step %d", path[step]'),
    "one that spreads an iterator": (TRAINING, '"step %d", step', '"step %d", *it'),
    "one that lists": (TRAINING, '"step %d", step', '"step %s", [x for x in it]'),
    "a log call that is not alone": (TRAINING, '        log.info("step %d", step)', '        rate = log.info("step")'),
    "a logger that is not the module's": (TRAINING, "rate=0.1):", "rate=0.1, log=print):"),
    "another exception": (TRAINING, "raise InputError(", "raise ValueError("),
    "the value in an error": (TRAINING, "{rate} is too", "{path.pop()} is too"),
    "a default": (TRAINING, "rate=0.1", "rate=0.2"),
    "a literal elsewhere": (TRAINING, "if rate > 1:", "if rate > 2:"),
    "the order of lines": (TRAINING, "    return networks.build", "    it = 1\n    return networks.build"),
    "another function of one name": (TRAINING, "networks.build(rate)", "networks.other(rate)"),
    "what is called": ("epigroup/networks.py", "rate * X", "rate + X"),
    "what that calls": ("epigroup/networks.py", "_TABLE.get(rate) or", "_TABLE.get(rate + 1) or"),
    "a constant that it reads": ("epigroup/networks.py", "X = 1\n", "X = 2\n"),
    "a table that it reads": ("epigroup/networks.py", "{1: 2}", "{1: 3}"),
    "a table that is changed later": ("epigroup/networks.py", "def export", "_TABLE[3] = 4\ndef export"),
    "the reader": ("epigroup/store.py", "np.zeros(3)", "np.zeros(4)"),
    "a foreign function of one name": ("epigroup/store.py", "import numpy as np", "import torch as np"),
    "what happens at import": ("epigroup/store.py", "def write", "np.seterr('raise')\ndef write"),
    "a value that a call makes at import": ("epigroup/store.py", "def write", "STATE = np.seterr('raise')\ndef write"),
    "a default that is made at import": ("epigroup/store.py", "write(path, value)", "write(path, value=np.seterr())"),
    "a decorator that may register": ("epigroup/store.py", "def write", "@np.register\ndef write"),
    "an import for what it does": ("epigroup/store.py", "import json\n", "import json\nimport hdf5plugin\n"),
    "what a folder does when it is imported": ("epigroup/__init__.py", "", "import os\nos.environ['A'] = '1'\n"),
    "a name for what has left the list": ("epigroup/logs.py", "('log_to', 'Progress')", "('Progress',)"),
    "the script": ("train_pack.py", "run(snakemake.input.x)", "run(snakemake.input.y)"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("edited", "changes"),
    [pytest.param(one, False, id=what) for what, one in NO_LOGIC.items()]
    + [pytest.param(one, True, id=what) for what, one in LOGIC.items()],
)
def test_logic_alone_changes_the_digest(package, edited, changes):
    before = digest.code_digest("train_pack")
    edit_or_fill(package, *edited)
    assert (digest.code_digest("train_pack") != before) == changes


def edit_or_fill(package, name, old, new):
    if old:
        edit(package, name, old, new)
    else:
        (package / name).write_text(new)


def test_a_reader_does_not_hang_on_what_its_module_writes(package):
    before = digest.code_digest("read_only"), digest.code_digest("train_pack")
    edit(package, "epigroup/networks.py", "rate * X", "rate + X")
    after = digest.code_digest("read_only"), digest.code_digest("train_pack")
    assert after[0] == before[0] and after[1] != before[1]


def test_the_text_of_an_error_counts_where_it_is_kept(package):
    before = digest.code_digest("keeps_text"), digest.code_digest("train_pack")
    edit(package, "epigroup/sweep.py", "too few tasks", "fewer tasks than groups")
    assert digest.code_digest("keeps_text") != before[0]
    assert digest.code_digest("train_pack") == before[1]


def test_names_that_refer_to_each_other_in_a_circle_are_told_apart(package):
    (package / "circle.py").write_text("from epigroup.circle import a\na(3)\n")
    text = "def a(x):\n    return b(x)\ndef b(x):\n    return c(x)\ndef c(x):\n    return {}(x - 1)\n"
    found = set()
    for back in "abc":
        (package / "epigroup/circle.py").write_text(text.format(back))
        found.add(digest.code_digest("circle"))
    assert len(found) == 3


@pytest.mark.parametrize(
    ("module", "moved", "old", "new"),
    [
        ("networks", "models/networks", "from epigroup import networks", "from epigroup.models import networks"),
        ("store", "files/shards", "from epigroup.store import read", "from epigroup.files.shards import read"),
        ("errors", "core/errors", "import logging", "import logging"),
        ("networks", "nets", "from epigroup import networks", "from epigroup import nets as networks"),
        ("networks", "nets", "from epigroup import networks", "import epigroup.nets as networks"),
        ("networks", "nets", "from epigroup import networks", "from . import nets as networks"),
    ],
)  # fmt: skip
def test_a_module_that_moves_changes_no_digest(package, module, moved, old, new):
    names = ("train_pack", "read_only", "keeps_text")
    before = [digest.code_digest(name) for name in names]
    target = package / "epigroup" / f"{moved}.py"
    target.parent.mkdir(exist_ok=True)
    if target.parent.name != "epigroup":
        (target.parent / "__init__.py").write_text('"""A room."""\n')
    (package / "epigroup" / f"{module}.py").rename(target)
    for path in [*package.glob("*.py"), *package.glob("epigroup/**/*.py")]:
        dotted = f"epigroup.{moved.replace('/', '.')}"
        text = (
            path.read_text()
            .replace(old, new)
            .replace(f"from epigroup.{module} import", f"from {dotted} import")
        )
        path.write_text(text)
    assert [digest.code_digest(name) for name in names] == before


def test_a_registry_may_name_a_module_that_moved(package):
    (package / "group.py").write_text("from epigroup.grouping import METHODS\nprint(METHODS)\n")
    before = digest.code_digest("group")
    (package / "epigroup/methods").mkdir()
    (package / "epigroup/grouping/kmeans.py").rename(package / "epigroup/methods/kmeans.py")
    edit(package, "epigroup/grouping/__init__.py", "epigroup.grouping.kmeans:", "epigroup.methods.kmeans:")
    assert digest.code_digest("group") == before
    edit(package, "epigroup/grouping/__init__.py", ":cluster", ":other")
    assert digest.code_digest("group") != before


def test_modules_loaded_by_name_and_files_count_when_named(package):
    args = ("train_pack", ("grouping.kmeans",), ("page.html",))
    before = digest.code_digest(*args)
    edit(package, "epigroup/grouping/kmeans.py", "K = 1", "K = 2")
    after = digest.code_digest(*args)
    (package.parent / "page.html").write_text("<b>")
    assert len({before, after, digest.code_digest(*args)}) == 3


def test_a_module_beyond_names_counts_whole(package):
    edit(package, "epigroup/store.py", "def write", "TABLE = globals()\ndef write")
    before = digest.code_digest("read_only")
    edit(package, "epigroup/store.py", "json.dumps(value)", "json.dumps(value, indent=1)")
    assert digest.code_digest("read_only") != before


def test_a_module_taken_as_a_value_counts_whole(package):
    (package / "whole.py").write_text("from epigroup import store\nprint(store)\n")
    before = digest.code_digest("whole")
    edit(package, "epigroup/store.py", "json.dumps(value)", "json.dumps(value, indent=1)")
    assert digest.code_digest("whole") != before


def test_known_digests_are_believed_for_the_same_bytes_only(package, tmp_path, monkeypatch):
    known = tmp_path / ".snakemake/code_digests.json"
    args = ("train_pack", ("grouping.kmeans",), ("page.html",))
    before = digest.code_digest(*args)
    assert digest.code_digest(*args, known=known) == before and known.is_file()
    with monkeypatch.context() as patch:
        patch.setattr(digest._Code, "digest", lambda *_: pytest.fail("made again"))
        assert digest.code_digest(*args, known=known) == before
    edits = (
        ("epigroup/networks.py", "rate * X", "rate + X"),  # of the same length, as a date may be too
        ("epigroup/grouping/kmeans.py", "K = 1", "K = 2"),
        ("../page.html", "<p>", "<b>"),
    )
    seen = {before}
    for one in edits:
        edit(package, *one)
        assert digest.code_digest(*args, known=known) == digest.code_digest(*args) not in seen
        seen.add(digest.code_digest(*args))
    for damaged in ("", "{", "[]", '{"content": 1}', "\0"):
        known.write_text(damaged)
        assert digest.code_digest(*args, known=known) == digest.code_digest(*args)
    known.unlink()
    known.mkdir()
    assert digest.code_digest(*args, known=known) == digest.code_digest(*args)


def test_unknown_names_are_errors(package):
    with pytest.raises(ModuleNotFoundError, match="grouping.nothing"):
        digest.code_digest("train_pack", ("grouping.nothing",))
    edit(package, TRAINING, "from epigroup.store import read", "from epigroup.store import load as read")
    with pytest.raises(ImportError, match=r"epigroup\.store has no load"):
        digest.code_digest("train_pack")
    edit(package, TRAINING, "from epigroup.store import load as read", "from epigroup.store import *")
    with pytest.raises(ImportError, match=r"training, line 6: import the names"):
        digest.code_digest("train_pack")


# The package as it is.


@pytest.fixture
def copy(repository, tmp_path, monkeypatch):
    scripts = tmp_path / "workflow" / "scripts"
    shutil.copytree(
        repository / "workflow" / "scripts", scripts, ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setattr(digest, "SCRIPTS", scripts)
    return scripts


def all_digests(scripts):
    return {path.stem: digest.code_digest(path.stem) for path in sorted(scripts.glob("*.py"))}


def changed(scripts, before):
    return {name for name, found in all_digests(scripts).items() if found != before[name]}


# (file, what stands there, what is put in its place)
NOTHING = (
    ("dataset/make_shard.py", '"%s: no example"', '"%s: not one example is left"'),
    ("training/train_pack.py", '"""Train the groups of one pack', '"""Train all groups of one pack'),
    ("training/initial_state.py", "unknown optimiser {settings.optimiser!r};", "{settings.optimiser!r} is none;"),
    ("training/tensorboard.py", "0x82F63B78", "0x82F63B79"),
    ("training/log_lines.py", "examples/s", "examples a second"),
    ("core/logs.py", "every_seconds: float = 30.0", "every_seconds: float = 60.0"),
    ("dataset/shards.py", "def write_shard(", "def _new_here():\n    return 1\n\n\ndef write_shard("),
)  # fmt: skip


def test_edits_of_the_package(copy):
    """Each edit reruns what follows from it and nothing else: asked of every script."""
    before = all_digests(copy)

    def edit_package(name, old, new):
        edit(copy / "epigroup", name, old, new)

    for one in NOTHING:
        edit_package(*one)
    assert changed(copy, before) == set()
    edit_package(
        "genome/fasta.py",
        "codes = bytearray()\n    line = 1",
        "codes = bytearray(8)\n    line = 1",
    )
    of_genome = {"build_genome", "predict_regions"}
    assert changed(copy, before) == of_genome
    edit_package(
        "genome/build.py", "store.create_dataset(contig.name, data=codes)", "store[contig.name] = codes"
    )
    assert changed(copy, before) == of_genome
    edit_package("training/trainer.py", "self.state.step += 1", "self.state.step += 2")
    of_training = changed(copy, before) - of_genome
    assert of_training == {"train_pack", "run_trials"}
    edit_package("dataset/shards.py", "def write_shard(", "@print\ndef write_shard(")
    assert {"make_shard", "train_pack", "evaluate_strategy"} <= changed(copy, before)


def test_an_edit_is_seen_by_the_process_that_runs(copy):
    """Files are read again where a date or a size is another one: of every file, however deep."""
    before = digest._stamp(copy)
    assert [Path(path) for path, *_ in before] == sorted(copy.rglob("*.py"), key=str)
    with open(copy / "epigroup/training/balancing/famo.py", "a", encoding="utf-8") as file:
        file.write("\n# more\n")
    assert digest._stamp(copy) != before


def test_every_package_may_move(copy):
    """All packages in other folders, their imports and registries rewritten: no digest changes."""
    before = all_digests(copy)
    library = copy / "epigroup"
    packages = sorted(path.parent.name for path in library.glob("*/__init__.py"))
    room = {name: "abc"[number % 3] for number, name in enumerate(packages)}
    for name in "abc":
        (library / name).mkdir()
        (library / name / "__init__.py").write_text('"""A room."""\n')
    for name in packages:
        (library / name).rename(library / room[name] / name)

    def dotted(found):
        return f"epigroup.{room[found[1]]}.{found[1]}" if found[1] in room else found[0]

    def names(found):
        listed = [name.strip() for name in found[1].strip("()").replace("\n", " ").split(",") if name.strip()]
        where = [(f".{room[name.split()[0]]}" if name.split()[0] in room else "") for name in listed]
        return "\n".join(f"from epigroup{place} import {name}" for place, name in zip(where, listed))

    for path in copy.rglob("*.py"):
        text = re.sub(r"\bepigroup\.(\w+)", dotted, path.read_text(encoding="utf-8"))
        path.write_text(re.sub(r"from epigroup import (\([^)]*\)|[^\n]*)", names, text), encoding="utf-8")
    assert len(packages) > 20
    assert changed(copy, before) == set()


def test_only_logs_event_files_and_words_about_results_are_declared_to_change_no_result(repository):
    """Each further one is a decision: what its names give must reach no table, no page and no decision."""
    package = repository / "workflow" / "scripts" / "epigroup"
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(r"^CHANGES_NO_RESULT\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    stages = ("audit", "comparison", "data", "evaluation", "grouping", "simulation", "training")
    catalogue = {f"results/catalogue/{name}.py" for name in (*stages, "conditions", "scores")}
    assert found == {"core/logs.py", "training/tensorboard.py", "training/log_lines.py", *catalogue}


def test_the_table_of_what_an_edit_reruns_is_of_the_present_code(repository):
    command = [sys.executable, str(repository / "docs/developers/reruns.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
