"""Each rule's conda environment holds what its script imports and what its shell command calls.

Environments cannot be made without a channel's server, so this reads rules, scripts and environment files.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from checkouts import WORKFLOW
from environment_files import PACKAGE_OF_IMPORT, environment
from epigroup import affinity, grouping
from shell_rules import quoted, rule_text, rules

# command: package of conda, where they differ; None: part of every system that has a shell
SYSTEM = """
    awk basename cat cd cksum cmp cp cut date diff dirname echo exit export false grep gzip head ln ls mkdir mktemp mv
    command printf sed set sleep sort tail tee test touch tr trap true uniq wc zcat
    read rm if then else elif fi for do done while case esac
"""
KEYWORDS = {"then", "do", "else", "if", "elif", "while", "!"}
PACKAGE_OF_COMMAND = {"bowtie2-build": "bowtie2", **dict.fromkeys(SYSTEM.split())}


def commands(shell: str) -> set[str]:
    """First words of the simple commands of a shell text, braces of Snakemake taken for plain words."""
    text = re.sub(r"'[^']*'", "QUOTED", shell.replace("{{", "(").replace("}}", ")"))
    text = re.sub(r"\{[^{}]*\}", "FIELD", text)
    text = re.sub(r"\$\{?\w+[^}\s]*\}?", "VARIABLE", text) if "${" in text else text
    text = re.sub(r'"\$(\w+|@)"', "VARIABLE", text)
    text = re.sub(r'"[^"$]*"', "QUOTED", text)
    found = set()
    for part in re.split(r"\|\||&&|[|;\n()`]|\$\(", text):
        words = part.split()
        while words and (re.fullmatch(r"\w+=\S*", words[0]) or words[0] in KEYWORDS):
            words = words[1:]
        if words and re.fullmatch(r"[a-z][\w.-]*", words[0]):
            found.add(words[0])
    return found


def module_file(dotted: str) -> Path | None:
    """File of a module of the library; None where there is none."""
    base = WORKFLOW.joinpath("scripts", *dotted.split("."))
    return next((path for path in (base / "__init__.py", base.with_suffix(".py")) if path.is_file()), None)


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Dotted names that a file imports anywhere but for notes of types, of `from a import b` both a and a.b."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and id(node) not in skipped:
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and id(node) not in skipped:
            assert node.level == 0, f"{path}: a relative import"
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(found)


def reached(script: Path) -> Iterator[tuple[Path, str]]:
    """(file, imported top-level name) of a script and of all library modules it imports, at any depth."""
    todo, seen = [script], set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in imports_of(path):
            yield path, name.split(".")[0]
            if name.split(".")[0] == "epigroup":
                todo += filter(None, [module_file(name)])


def environment_of(name: str) -> str:
    """Environment file of a rule, also of one that is another with changes (`use rule ... as`)."""
    for path in sorted(WORKFLOW.glob("rules/*.smk")):
        match = re.search(
            rf"^ *(?:rule {name}|use rule \w+ as {name} with):\n(.*?)(?=^ *(?:rule|use rule) |\Z)",
            rule_text(path),
            re.MULTILINE | re.DOTALL,
        )
        if match:
            return Path(quoted("conda", match.group(1))).name
    raise AssertionError(f"no rule {name}")


def missing_imports(script: Path, packages: frozenset[str]) -> list[str]:
    own = {"epigroup", "snakemake"} | sys.stdlib_module_names
    return sorted(
        {
            f"{path.name} imports {name}"
            for path, name in reached(script)
            if name not in own and PACKAGE_OF_IMPORT.get(name, name) not in packages
        }
    )


RULES = list(rules())
SCRIPTED = [rule for rule in RULES if rule.script]
SHELLS = [rule for rule in RULES if rule.shell]


def test_the_rules_are_found():
    assert {"train_pack", "make_shard", "call_peaks"} <= {rule.name for rule in SCRIPTED}
    assert {"align_reads", "mark_alignments"} <= {rule.name for rule in SHELLS}


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.does_something], ids=lambda rule: rule.name)
def test_every_rule_that_does_something_names_an_environment(rule):
    assert rule.env, f"rule {rule.name} has no conda directive"
    assert (WORKFLOW / "rules" / rule.env).is_file()


@pytest.mark.parametrize("rule", SCRIPTED, ids=lambda rule: rule.name)
def test_a_rule_gives_its_script_what_it_asks_for(rule):
    """Also the second rule with a script, which one forgets when the script asks for more."""
    text = (WORKFLOW / "rules" / rule.script).read_text()
    asked = set(re.findall(r"snakemake\.(?:params|resources|output)\.(\w+)", text)) - {"get", "items"}
    asked |= set(re.findall(r'"(\w+)"', "".join(re.findall(r"RUNNING = \((.*?)\)", text, re.DOTALL))))
    assert {name for name in asked if not re.search(rf"\b{name}=", rule.text)} == set()


@pytest.mark.parametrize("rule", SCRIPTED, ids=lambda rule: rule.name)
def test_environment_holds_what_the_script_imports(rule):
    script = WORKFLOW / "rules" / rule.script
    assert missing_imports(script, environment(Path(rule.env).name)) == []


@pytest.mark.parametrize("method", grouping.METHODS)
def test_environment_of_grouping_holds_what_each_method_imports(method):
    module = module_file(grouping.entry(method).split(":")[0])
    rule = "group_tasks_with_torch" if method in grouping.WITH_TORCH else "group_tasks"
    packages = environment(environment_of(rule))
    assert missing_imports(module, packages) == []
    script = WORKFLOW / "scripts" / "group_tasks.py"
    assert missing_imports(script, packages) == []


@pytest.mark.parametrize("measure", affinity.MEASURES)
def test_environment_of_affinity_holds_what_each_measure_imports(measure):
    module = module_file(affinity.entry(measure).split(":")[0])
    assert missing_imports(module, environment(environment_of("measure_affinity"))) == []


@pytest.mark.parametrize("rule", SHELLS, ids=lambda rule: rule.name)
def test_environment_holds_the_commands_of_the_shell(rule):
    packages = environment(Path(rule.env).name)
    needed = {PACKAGE_OF_COMMAND.get(command, command) for command in commands(rule.shell)} - {None}
    assert needed, f"no command found in the shell of {rule.name}"
    assert needed <= packages


def test_no_environment_of_programs_holds_one_that_no_rule_calls():
    """bedtools above all, which the tests alone call."""
    called: dict[str, set[str]] = {}
    for rule in SHELLS:
        words = {PACKAGE_OF_COMMAND.get(command, command) for command in commands(rule.shell)}
        called.setdefault(Path(rule.env).name, set()).update(words - {None})
    assert environment("align.yaml") - {"python"} == called["align.yaml"]
    assert not any("bedtools" in path.read_text() for path in WORKFLOW.glob("envs/*.yaml"))


# How the library's code calls the programs that it starts: by these names of variables. None: by a path that a rule of
# the program's own environment finds.
PROGRAM_OF = {"macs": "the caller of the environment", "idr": None}


def first_words(function: ast.AST) -> set[str]:
    """Programs that a function names where it puts a command together: the first word of a list that goes on with an
    option or subcommand."""
    found = set()
    for node in ast.walk(function):
        if not isinstance(node, ast.List) or len(node.elts) < 2:
            continue
        first, second = node.elts[:2]
        if not (isinstance(second, ast.Constant) and re.match(r"-|[a-z]+$", str(second.value))):
            continue
        name = first.id if isinstance(first, ast.Name) else getattr(first, "attr", None)
        if name in PROGRAM_OF:
            found.add(name)
        elif isinstance(first, ast.Constant) and str(second.value).startswith("-"):
            found.add(str(first.value))
    return found


def started(script: Path) -> set[str]:
    """Programs that a script starts through the functions and classes that it names, and those that these name, at any
    depth."""
    functions: dict[str, list[ast.AST]] = {}
    for path in {path for path, _ in reached(script)} - {script}:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                functions.setdefault(node.name, []).append(node)
    main = ast.parse(script.read_text())
    todo, seen, found = [main], set(), first_words(main)
    while todo:
        for node in ast.walk(todo.pop()):
            if isinstance(node, ast.Name) and node.id in functions and node.id not in seen:
                seen.add(node.id)
                todo += functions[node.id]
                found |= set().union(*map(first_words, functions[node.id]))
    return found


def test_programs_that_the_library_starts_are_in_the_environment():
    """What `subprocess` runs is named in the library's code, not in a rule."""
    seen = set()
    for rule in SCRIPTED:
        script = WORKFLOW / "rules" / rule.script
        if not any(name == "subprocess" for _, name in reached(script)):
            continue
        for program in started(script):
            seen.add((rule.name, program))
            if program == "macs":
                chosen = set(re.findall(r"envs/(macs\d)\.yaml", rule.text))
                assert chosen == {"macs2", "macs3"}, rule.name
                assert all(name in environment(f"{name}.yaml") for name in chosen), rule.name
            elif program == "idr":
                assert "idr" in environment(environment_of("find_idr"))
                assert "peaks.idr_program" in rule.text, rule.name
            else:
                assert program in environment(Path(rule.env).name), f"{rule.name} starts {program}"
    assert seen == {
        ("call_peaks", "macs"),
        ("make_pileups", "macs"),
        ("compare_replicates", "macs"),
        ("compare_replicates", "idr"),
    }


def test_the_reading_of_shell_commands():
    text = '(set -- {input:q} ; if [ $# -gt 1 ]; then samtools merge {output:q} "$@"; fi) 2> {log:q}'
    text += " | sort -k1 && A=1 fastp -x"
    assert commands(text) >= {"samtools", "sort", "fastp"}
    assert "merge" not in commands(text)
