"""The code digest changes with logic alone, goes from name to name, and does not care where a name lies."""

import pytest

from edited_trees import edit_once
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


def edit_or_fill(package, name, old, new):
    if old:
        edit_once(package / name, old, new)
    else:
        (package / name).write_text(new)


@pytest.mark.parametrize(
    ("edited", "changes"),
    [pytest.param(one, False, id=what) for what, one in NO_LOGIC.items()]
    + [pytest.param(one, True, id=what) for what, one in LOGIC.items()],
)
def test_logic_alone_changes_the_digest(package, edited, changes):
    before = digest.code_digest("train_pack")
    edit_or_fill(package, *edited)
    assert (digest.code_digest("train_pack") != before) == changes


def test_a_reader_does_not_hang_on_what_its_module_writes(package):
    before = digest.code_digest("read_only"), digest.code_digest("train_pack")
    edit_once(package / "epigroup/networks.py", "rate * X", "rate + X")
    after = digest.code_digest("read_only"), digest.code_digest("train_pack")
    assert after[0] == before[0] and after[1] != before[1]


def test_the_text_of_an_error_counts_where_it_is_kept(package):
    before = digest.code_digest("keeps_text"), digest.code_digest("train_pack")
    edit_once(package / "epigroup/sweep.py", "too few tasks", "fewer tasks than groups")
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
    edit_once(
        package / "epigroup/grouping/__init__.py", "epigroup.grouping.kmeans:", "epigroup.methods.kmeans:"
    )
    assert digest.code_digest("group") == before
    edit_once(package / "epigroup/grouping/__init__.py", ":cluster", ":other")
    assert digest.code_digest("group") != before


def test_modules_loaded_by_name_and_files_count_when_named(package):
    args = ("train_pack", ("grouping.kmeans",), ("page.html",))
    before = digest.code_digest(*args)
    edit_once(package / "epigroup/grouping/kmeans.py", "K = 1", "K = 2")
    after = digest.code_digest(*args)
    (package.parent / "page.html").write_text("<b>")
    assert len({before, after, digest.code_digest(*args)}) == 3


def test_a_module_beyond_names_counts_whole(package):
    edit_once(package / "epigroup/store.py", "def write", "TABLE = globals()\ndef write")
    before = digest.code_digest("read_only")
    edit_once(package / "epigroup/store.py", "json.dumps(value)", "json.dumps(value, indent=1)")
    assert digest.code_digest("read_only") != before


def test_a_module_taken_as_a_value_counts_whole(package):
    (package / "whole.py").write_text("from epigroup import store\nprint(store)\n")
    before = digest.code_digest("whole")
    edit_once(package / "epigroup/store.py", "json.dumps(value)", "json.dumps(value, indent=1)")
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
    for name, old, new in edits:
        edit_once(package / name, old, new)
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
    edit_once(
        package / TRAINING, "from epigroup.store import read", "from epigroup.store import load as read"
    )
    with pytest.raises(ImportError, match=r"epigroup\.store has no load"):
        digest.code_digest("train_pack")
    edit_once(package / TRAINING, "from epigroup.store import load as read", "from epigroup.store import *")
    with pytest.raises(ImportError, match=r"training, line 6: import the names"):
        digest.code_digest("train_pack")
