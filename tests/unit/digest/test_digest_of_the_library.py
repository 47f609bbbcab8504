"""The digests of the library's own scripts: what an edit changes, packages that move, and what changes no result."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edited_trees import edit_once
from epigroup.digest import code as digest


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
        edit_once(copy / "epigroup" / name, old, new)

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
    assert of_training == {"train_pack", "run_trials", "adopt_profiles", "measure_few_shot"}
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


def test_only_logs_looks_for_room_event_files_and_words_about_results_are_declared_to_change_no_result(
    repository,
):
    """Each further one is a decision: what its names give must reach no table, no page and no decision."""
    package = repository / "workflow" / "scripts" / "epigroup"
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(r"^CHANGES_NO_RESULT\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    stages = (
        "adopt",
        "audit",
        "baselines",
        "comparison",
        "data",
        "evaluation",
        "grouping",
        "imputation",
        "quality",
        "simulation",
        "training",
    )
    catalogue = {
        f"results/catalogue/{name}.py" for name in (*stages, "conditions", "costs", "scores", "units")
    }
    room = {f"{stage}/scratch.py" for stage in ("core", "reads", "peaks")}
    assert found == {"core/logs.py", "training/tensorboard.py", "training/log_lines.py", *room, *catalogue}


def test_the_table_of_what_an_edit_reruns_is_of_the_present_code(repository):
    command = [sys.executable, str(repository / "docs/developers/reruns.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_another_version_makes_the_pages_again_and_nothing_else(copy):
    """What a release changes in the library (docs/developers/releases.md)."""
    before = all_digests(copy)
    init = copy / "epigroup/__init__.py"
    init.write_text(re.sub(r'^__version__ = ".*"$', '__version__ = "99.0.0"', init.read_text(), flags=re.M))
    assert '"99.0.0"' in init.read_text() and changed(copy, before) == {"make_report", "make_imputation_page"}
