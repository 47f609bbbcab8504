"""`snakemake --cache`: two trees share the genome and the index for the aligner, which are made once."""

import pytest

from checkouts import MINI, REPOSITORY, copy_checkout, run_snakemake

GENOME = ("genome.h5", "genome.fa", "genome.fa.fai", "chrom.sizes", "contigs.tsv", "checksums.json")


def indexed(folder, *configs):
    """What a run says that makes the genome and its index, with the cache."""
    return run_snakemake(
        folder, "-c1", "--configfile", MINI, *configs, "--cache", "--", "results/genome/index"
    ).stderr


@pytest.fixture
def trees(tmp_path, monkeypatch):
    (tmp_path / "cache").mkdir()
    monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", str(tmp_path / "cache"))
    return copy_checkout(tmp_path / "one"), copy_checkout(tmp_path / "other"), tmp_path / "cache"


def test_genome_and_index_are_made_once(trees):
    one, other, cache = trees
    first = indexed(one)
    assert first.count("to cache.") == len(GENOME) + 1
    second = indexed(other)
    assert "to cache." not in second
    for name in GENOME:
        assert (other / "results/genome" / name).resolve() == (one / "results/genome" / name).resolve()
        assert (other / "results/genome" / name).resolve().parent == cache
    index = other / "results/genome/index"
    assert (index / "genome.1.bt2").resolve().parent == (one / "results/genome/index").resolve()
    # What is shared serves what follows, and is as good as made here: with the option and without it nothing reruns.
    peaks = "results/peaks/standard/K562_ATAC.narrowPeak.gz"
    run_snakemake(other, "-c1", "--configfile", MINI, "--", peaks)
    for words in ([], ["--cache"]):
        again = run_snakemake(other, "-n", "--configfile", MINI, *words, "--", peaks)
        assert "Nothing to be done" in again.stdout + again.stderr
    # A benchmark tells of a job that ran here.
    assert not (other / "results/benchmarks/index_genome.tsv").exists()


@pytest.mark.parametrize("name", [None, "no/such/folder"])
def test_a_cache_that_is_not_there_is_said_before_any_job(monkeypatch, name):
    monkeypatch.delenv("SNAKEMAKE_OUTPUT_CACHE", raising=False)
    if name is not None:
        monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", name)
    run = run_snakemake(REPOSITORY, "-n", "--configfile", MINI, "--cache", check=False)
    assert run.returncode != 0 and "Traceback" not in run.stdout + run.stderr
    assert (
        f"--cache: the variable SNAKEMAKE_OUTPUT_CACHE is {name or 'not set'}: it must name"
        in run.stdout + run.stderr
    )


def test_another_sequence_is_another_genome(trees):
    one, other, _ = trees
    (other / "seed.yaml").write_text("simulation: {seed: 2}\n")
    indexed(one)
    assert indexed(other, "seed.yaml").count("to cache.") == len(GENOME) + 1
