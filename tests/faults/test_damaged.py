"""A file of a finished tree cut short or with a flipped bit, its date kept: the next stage refuses it by name."""

import io
import json
import re
from pathlib import Path

import h5py
import pytest

from checkouts import EVERYTHING, run_snakemake
from trees import damaged, restored


def half(data):
    return data[: len(data) // 2]


def end(data):
    """Without the marker that ends a BAM file."""
    return data[:-28]


def last_lines(data):
    """Cut behind a whole line."""
    return b"".join(data.splitlines(keepends=True)[: max(1, data.count(b"\n") // 2)])


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


def bit(data):
    """One bit flipped, of a byte that holds something."""
    held = [at for at, byte in enumerate(data) if byte]
    return flipped(data, held[len(held) * 3 // 5])


def stored_bit(data):
    """One bit flipped in the middle of the largest array of an HDF5 file."""
    arrays = []
    with h5py.File(io.BytesIO(data)) as store:
        store.visititems(lambda _, one: arrays.append(one) if isinstance(one, h5py.Dataset) else None)
        largest = max(arrays, key=lambda one: one.id.get_storage_size())
        if largest.chunks:
            chunk = largest.id.get_chunk_info(0)
            return flipped(data, chunk.byte_offset + chunk.size // 2)
        return flipped(data, largest.id.get_offset() + largest.id.get_storage_size() // 2)


def stored_bits(data):
    """One bit flipped in the middle of the first chunk of every array of an HDF5 file, whichever of them is read."""
    with h5py.File(io.BytesIO(data)) as store:
        chunks = [one.id.get_chunk_info(0) for one in store.values() if one.chunks]
    for chunk in chunks:
        data = flipped(data, chunk.byte_offset + chunk.size // 2)
    return data


def tensor_bits(data):
    """One bit flipped in the middle of every tensor of a safetensors file, whichever of them is read."""
    first = 8 + int.from_bytes(data[:8], "little")
    for name, tensor in json.loads(data[8:first]).items():
        if name != "__metadata__":
            begin, stop = tensor["data_offsets"]
            data = flipped(data, first + (begin + stop) // 2)
    return data


# file, what is done to it, what is made from it
FAULTS = [
    ("simulation/reads/K562_ATAC.rep1_1.fastq.gz", half, "reads/K562_ATAC.rep1.fastq.gz"),
    ("simulation/reads/K562_ATAC.rep1_1.fastq.gz", bit, "reads/K562_ATAC.rep1.fastq.gz"),
    ("genome/genome.fa", half, "genome/index"),
    ("simulation/alignments/SKNSH_REST.bam", bit, "alignments/SKNSH_REST.rep1.marked.bam"),
    ("genome/genome.fa.fai", half, "genome/index"),
    ("genome/index/genome.cksum", half, "alignments/K562_ATAC.rep1.marked.bam"),
    ("genome/genome.h5", half, "genome/effective_size.txt"),
    ("genome/genome.h5", stored_bit, "genome/effective_size.txt"),
    ("genome/index/genome.1.bt2", half, "alignments/K562_ATAC.rep1.marked.bam"),
    ("genome/index/genome.1.bt2", bit, "alignments/K562_ATAC.rep1.marked.bam"),
    ("reads/K562_ATAC.rep1.fastq.gz", half, "alignments/K562_ATAC.rep1.marked.bam"),
    ("reads/K562_ATAC.rep1.fastq.gz", bit, "alignments/K562_ATAC.rep1.marked.bam"),
    ("genome/chrom.sizes", last_lines, "alignments/K562_ATAC.rep1.bam"),
    ("alignments/K562_ATAC.rep1.marked.bam", half, "alignments/K562_ATAC.rep1.bam"),
    ("alignments/K562_ATAC.rep1.marked.bam", end, "alignments/K562_ATAC.rep1.bam"),
    ("alignments/K562_ATAC.rep1.marked.bam", bit, "alignments/K562_ATAC.rep1.bam"),
    ("alignments/SKNSH_REST.rep1.bam", end, "alignments/SKNSH_REST.bam"),
    ("alignments/K562_ATAC.bam", half, "peaks/called/K562_ATAC_peaks.narrowPeak.gz"),
    ("alignments/SKNSH_REST.bam", bit, "peaks/called/SKNSH_REST_peaks.narrowPeak.gz"),
    ("genome/effective_size.txt", half, "peaks/called/K562_ATAC_peaks.narrowPeak.gz"),
    ("peaks/called/K562_ATAC_peaks.narrowPeak.gz", half, "peaks/standard/K562_ATAC.safetensors"),
    ("peaks/called/K562_ATAC_peaks.narrowPeak.gz", bit, "peaks/standard/K562_ATAC.safetensors"),
    ("genome/contigs.tsv", half, "peaks/standard/K562_ATAC.safetensors"),
    ("peaks/standard/K562_ATAC.safetensors", half, "dataset/shards/chr1.h5"),
    ("peaks/standard/K562_ATAC.safetensors", bit, "dataset/shards/chr1.h5"),
    ("peaks/standard/SKNSH_REST.safetensors", half, "dataset/shards/chr1.h5"),
    ("peaks/standard/SKNSH_REST.safetensors", bit, "dataset/shards/chr1.h5"),
    ("peaks/standard/index.json", half, "dataset/shards/chr1.h5"),
    ("peaks/standard/index.json", bit, "dataset/shards/chr1.h5"),
    ("dataset/shards/chr2.h5", half, "dataset/dataset.json"),
    ("dataset/shards/chr2.h5", stored_bit, "dataset/dataset.json"),
    ("dataset/dataset.json", half, "models/SMTL/seed1/pack0.safetensors"),
    ("groupings/kmeans/seed1/groups.tsv", half, "models/KMTL/seed1/pack0.safetensors"),
    ("groupings/kmeans/seed1/groups.tsv", last_lines, "models/KMTL/seed1/pack0.safetensors"),
    ("models/SMTL/seed1/pack0.safetensors", half, "heads/SMTL/seed1/heads.h5"),
    ("models/SMTL/seed1/pack0.safetensors", tensor_bits, "heads/SMTL/seed1/heads.h5"),
    ("models/SMTL/seed1/pack0.safetensors", tensor_bits, "affinity/tag/SMTL/seed1.json"),
    ("heads/SMTL/seed1/heads.h5", half, "groupings/kmeans/seed1/groups.tsv"),
    ("heads/SMTL/seed1/heads.h5", stored_bit, "groupings/kmeans/seed1/groups.tsv"),
    ("predictions/SMTL/seed1/test.h5", half, "evaluation/SMTL/seed1/metrics.tsv"),
    ("predictions/SMTL/seed1/test.h5", stored_bit, "evaluation/SMTL/seed1/metrics.tsv"),
    ("evaluation/STL/seed1/metrics.tsv", half, "comparison/strategies.tsv"),
    ("evaluation/STL/seed1/metrics.tsv", last_lines, "comparison/strategies.tsv"),
    ("evaluation/STL/seed1/blocks.h5", half, "comparison/strategies.tsv"),
    ("evaluation/STL/seed1/blocks.h5", stored_bits, "comparison/strategies.tsv"),
    ("affinity/sca/SMTL/seed1.h5", half, "groupings/sca/seed1/groups.tsv"),
    ("affinity/sca/SMTL/seed1.h5", stored_bit, "groupings/sca/seed1/groups.tsv"),
    ("affinity/tag/SMTL/seed1.h5", stored_bit, "affinity/stability.tsv"),
    ("baselines/prior/blocks.h5", stored_bits, "baselines/baselines.tsv"),
    ("all_mappable/evaluation/SMTL/seed1/blocks.h5", stored_bits, "all_mappable/comparison/strategies.tsv"),
    ("simulation/truth/probability.h5", stored_bits, "comparison/ceiling.tsv"),
    ("strata/bins.h5", stored_bit, "strata/SMTL/seed1.tsv"),
    ("strata/SMTL/seed1.sample.h5", half, "strata/strata.tsv"),
    ("strata/SMTL/seed1.sample.h5", stored_bit, "strata/strata.tsv"),
    ("comparison/headline.json", half, "report/report.html"),
    ("comparison/gains.tsv", half, "report/report.html"),
]  # fmt: skip


@pytest.mark.parametrize("name, change, target", FAULTS, ids=lambda one: getattr(one, "__name__", one))
def test_refused_by_the_next_stage(kept, name, change, target):
    """No traceback, the file is named, and nothing stands under the name of the result."""
    with restored(kept), damaged(kept / "results" / name, change):
        run = run_snakemake(
            kept, "-c2", "--force", "--notemp", f"results/{target}", "--configfile", *EVERYTHING, check=False
        )
        said = run.stdout + run.stderr
        assert run.returncode != 0, said
        # In the job's own log: Snakemake's words name every input of a failed job.
        log = re.search(r"Error in rule .*?^ +log: (\S+)", said, re.MULTILINE | re.DOTALL)
        assert Path(name).name in (kept / log[1]).read_text(), said
        assert not [line for line in said.splitlines() if line.startswith("Traceback")], said
        assert not (kept / "results" / target).exists()


def test_a_lost_file_among_those_of_one_index_is_named_and_made_again(kept, finished_run):
    """Nothing is done again but the peaks and what was lost with them: the index has its old bytes."""
    lost, shard = "results/peaks/standard/SKNSH_REST.safetensors", "results/dataset/shards/chr1.h5"
    with restored(kept):
        (kept / lost).unlink()
        (kept / shard).unlink()
        run = run_snakemake(kept, "-c2", shard, "--configfile", *EVERYTHING, check=False)
        said = run.stdout + run.stderr
        assert run.returncode != 0 and f"{lost}: the file is missing" in said, said
        remedy = re.search(r"delete (\S+) and run again", said)
        (kept / remedy[1]).unlink()
        run = run_snakemake(kept, "-c2", "--notemp", shard, "--configfile", *EVERYTHING)
        done = re.findall(r"^ *(?:local)?rule (\w+):", run.stdout + run.stderr, re.MULTILINE)
        assert sorted(done) == ["make_shard", "standardise_peaks"]
        for name in (lost, shard):
            assert (kept / name).read_bytes() == (finished_run / name).read_bytes()


# Binary files that no job reads what it counts from, by their folder and suffix.
INDICES = {("alignments", ".bai"), ("simulation", ".bai"), ("peaks", ".tbi")}
# What is for people alone.
SHOWN = {".png", ".svg", ".html"}


def is_text(path):
    try:
        path.read_bytes().decode()
    except UnicodeDecodeError:
        return False
    return True


def test_every_format_of_the_tree_is_cut_and_every_binary_one_has_a_bit_flipped(kept):
    """Of all that a finished run has left but logs: what it holds says what must be among the faults."""
    names = [path.relative_to(kept / "results") for path in (kept / "results").rglob("*") if path.is_file()]
    names = [name for name in names if name.parts[0] not in ("logs", "benchmarks", "checkpoints")]
    # Snakemake's own, the date of a folder; and what no job reads, see tests/workflow/test_lost_records.py.
    names = [name for name in names if name.name not in (".snakemake_timestamp", "provenance.jsonl.gz")]
    cut = {Path(name).suffix for name, change, _ in FAULTS if change in (half, end, last_lines)}
    bits = (bit, stored_bit, stored_bits, tensor_bits)
    flipped = {(Path(name).parts[0], Path(name).suffix) for name, change, _ in FAULTS if change in bits}
    assert {name.suffix for name in names} - SHOWN - {suffix for _, suffix in INDICES} == cut
    binary = {(name.parts[0], name.suffix) for name in names if not is_text(kept / "results" / name)}
    assert {one for one in binary if one[1] not in SHOWN} - INDICES <= flipped
