"""The folder of the aligner's index: there whole or not at all, and what is not whole is refused by name."""

import shutil

import pytest

from shell_rules import run_shell

# Makes files as bowtie2-build does, then ends as it is told to.
BUILD = '#!/bin/sh\nfor stem; do :; done\necho forward > "$stem.1.bt2l"\necho back > "$stem.rev.1.bt2l"\nexit {code}\n'
ALIGN = "#!/bin/sh\necho aligned >> called.txt\nexit 1\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "genome.fa").write_text(">chr1\nACGT\n")
    (tmp_path / "genome.fa.fai").write_text("chr1\t4\t6\t4\t5\n")
    (tmp_path / "r.fastq").write_text("")
    (tmp_path / "tools").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/tools:/usr/bin:/bin")
    return tmp_path


def tool(folder, name, text):
    (folder / "tools" / name).write_text(text)
    (folder / "tools" / name).chmod(0o755)


def index_genome(folder, code=0):
    tool(folder, "bowtie2-build", BUILD.format(code=code))
    return run_shell(
        "index_genome", folder, input={"fasta": "genome.fa", "lengths": "genome.fa.fai"},
        output={"index": "made/index"}, params={}, log=["log.txt"],
    )  # fmt: skip


def align_reads(folder):
    """The rule with an aligner that only says that it was called."""
    tool(folder, "bowtie2", ALIGN)
    (folder / "called.txt").unlink(missing_ok=True)
    run_shell(
        "align_reads", folder, wildcards={"profile": "p", "replicate": "1"},
        input={"reads": ["r.fastq"], "checked": "c", "index": "made/index"},
        output={"bam": "b.bam", "duplicates": "d.txt"}, params={"cfg": ["-U", "r.fastq"]}, log=["log.txt"],
    )  # fmt: skip
    return (folder / "called.txt").exists(), (folder / "log.txt").read_text()


def test_an_index_appears_when_it_is_whole_and_takes_the_place_of_an_older_one(folder):
    (folder / "made").mkdir()
    assert index_genome(folder, code=1).returncode != 0
    assert not list((folder / "made").iterdir())
    (folder / "made/index").mkdir()
    (folder / "made/index/genome.1.bt2").write_text("old")
    assert index_genome(folder).returncode == 0, (folder / "log.txt").read_text()
    assert [path.name for path in (folder / "made").iterdir()] == ["index"]
    assert sorted(path.name for path in (folder / "made/index").iterdir()) == [
        "genome.1.bt2l",
        "genome.cksum",
        "genome.rev.1.bt2l",
    ]
    assert str(folder) not in (folder / "made/index/genome.cksum").read_text()


def spoilt(index, fault):
    if fault == "empty":
        shutil.rmtree(index)
        index.mkdir()
    elif fault == "damaged":
        (index / "genome.1.bt2l").write_text("forwarD\n")
    elif fault == "lost":
        (index / "genome.rev.1.bt2l").unlink()
    elif fault == "more":
        (index / "genome.1.bt2").write_text("of another genome")
    else:
        (index / "genome.cksum").unlink()


@pytest.mark.parametrize("fault", ["damaged", "lost", "more", "no checksums", "empty"])
def test_nothing_is_aligned_to_an_index_that_is_not_whole(folder, fault):
    (folder / "made").mkdir()
    assert index_genome(folder).returncode == 0
    assert align_reads(folder)[0], "the index is whole"
    spoilt(folder / "made/index", fault)
    called, said = align_reads(folder)
    assert not called and "made/index: the index is not that of its genome.cksum: delete this folder" in said
