"""The workflow's rules as text: what each one runs, and its shell command filled in as Snakemake fills it."""

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from snakemake.iocontainers import Namedlist
from snakemake.utils import format as fill

from checkouts import WORKFLOW

DOES = re.compile(r"^ +(script|shell|run|notebook|wrapper):", re.MULTILINE)


@dataclass(frozen=True)
class Rule:
    """The text of one rule: its name, environment file, script and shell command (whichever it has)."""

    name: str
    env: str | None
    script: str | None
    shell: str | None
    does_something: bool
    text: str


def rule_text(path: Path) -> str:
    """Text of a rule file, with the name of the networks' environment as what it stands for."""
    of_torch = re.search(r"^TORCH_ENV = (.+)$", (WORKFLOW / "rules/common.smk").read_text(), re.MULTILINE)[1]
    return path.read_text().replace("    TORCH_ENV\n", f"    {of_torch}\n")


def rules() -> Iterator[Rule]:
    for path in sorted(WORKFLOW.glob("rules/*.smk")):
        parts = re.split(r"^[ ]*(?:rule|checkpoint) (\w+):$", rule_text(path), flags=re.MULTILINE)
        for name, body in zip(parts[1::2], parts[2::2], strict=True):
            yield Rule(
                name=name,
                env=quoted("conda", body),
                script=quoted("script", body),
                shell=shell_text(body),
                does_something=DOES.search(body) is not None,
                text=body,
            )


def quoted(directive: str, body: str) -> str | None:
    match = re.search(rf'^ +{directive}:\s*"([^"]+)"', body, re.MULTILINE)
    return match and match.group(1)


def shell_text(body: str) -> str | None:
    """The strings of a shell directive joined as Python joins them."""
    match = re.search(r"^( +)shell:\n((?:\1 +.*\n|\s*\n)+)", body + "\n", re.MULTILINE)
    return ast.literal_eval(f"({match.group(2)})") if match else None


def run_shell(name: str, folder: Path, **parts) -> subprocess.CompletedProcess:
    """Run the shell command of a rule in `folder`; `parts` are input, output, log ... as dicts or lists."""
    shell = next(rule.shell for rule in rules() if rule.name == name)
    spaces = {
        key: Namedlist(fromdict=value)
        if isinstance(value, dict)
        else Namedlist(value)
        if isinstance(value, list)
        else value
        for key, value in parts.items()
    }
    spaces["resources"] = SimpleNamespace(tmpdir=str(folder))
    command = fill(shell, **{"threads": 1, **spaces})
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail; {command}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
