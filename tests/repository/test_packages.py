"""The floor plan: what imports what, and the page that says so."""

import ast
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

MOST_FILES = 25


def packages(repository: Path) -> list[str]:
    """From the bottom up, as the contract in pyproject.toml has them."""
    settings = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    return [name for layer in reversed(layers) for name in layer.split(" | ")]


def test_the_page_says_of_each_package_what_the_package_says(repository):
    library = repository / "workflow" / "scripts" / "epigroup"
    page = (repository / "docs" / "developers" / "architecture.md").read_text(encoding="utf-8")
    rows = []
    for name in packages(repository):
        said = ast.get_docstring(ast.parse((library / name / "__init__.py").read_text(encoding="utf-8")))
        rows.append(f"| `{name}` | {' '.join(said.split(chr(10) * 2)[0].split())} |")
    assert "| --- | --- |\n" + "\n".join(rows) + "\n\n" in page


def test_no_package_is_a_heap(repository):
    library = repository / "workflow" / "scripts" / "epigroup"
    for folder in [library, *(path.parent for path in library.rglob("__init__.py"))]:
        assert len(list(folder.glob("*.py"))) <= MOST_FILES, folder
    assert [path.name for path in library.glob("*.py")] == ["__init__.py"]


@pytest.mark.parametrize(
    "module, line, contract",
    [
        ("core/files.py", "from epigroup.genome import contigs", "Imports go down only"),
        ("new/thing.py", "", "Imports go down only"),
        (
            "core/errors.py",
            "from epigroup.core import text_files",
            "No circles among the modules of a package",
        ),
        ("plan/text.py", "from epigroup.networks import networks", "No PyTorch where no network"),
        ("dataset/bin_sets.py", "def f():\n    import torch", "No PyTorch where no network"),
        ("plan/text.py", "import pysam", "No pysam where neither alignments"),
        ("paper/tables.py", "import matplotlib", "Figures and pages are made by the report alone"),
        ("run/provenance.py", "import snakemake", "The library knows nothing of Snakemake"),
    ],
)
def test_an_import_that_is_not_to_be_fails_lint(repository, tmp_path, module, line, contract):
    scripts = tmp_path / "workflow" / "scripts"
    shutil.copytree(
        repository / "workflow" / "scripts", scripts, ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(repository / "pyproject.toml", tmp_path)
    [rule] = [
        one
        for one in (repository / "Makefile").read_text().splitlines()
        if "lint-imports" in one and one[0] == "\t"
    ]
    path = scripts / "epigroup" / module
    if not path.parent.exists():
        path.parent.mkdir()
        (path.parent / "__init__.py").write_text("")
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    run = subprocess.run(rule.strip(), shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    broken = [one for one in run.stdout.splitlines() if one.endswith("BROKEN")]
    assert broken[0].startswith(contract), run.stdout
