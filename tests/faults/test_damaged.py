"""A file of a finished tree cut short or with a flipped bit, its date kept: the next stage refuses it by name."""

import os
from pathlib import Path

import pytest
from trees import copy_tree, damaged, restored

from conftest import MINI, run_snakemake


@pytest.fixture(scope="module")
def kept(tmp_path_factory, finished_mini):
    """A finished tree that still has the files which a run deletes when it needs them no more."""
    folder = copy_tree(finished_mini, tmp_path_factory.mktemp("kept") / "run")
    temporary = [
        "reads/K562_ATAC.rep1.fastq.gz", "alignments/K562_ATAC.rep1.marked.bam", "predictions/SMTL/seed1/test.h5",
        "predictions/SMTL/seed1/validation.h5",
    ]  # fmt: skip
    results = folder / "results"
    run_snakemake(folder, "-c2", "--notemp", *(f"results/{name}" for name in temporary), "--configfile", MINI)
    for name in temporary:  # as old as what they were made from
        date = (results / ("genome/genome.fa" if "model" not in name else "models")).stat().st_mtime_ns
        os.utime(results / name, ns=(date, date))
    for name in temporary[:2]:
        source = results / "genome/index/genome.cksum"
        os.utime(results / name, ns=(source.stat().st_mtime_ns,) * 2)
    for name in temporary[2:]:
        source = results / "models/SMTL/seed1/pack0.safetensors"
        os.utime(results / name, ns=(source.stat().st_mtime_ns,) * 2)
    return folder


def half(data):
    return data[: len(data) // 2]


def end(data):
    """Without the marker that ends a BAM file."""
    return data[:-28]


def last_lines(data):
    """Cut behind a whole line."""
    return b"".join(data.splitlines(keepends=True)[: max(1, data.count(b"\n") // 2)])


def bit(data):
    """One bit flipped, of a byte that holds something."""
    held = [at for at, byte in enumerate(data) if byte]
    at = held[len(held) * 3 // 5]
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


ATAC, REST = "K562_ATAC", "SKNSH_REST"
# file, what is done to it, what is made from it, what the message names (None: the file)
FAULTS = [
    ("simulation/reads/K562_ATAC.rep1_1.fastq.gz", half, "reads/K562_ATAC.rep1.fastq.gz", None),
    ("simulation/reads/K562_ATAC.rep1_1.fastq.gz", bit, "reads/K562_ATAC.rep1.fastq.gz", None),
    ("simulation/reads/K562_ATAC.rep1_1.fastq.gz", half, "quality/fastq/K562_ATAC.rep1.json", None),
    ("genome/genome.fa", half, "genome/index/genome.cksum", None),
    ("genome/genome.h5", half, "genome/effective_size.txt", None),
    ("genome/genome.h5", bit, "genome/effective_size.txt", None),
    ("genome/index/genome.1.bt2", half, "alignments/K562_ATAC.rep1.marked.bam", None),
    ("genome/index/genome.1.bt2", bit, "alignments/K562_ATAC.rep1.marked.bam", None),
    ("reads/K562_ATAC.rep1.fastq.gz", half, "alignments/K562_ATAC.rep1.marked.bam", None),
    ("reads/K562_ATAC.rep1.fastq.gz", bit, "alignments/K562_ATAC.rep1.marked.bam", None),
    ("genome/chrom.sizes", last_lines, "alignments/K562_ATAC.rep1.bam", None),
    ("alignments/K562_ATAC.rep1.marked.bam", half, "alignments/K562_ATAC.rep1.bam", None),
    ("alignments/K562_ATAC.rep1.marked.bam", end, "alignments/K562_ATAC.rep1.bam", None),
    ("alignments/K562_ATAC.rep1.marked.bam", bit, "alignments/K562_ATAC.rep1.bam", None),
    ("alignments/SKNSH_REST.rep1.bam", end, "alignments/SKNSH_REST.bam", None),
    ("alignments/K562_ATAC.bam", half, "peaks/called/K562_ATAC_peaks.narrowPeak.gz", None),
    ("alignments/SKNSH_REST.bam", bit, "peaks/called/SKNSH_REST_peaks.narrowPeak.gz", None),
    ("genome/effective_size.txt", half, "peaks/called/K562_ATAC_peaks.narrowPeak.gz", None),
    ("peaks/called/K562_ATAC_peaks.narrowPeak.gz", half, "peaks/standard/K562_ATAC.safetensors", None),
    ("peaks/called/K562_ATAC_peaks.narrowPeak.gz", bit, "peaks/standard/K562_ATAC.safetensors", None),
    ("genome/contigs.tsv", half, "peaks/standard/K562_ATAC.safetensors", None),
    ("peaks/standard/K562_ATAC.safetensors", half, "dataset/shards/chr1.h5", None),
    ("peaks/standard/K562_ATAC.safetensors", bit, "dataset/shards/chr1.h5", None),
    ("dataset/shards/chr2.h5", half, "dataset/dataset.json", None),
    ("dataset/shards/chr2.h5", bit, "dataset/dataset.json", None),
    ("dataset/dataset.json", half, "models/SMTL/seed1/pack0.safetensors", None),
    ("groupings/kmeans/seed1/groups.tsv", half, "models/KMTL/seed1/pack0.safetensors", None),
    ("groupings/kmeans/seed1/groups.tsv", last_lines, "models/KMTL/seed1/pack0.safetensors", None),
    ("models/SMTL/seed1/pack0.safetensors", half, "heads/SMTL/seed1/heads.h5", None),
    ("models/SMTL/seed1/pack0.safetensors", bit, "heads/SMTL/seed1/heads.h5", None),
    ("heads/SMTL/seed1/heads.h5", half, "groupings/kmeans/seed1/groups.tsv", None),
    ("heads/SMTL/seed1/heads.h5", bit, "groupings/kmeans/seed1/groups.tsv", None),
    ("predictions/SMTL/seed1/test.h5", half, "evaluation/SMTL/seed1/metrics.tsv", None),
    ("predictions/SMTL/seed1/test.h5", bit, "evaluation/SMTL/seed1/metrics.tsv", None),
    ("evaluation/STL/seed1/metrics.tsv", half, "comparison/strategies.tsv", None),
    ("evaluation/STL/seed1/metrics.tsv", last_lines, "comparison/strategies.tsv", None),
    ("evaluation/STL/seed1/blocks.h5", half, "comparison/strategies.tsv", None),
    ("evaluation/STL/seed1/blocks.h5", bit, "comparison/strategies.tsv", None),
    ("comparison/headline.json", half, "report/report.html", None),
    ("comparison/gains.tsv", half, "report/report.html", None),
]  # fmt: skip


@pytest.mark.parametrize("name, change, target, words", FAULTS, ids=lambda one: getattr(one, "__name__", one))
def test_refused_by_the_next_stage(kept, name, change, target, words):
    path = kept / "results" / name
    with restored(kept), damaged(path, change):
        run = run_snakemake(
            kept, "-c2", "--force", "--notemp", f"results/{target}", "--configfile", MINI, check=False
        )
        said = run.stdout + run.stderr
        assert run.returncode != 0, said
        assert (words or Path(name).name) in said, said
        assert not [line for line in said.splitlines() if line.startswith("Traceback")], said
        assert not (kept / "results" / target).exists()
