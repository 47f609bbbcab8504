"""Text is UTF-8 whatever the locale: no file is opened in the locale's encoding, and digests are the same in any."""

import ast
import os
import subprocess
import sys

import pytest

# method or function: the position of its mode, if it has one
OPENERS = {
    "read_text": None,
    "write_text": None,
    "FileHandler": None,
    "open": 1,
    "fdopen": 1,
    "NamedTemporaryFile": 0,
}
PACKED = ("gzip", "igzip", "bz2", "lzma")
TEXT_UNLESS_TOLD = {"open", "fdopen", "read_text", "write_text", "FileHandler"}


def opens_in_the_locale(call: ast.Call) -> bool:
    """Whether a call opens text without naming its encoding."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name not in OPENERS or any(word.arg in ("encoding", None) for word in call.keywords):
        return False
    owner = (
        function.value.id
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
        else ""
    )
    if isinstance(function, ast.Attribute) and name == "open" and owner not in (*PACKED, "io", "os"):
        return False
    if name in ("read_text", "write_text", "FileHandler"):
        return isinstance(function, ast.Attribute)
    modes = [word.value for word in call.keywords if word.arg == "mode"] + call.args[OPENERS[name] :][:1]
    if not modes:
        return name in TEXT_UNLESS_TOLD and owner not in PACKED
    mode = modes[0].value if isinstance(modes[0], ast.Constant) else "b"
    return "t" in mode if owner in PACKED else "b" not in mode


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("open(p)", True), ("open(p, 'rb')", False), ("open(p, mode='w')", True), ("gzip.open(p)", False),
        ("gzip.open(p, 'wt')", True), ("path.read_text()", True), ("read_text(path)", False),
        ("path.write_text(x, encoding='utf-8')", False), ("NamedTemporaryFile()", False),
        ("tempfile.NamedTemporaryFile('w')", True), ("webbrowser.open(p)", False),
    ],
)  # fmt: skip
def test_what_opens_in_the_locale_is_seen(text, told):
    assert opens_in_the_locale(ast.parse(text, mode="eval").body) is told


def test_no_file_is_opened_in_the_encoding_of_the_locale(repository):
    found = [
        f"{path.relative_to(repository)}:{node.lineno}"
        for folder in ("workflow", "config")
        for path in sorted((repository / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and opens_in_the_locale(node)
    ]
    assert found == []


def test_schema_and_digest_are_the_same_in_a_locale_of_ascii(repository):
    """What asks for reruns must not follow the locale of the shell that a run is started from."""
    code = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1] + '/workflow/scripts');"
        "from epigroup.config.schema import _schema; from epigroup.config.sheet_checks import schema;"
        "from epigroup.digest.code import code_digest; from pathlib import Path;"
        "print(hashlib.sha256(repr((_schema(), schema())).encode()).hexdigest(),"
        " [code_digest(path.stem) for path in sorted(Path(sys.argv[1], 'workflow/scripts').glob('*.py'))])"
    )

    def printed(**locale):
        run = subprocess.run(
            [sys.executable, "-c", code, str(repository)],
            env={**os.environ, **locale}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return run.stdout

    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert printed(**ascii_only) == printed(PYTHONUTF8="1")
