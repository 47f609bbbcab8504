"""Nothing of the product waits for a connection: no socket is bound, no server started, by code or by a command."""

import ast
import re

import pytest

from checkouts import WORKFLOW
from shell_rules import rules

SCRIPTS = sorted(WORKFLOW.rglob("*.py"))
RULES = sorted(WORKFLOW.rglob("*.smk"))
CALLS = {
    "bind", "listen", "accept", "create_server", "start_server", "create_datagram_endpoint", "serve_forever",
    "init_process_group", "TCPStore", "run_server", "make_server", "launch_kernel",
}  # fmt: skip
MODULES = {
    "socketserver", "http.server", "wsgiref", "xmlrpc.server", "multiprocessing.managers", "multiprocessing.connection",
    "torch.distributed", "asyncio", "flask", "bottle", "tornado", "aiohttp", "uvicorn", "fastapi", "dash", "streamlit",
    "bokeh", "tensorboard", "ray", "dask", "xmlrpc", "zmq", "socket",
}  # fmt: skip
COMMANDS = re.compile(r"\b(http\.server|nc|ncat|netcat|socat|tensorboard|jupyter|sshd|redis-server)\b")


def listening(text: str) -> list[str]:
    """What in a text of Python could listen on a port."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", None))
            found += [name] if name in CALLS else []
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        found += [name for name in names if {name, name.split(".")[0]} & MODULES]
    return found


def test_the_search_finds_what_it_is_for():
    assert listening("import socket\nsocket.socket().bind((host, 80))") == ["socket", "bind"]
    assert listening("from http import server") == ["http.server"]
    assert listening("from http.client import HTTPException\nimport urllib.request") == []
    assert len(SCRIPTS) > 100 and len(RULES) > 20


@pytest.mark.parametrize("folder", sorted({path.parent for path in SCRIPTS}), ids=lambda folder: folder.name)
def test_no_script_listens(folder):
    found = {path.name: listening(path.read_text()) for path in folder.glob("*.py")}
    assert {name: what for name, what in found.items() if what} == {}


def test_no_rule_listens():
    for path in RULES:
        imports = re.findall(r"^(?:from|import) .*?$", path.read_text(), re.MULTILINE)
        assert [line for line in imports if set(re.split(r"[ ,.]+", line)) & MODULES] == [], path.name
        calls = set(re.findall(r"\b(\w+)\(", path.read_text()))
        assert calls & CALLS == set(), path.name
    for rule in rules():
        assert not COMMANDS.search(rule.shell or ""), rule.name
