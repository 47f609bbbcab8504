# ruff: noqa: E501 (whole files stand in one line)
"""Ordinary Python that could hide an edit of logic from the code digest: each edit must be seen."""

import pytest

from edited_trees import edit_once
from epigroup.digest import code as digest

ERRORS = (
    "class InputError(Exception):\n    def __init__(self, message):\n        super().__init__(str(message))\n"
)
STORE = "def read(x):\n    return 1\nTABLE = {}\ndef fill():\n    TABLE['x'] = 1\n"
FAST = "def g(x):\n    return 1\n"
KEEPS = "from epigroup.m import run\ndef f():\n    try:\n        return run(1)\n    except {} as e:\n        return str(e)\nf()\n"

# what it is: (files beside those that all have, file, what stands there, what is put in its place)
TRAPS = {
    "a class body reads what it binds": (
        {"s.py": "from epigroup.store import read\nclass A:\n    read = staticmethod(read)\nA.read(1)\n"},
        ("epigroup/store.py", "return 1", "return 2"),
    ),
    "a class body reads a constant that it binds": (
        {"epigroup/m.py": "rate = 1\nclass A:\n    rate = rate\n", "s.py": "from epigroup.m import A\nA.rate\n"},
        ("epigroup/m.py", "rate = 1", "rate = 2"),
    ),
    "the first iterable of a comprehension": (
        {"s.py": "from epigroup.store import read\ndef f(x):\n    return [read for read in read(x)]\nf(1)\n"},
        ("epigroup/store.py", "return 1", "return 2"),
    ),
    "the first of two imports of one name": (
        {
            "epigroup/m.py": "try:\n    from epigroup.fast import g\nexcept ImportError:\n    from epigroup.slow import g\n",
            "s.py": "from epigroup.m import g\ng(1)\n",
        },
        ("epigroup/fast.py", "return 1", "return 2"),
    ),
    "the first of two foreign imports": (
        {
            "epigroup/m.py": "try:\n    import numpy as np\nexcept ImportError:\n    import cupy as np\n",
            "s.py": "from epigroup.m import np\nnp.zeros(1)\n",
        },
        ("epigroup/m.py", "import numpy as np", "import torch as np"),
    ),
    "the import of a name that is bound again": (
        {
            "epigroup/m.py": "try:\n    from epigroup.fast import g\nexcept ImportError:\n    g = None\n",
            "s.py": "from epigroup.m import g\ng(1)\n",
        },
        ("epigroup/fast.py", "return 1", "return 2"),
    ),
    "the value of a name that is imported too": (
        {
            "epigroup/m.py": "from epigroup.store import TABLE\nTABLE = 5\ndef f():\n    return TABLE\n",
            "s.py": "from epigroup.m import f\nf()\n",
        },
        ("epigroup/m.py", "TABLE = 5", "TABLE = 6"),
    ),
    "what a module that is a value brings from another": (
        {
            "epigroup/methods/__init__.py": "from epigroup.fast import g\n",
            "s.py": "import sys\nfrom epigroup import methods\ngetattr(methods, sys.argv[1])(1)\n",
        },
        ("epigroup/fast.py", "return 1", "return 2"),
    ),
    "a name that a function brings for others": (
        {
            "s.py": "def load():\n    global g\n    from epigroup.fast import g\ndef use():\n    return g(1)\nload()\nuse()\n"
        },
        ("epigroup/fast.py", "return 1", "return 2"),
    ),
    "an import in the body of a class": (
        {"s.py": "class A:\n    from epigroup.fast import g\nA.g(1)\n"},
        ("epigroup/fast.py", "return 1", "return 2"),
    ),
    "a foreign import in a function, for what it does": (
        {"s.py": "def f():\n    import hdf5plugin\nf()\n"},
        ("s.py", "import hdf5plugin", "import blosc2"),
    ),
    "a foreign module within another": (
        {"s.py": "import scipy.sparse\nscipy.eye(3)\n"},
        ("s.py", "import scipy.sparse", "import scipy.linalg"),
    ),
    "the order of what a module does when it is imported": (
        {"epigroup/m.py": "X = {}\nX['a'] = 1\nX['a'] = 2\n", "s.py": "from epigroup.m import X\nprint(X)\n"},
        ("epigroup/m.py", "X['a'] = 1\nX['a'] = 2\n", "X['a'] = 2\nX['a'] = 1\n"),
    ),
    "how often it does it": (
        {"epigroup/m.py": "X = []\nX.append(1)\n", "s.py": "from epigroup.m import X\nprint(X)\n"},
        ("epigroup/m.py", "X.append(1)\n", "X.append(1)\nX.append(1)\n"),
    ),
    "when a name was bound": (
        {"epigroup/m.py": "A = 1\nX = A\nA = 2\n", "s.py": "from epigroup.m import X\nprint(X)\n"},
        ("epigroup/m.py", "X = A\nA = 2\n", "A = 2\nX = A\n"),
    ),
    "another table of the same content": (
        {
            "epigroup/other.py": "TABLE = {}\n",
            "s.py": "from epigroup.store import TABLE, fill\nfill()\nprint(TABLE)\n",
        },
        ("s.py", "from epigroup.store import TABLE, fill", "from epigroup.store import fill\nfrom epigroup.other import TABLE"),
    ),
    "the kept text of a built-in error": (
        {"epigroup/m.py": "def run(x):\n    raise ValueError('few')\n", "s.py": KEEPS.format("ValueError")},
        ("epigroup/m.py", "few", "many"),
    ),
    "the same, caught by its parent": (
        {"epigroup/m.py": "def run(x):\n    raise KeyError('few')\n", "s.py": KEEPS.format("LookupError")},
        ("epigroup/m.py", "few", "many"),
    ),
    "the text of the error at hand": (
        {
            "epigroup/m.py": "def run(x):\n    raise ValueError('few')\n",
            "s.py": "import traceback\nfrom epigroup.m import run\ntry:\n    run(1)\nexcept ValueError:\n    print(traceback.format_exc())\n",
        },
        ("epigroup/m.py", "few", "many"),
    ),
    "what an error carries beside its text": (
        {
            "epigroup/m.py": "class Stop(Exception):\n    def __init__(self, kind):\n        self.kind = kind\n"
            "def run(x):\n    raise Stop('early')\n",
            "s.py": "from epigroup.m import Stop, run\ntry:\n    run(1)\nexcept Stop as e:\n    print(e.kind)\n",
        },
        ("epigroup/m.py", "early", "late"),
    ),
    "the operator in an error": (
        {"epigroup/m.py": "def run(i):\n    raise KeyError(i + 3)\n", "s.py": KEEPS.format("KeyError")},
        ("epigroup/m.py", "i + 3", "i % 3"),
    ),
    "a function that is called like a class": (
        {
            "epigroup/m.py": "def FAIL(mode):\n    return RuntimeError(mode * 2)\ndef run(x):\n    raise FAIL('a')\n",
            "s.py": KEEPS.format("RuntimeError"),
        },
        ("epigroup/m.py", "FAIL('a')", "FAIL('b')"),
    ),
    "what the body of a class does": (
        {"epigroup/m.py": "REG = {}\nclass K:\n    REG['k'] = 1\n", "s.py": "from epigroup.m import REG\nprint(REG)\n"},
        ("epigroup/m.py", "REG['k'] = 1", "REG['k'] = 2"),
    ),
    "a callable that is handed on": (
        {"epigroup/m.py": "REG = []\n_ = list(map(REG.append, [1]))\n", "s.py": "from epigroup.m import REG\nprint(REG)\n"},
        ("epigroup/m.py", "[1]", "[2]"),
    ),
    "a file that is written at import": (
        {"epigroup/m.py": "from pathlib import Path\n_ = Path('x').write_text('1')\n", "s.py": "from epigroup import m\nm\n"},
        ("epigroup/m.py", "'1'", "'2'"),
    ),
    "an entry of another module of the same name": (
        {
            "epigroup/a/__init__.py": "", "epigroup/a/tag.py": FAST, "epigroup/b/__init__.py": "", "epigroup/b/tag.py": FAST,
            "s.py": "METHODS = {'tag': 'epigroup.a.tag:g'}\nprint(METHODS)\n",
        },
        ("s.py", "epigroup.a.tag", "epigroup.b.tag"),
    ),
    "a function that hides a module of its name": (
        {
            "epigroup/pkg/__init__.py": "def run(x):\n    return 1\n", "epigroup/pkg/run.py": "X = 1\n",
            "s.py": "from epigroup.pkg import run\nrun(1)\n",
        },
        ("epigroup/pkg/__init__.py", "return 1", "return 2"),
    ),
    "a docstring that is read": (
        {"epigroup/m.py": "def g():\n    '''a'''\n", "s.py": "from epigroup.m import g\nprint(g.__doc__)\n"},
        ("s.py", "print(g.__doc__)", "print(g.__doc__ * 2)"),
    ),
    "its own docstring": (
        {"s.py": "'''a'''\nprint(__doc__)\n"},
        ("s.py", "'''a'''", "'''b'''"),
    ),
    "an iterator in a line of the log": (
        {"s.py": "import logging\nlog = logging.getLogger(__name__)\nit = iter([1, 2])\nlog.info('%s', 1)\nprint(next(it))\n"},
        ("s.py", "'%s', 1)", "'%s', 1 in it)"),
    ),
    "a local name like a built-in in a line of the log": (
        {
            "s.py": "import logging\nlog = logging.getLogger(__name__)\ndef f(x, format=print):\n    log.info('%s', 1)\nf(1)\n"
        },
        ("s.py", "'%s', 1)", "'%s', format(x))"),
    ),
    "a look into a mapping by a line of the log": (
        {"s.py": "import logging\nlog = logging.getLogger(__name__)\ndef f(d):\n    log.info('%s', 1)\nf({})\n"},
        ("s.py", "'%s', 1)", "'%(k)s', d)"),
    ),
    "a logger that an import has bound again": (
        {
            "epigroup/other.py": "class log:\n    info = print\n",
            "s.py": "import logging\nlog = logging.getLogger(__name__)\nfrom epigroup.other import log\nlog.info('a')\n",
        },
        ("s.py", "'a'", "'b'"),
    ),
    "logic that a module of no result passes on": (
        {
            "epigroup/lines.py": "from epigroup.fast import g\nCHANGES_NO_RESULT = ('*',)\n",
            "s.py": "from epigroup.lines import g\ng(1)\n",
        },
        ("epigroup/fast.py", "return 1", "return 2"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", TRAPS)
def test_the_edit_is_seen(what, tmp_path, monkeypatch):
    files, (name, old, new) = TRAPS[what]
    scripts = tmp_path / "workflow" / "scripts"
    common = {
        "epigroup/__init__.py": "", "epigroup/errors.py": ERRORS, "epigroup/store.py": STORE, "epigroup/fast.py": FAST,
        "epigroup/slow.py": FAST.replace("1", "3"),
    }  # fmt: skip
    for path, text in (common | files).items():
        (scripts / path).parent.mkdir(parents=True, exist_ok=True)
        (scripts / path).write_text(text)
    monkeypatch.setattr(digest, "SCRIPTS", scripts)
    monkeypatch.setattr(digest, "_stamp", lambda _: object())
    before = digest.code_digest("s")
    edit_once(scripts / name, old, new)
    assert digest.code_digest("s") != before
