"""No value of a sheet or config becomes a part of a shell command: fields are quoted, and hostile ones run nothing."""

import re
import subprocess

import pytest

from shell_rules import rules, run_shell

SHELLS = {rule.name: rule for rule in rules() if rule.shell}
FIELD = re.compile(r"(?<!\{)\{([\w.]+(?:\[\w+\])?)(:q)?\}(?!\})")
# Numbers, and names whose letters the schema of the sheet chooses.
BARE = {"threads", "wildcards.profile", "wildcards.replicate"}
HOSTILE = [
    "a b", "$(touch${IFS}pwned)", "`touch${IFS}pwned`", "a;touch pwned;b", "a&&touch${IFS}pwned", "a|touch${IFS}pwned",
    "a'b", 'a"b', "a';touch pwned;'b", 'a";touch pwned;"b', "a>pwned", "a\\", "*", "a\ntouch pwned\nb",
]  # fmt: skip
TOOLS = ("fastp", "bowtie2", "bowtie2-build", "samtools", "idr", "multiqc")
# Says that it was called, and makes what it is told to write.
STUB = (
    "#!/bin/sh\necho called >> called.txt\n"
    'for one; do case "$one" in *.partial*/genome) : > "$one.1.bt2" ;; *.partial*) : > "$one" ;; esac; done\n'
)


def test_every_rule_with_a_shell_is_tried():
    assert SHELLS.keys() == ARGUMENTS.keys()


@pytest.mark.parametrize("name", SHELLS)
def test_what_is_not_quoted_is_a_number_or_a_checked_name(name):
    fields = FIELD.findall(SHELLS[name].shell)
    assert fields
    assert {field for field, quoted in fields if not quoted} <= BARE


def arguments(bad):
    """What each rule's shell is filled with: every name is the hostile one and a letter."""
    wildcards = {"profile": "p", "replicate": "1"}
    return {
        "trim_reads": {
            "input": {"reads": [f"{bad}1", f"{bad}2"], "checked": f"{bad}c"},
            "output": {"reads": f"{bad}r", "json": f"{bad}j", "html": f"{bad}h"},
            "params": {"cfg": ["--in2", f"{bad}2"]},
        },
        "index_genome": {
            "input": {"fasta": f"{bad}f", "lengths": f"{bad}l"},
            "output": {"index": f"{bad}k"}, "params": {},
        },
        "align_reads": {
            "input": {"reads": [f"{bad}1"], "checked": f"{bad}c", "index": f"{bad}k"},
            "output": {"bam": f"{bad}b", "duplicates": f"{bad}d"},
            "params": {"cfg": ["-U", f"{bad}1"]},
        },
        "mark_alignments": {
            "input": {"bam": f"{bad}i", "checked": f"{bad}c", "fasta": f"{bad}f"},
            "output": {"bam": f"{bad}b", "duplicates": f"{bad}d"}, "params": {},
        },
        "pool_replicates": {
            "input": {"bams": [f"{bad}1", f"{bad}2"]}, "output": {"bam": f"{bad}b", "bai": f"{bad}x"}, "params": {},
        },
        "find_idr": {"input": {}, "output": {"program": f"{bad}i"}, "params": {}},
        "find_multiqc": {"input": {}, "output": {"program": f"{bad}i"}, "params": {}},
        "multiqc": {
            "input": {"summary": f"{bad}q"}, "output": {"page": f"{bad}h"},
            "params": {"title": bad, "quality": f"{bad}q", "folder": f"{bad}f", "logs": f"{bad}l",
                       "settings": bad},
        },
    }, wildcards  # fmt: skip


ARGUMENTS = arguments("")[0]


@pytest.mark.parametrize("bad", HOSTILE)
@pytest.mark.parametrize("name", SHELLS)
def test_hostile_names_run_nothing(tmp_path, monkeypatch, name, bad):
    """Even past the schemas, which refuse all of them."""
    for tool in TOOLS:
        (tmp_path / "tools").mkdir(exist_ok=True)
        (tmp_path / "tools" / tool).write_text(STUB)
        (tmp_path / "tools" / tool).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/tools:/usr/bin:/bin")
    filled, wildcards = arguments(bad)
    parts = filled[name]
    for value in parts["input"].values():
        for one in value if isinstance(value, list) else [value]:
            (tmp_path / one).write_text("")
    if name == "index_genome":
        (tmp_path / parts["input"]["fasta"]).write_text(">chr1\nACGT\n")
        (tmp_path / parts["input"]["lengths"]).write_text("chr1\t4\t6\t4\t5\n")
    if name == "align_reads":
        index = tmp_path / parts["input"]["index"]
        index.unlink()
        index.mkdir()
        (index / "genome.1.bt2").write_text("")
        sums = subprocess.run(["cksum", "genome.1.bt2"], cwd=index, capture_output=True, check=True)
        (index / "genome.cksum").write_bytes(sums.stdout)
    run = run_shell(name, tmp_path, wildcards=wildcards, log=[f"{bad}.log"], **parts)
    assert (tmp_path / "called.txt").exists(), run.stderr
    assert not list(tmp_path.rglob("pwned"))
    if name == "index_genome":
        assert (tmp_path / parts["output"]["index"] / "genome.cksum").exists(), run.stderr
