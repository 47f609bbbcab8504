"""FASTA to codes: against a reading of the letters one by one, and what a wrong file says."""

import gzip
import hashlib
import json

import h5py
import numpy as np
import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.genome import build, contigs
from epigroup.genome import codes as codes_module
from epigroup.genome import fasta as fasta_module
from epigroup.genome.build import GenomeFiles, write_genome
from epigroup.genome.codes import open_genome
from epigroup.genome.index_limits import LONGEST_INDEXED

CODE = {"A": 0, "C": 1, "G": 2, "T": 3}
IUPAC = "ACGTRYSWKMBDHVN"


def write_fasta(path, records, width=7, end="\n"):
    rows = []
    for name, sequence in records:
        rows.append(f">{name} a comment")
        rows += [sequence[i : i + width] for i in range(0, len(sequence), width)]
    path.write_bytes((end.join(rows) + end).encode())
    return path


def codes_of(sequence):
    return [CODE.get(letter, 4) for letter in sequence.upper()]


@settings(max_examples=30, deadline=None)
@given(
    sequences=st.lists(st.text(IUPAC + IUPAC.lower(), min_size=1, max_size=60), min_size=1, max_size=4),
    width=st.integers(1, 30),
    end=st.sampled_from(["\n", "\r\n"]),
    block=st.integers(1, 40),
)
def test_codes_are_those_of_the_letters(tmp_path_factory, sequences, width, end, block):
    folder = tmp_path_factory.mktemp("fasta")
    records = [(f"chr{i}", s) for i, s in enumerate(sequences)]
    fasta = write_fasta(folder / "g.fa", records, width, end)
    with pytest.MonkeyPatch.context() as patch:
        for module in (build, codes_module, fasta_module):
            patch.setattr(module, "_BLOCK", block)
        write_genome(fasta, folder / "g.h5", assembly="toy")
        opened = open_genome(folder / "g.h5")
        assert opened.sizes == {name: len(s) for name, s in records}
        for name, sequence in records:
            assert opened.codes(name).tolist() == codes_of(sequence)
    assert opened.fasta_sha256 == hashlib.sha256(fasta.read_bytes()).hexdigest()


def test_gzip_bgzip_and_plain_give_the_same_genome(tmp_path):
    fasta = write_fasta(tmp_path / "g.fa", [("chr1", "ACGTNacgtn" * 30), ("chr2", "GGR")])
    (tmp_path / "g.fa.gz").write_bytes(gzip.compress(fasta.read_bytes()))
    pysam.tabix_compress(str(fasta), str(tmp_path / "g.fa.bgz"))
    hashes = set()
    for name in ("g.fa", "g.fa.gz", "g.fa.bgz"):
        write_genome(tmp_path / name, tmp_path / "g.h5", assembly="toy", chromosomes=["chr1"])
        hashes.add(hashlib.sha256((tmp_path / "g.h5").read_bytes()).hexdigest())
    assert len(hashes) == 1


def test_the_files_beside_the_codes(tmp_path):
    records = [("chrM", "ACGT" * 30), ("chr2", "acgtry" * 40), ("chrUn", "AC"), ("chr1", "T" * 160)]
    fasta = write_fasta(tmp_path / "in.fa", records)
    write_genome(
        fasta, tmp_path / "g.h5", assembly="toy", chromosomes=["chr1", "chr2"], mitochondrion="chrM",
        beside=GenomeFiles(tmp_path / "genome.fa", tmp_path / "chrom.sizes", tmp_path / "contigs.tsv"),
    )  # fmt: skip
    assert (tmp_path / "chrom.sizes").read_text() == "chr1\t160\nchr2\t240\n"
    every, chosen = contigs.read_contigs(tmp_path / "contigs.tsv")
    assert every == {"chrM": 120, "chr2": 240, "chrUn": 2, "chr1": 160}
    assert chosen == {"chr1": 160, "chr2": 240}
    with pysam.FastaFile(str(tmp_path / "genome.fa")) as text:
        assert sorted(text.references) == ["chr1", "chr2", "chrM", "chrUn"]
        assert text.fetch("chr2") == "ACGTNN" * 40
        assert text.fetch("chr1", 79, 82) == "TTT"
    assert list(open_genome(tmp_path / "g.h5").sizes) == ["chr1", "chr2"]
    assert not list(tmp_path.glob(".partial*"))


def test_codes_are_contiguous_uncompressed_and_mapped(tmp_path):
    fasta = write_fasta(tmp_path / "g.fa", [("chr1", "ACGTN" * 100)])
    write_genome(fasta, tmp_path / "g.h5", assembly="toy")
    with h5py.File(tmp_path / "g.h5") as store:
        assert store["chr1"].chunks is None and store["chr1"].compression is None
        assert store["chr1"].dtype == np.uint8
        assert {"assembly", "fasta_sha256", "format_version"} <= set(store.attrs)
    codes = open_genome(tmp_path / "g.h5").codes("chr1")
    assert isinstance(codes, np.memmap) and not codes.flags.writeable


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (">chr1\nACGT\nAC*T\n", "line 3, contig chr1: '*'"),
        (">chr1\nACGU\n", "line 2, contig chr1: 'U'"),
        ("ACGT\n", "line 1: not FASTA"),
        (">chr1\n>chr2\nACGT\n", "line 1: contig chr1 has no sequence"),
        (">chr1\nACGT\n>chr2\n", "line 3: contig chr2 has no sequence"),
        (">chr1\nACGT\n>chr1\nACGT\n", "line 3: contig chr1 was there before, at line 1"),
        (">\nACGT\n", "line 1: a header without a contig name"),
        ("", "is empty"),
    ],
)
def test_a_wrong_fasta_is_refused(tmp_path, text, says):
    (tmp_path / "g.fa").write_text(text)
    with pytest.raises(InputError, match="g.fa") as error:
        write_genome(tmp_path / "g.fa", tmp_path / "g.h5", assembly="toy")
    assert says in str(error.value)
    assert [p.name for p in tmp_path.iterdir()] == ["g.fa"]


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_a_cut_gzip_is_refused(tmp_path, cut):
    letters = "".join(np.random.default_rng(1).choice(list("ACGT"), 200_000))
    plain = write_fasta(tmp_path / "g.fa", [("chr1", letters)], 60)
    pysam.tabix_compress(str(plain), str(tmp_path / "b.fa.gz"))
    packed = {"g.fa.gz": gzip.compress(plain.read_bytes()), "b.fa.gz": (tmp_path / "b.fa.gz").read_bytes()}
    # The end of a bgzip file is one empty block: without it, gzip itself sees nothing wrong.
    packed["e.fa.gz"] = packed["b.fa.gz"][:-28]
    for name, whole in packed.items():
        (tmp_path / name).write_bytes(whole if name[0] == "e" else whole[: int(len(whole) * cut)])
        with pytest.raises(InputError, match=f"{name}.*truncated"):
            write_genome(tmp_path / name, tmp_path / "g.h5", assembly="toy")


def test_bytes_after_the_gzip_data_are_refused_with_what_helps_and_padding_is_told(tmp_path, caplog):
    """Old references (human_g1k_v37, hs37d5) carry an index behind their gzip data."""
    plain = write_fasta(tmp_path / "g.fa", [("chr1", "ACGTN" * 900)], 60).read_bytes()
    whole, packed = gzip.compress(plain), tmp_path / "g.fa.gz"
    packed.write_bytes(whole + b"RAZF index")
    says = rf"g\.fa\.gz: bytes follow the end of the gzip data: 10 from byte {len(whole):,} on.*gzip -dc and pack"
    with pytest.raises(InputError, match=says):
        write_genome(packed, tmp_path / "g.h5", assembly="toy")
    assert not (tmp_path / "g.h5").exists()
    packed.write_bytes(whole + bytes(512))
    write_genome(packed, tmp_path / "g.h5", assembly="toy")
    assert open_genome(tmp_path / "g.h5").fasta_sha256 == hashlib.sha256(plain).hexdigest()
    assert (
        "g.fa.gz: 512 zero bytes follow the end of the gzip data; they are padding and left out"
        in caplog.text
    )


@pytest.mark.parametrize(
    ("asked", "there", "hint"),
    [("chr1", "1", "called 1"), ("1", "chr1", "called chr1"), ("chr4", "chrIV", "called chrIV"),
     ("chrXVI", "chr16", "called chr16"), ("chrM", "MT", "called MT"), ("2L", "chr2L", "called chr2L")],
)  # fmt: skip
def test_missing_contigs_are_named_with_their_other_spelling(tmp_path, asked, there, hint):
    fasta = write_fasta(tmp_path / "g.fa", [(there, "ACGT"), ("scaffold", "ACGT")])
    with pytest.raises(InputError) as error:
        write_genome(fasta, tmp_path / "g.h5", assembly="toy", chromosomes=[asked, "scaffold", "nowhere"])
    assert f"{asked}, nowhere" in str(error.value) and hint in str(error.value)
    with pytest.raises(InputError, match=r"genome\.mitochondrion"):
        write_genome(fasta, tmp_path / "g.h5", assembly="toy", mitochondrion=asked)


def test_chromosomes_longer_than_an_index_holds_are_all_named(tmp_path):
    """What is not chosen may be as long as it is: alignments there are dropped before any index is made."""
    records = [("long", "A" * 31), ("just", "C" * 30), ("longer", "G" * 400), ("scaffold", "T" * 50)]
    fasta, kept = write_fasta(tmp_path / "g.fa", records), tmp_path / "genome.fa"
    says = r"g\.fa: longer than the 30 bp .* of a contig: long \(31 bp\), longer \(400 bp\); give a FASTA"
    with pytest.raises(InputError, match=says):
        write_genome(
            fasta, tmp_path / "g.h5", assembly="toy", chromosomes=["long", "just", "longer"],
            beside=GenomeFiles(kept), longest=30,
        )  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["g.fa"]
    write_genome(
        fasta, tmp_path / "g.h5", assembly="toy", chromosomes=["just"], beside=GenomeFiles(kept), longest=30
    )
    assert kept.read_text().count(">") == 4


def test_checksums_tell_what_is_held_and_nothing_else(tmp_path):
    """Another date or compression changes none; a base does, of the mitochondrion too, which only aligners see."""

    def told(text, name="g.fa"):
        fasta = tmp_path / name
        fasta.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
        write_genome(
            fasta, tmp_path / "g.h5", assembly="toy", chromosomes=["b", "a"], mitochondrion="M",
            beside=GenomeFiles(tmp_path / "kept.fa", checksums=tmp_path / "sums.json"),
        )  # fmt: skip
        found = json.loads((tmp_path / "sums.json").read_text())
        held = {one["name"]: one["sha256"] for one in found["chromosomes"]}
        codes = {c: open_genome(tmp_path / "g.h5").codes(c) for c in "ab"}
        assert held == {c: hashlib.sha256(codes[c].tobytes()).hexdigest() for c in "ba"}
        assert list(held) == ["b", "a"]
        assert [one["size"] for one in found["chromosomes"]] == [len(codes[c]) for c in "ba"]
        assert found["aligner_fasta"] == hashlib.sha256((tmp_path / "kept.fa").read_bytes()).hexdigest()
        return found

    text = b">a\nACGT\n>b\nGGNCC\n>M\nTTT\n>other\nAAA\n"
    first = told(text)
    assert told(text) == first == told(text, "g.fa.gz")
    assert first["fasta_sha256"] == hashlib.sha256(text).hexdigest()
    changed = told(text.replace(b"GGNCC", b"GGNCA"))
    assert changed["chromosomes"][0] != first["chromosomes"][0]
    assert changed["chromosomes"][1] == first["chromosomes"][1]
    of_aligners = told(text.replace(b"TTT", b"TTA"))
    assert of_aligners["chromosomes"] == first["chromosomes"]
    assert of_aligners["aligner_fasta"] != first["aligner_fasta"]


def test_the_limit_is_that_of_the_indices(tmp_path):
    """Alignments that end on the last base that it allows are indexed; one base more and they are not."""
    for length in (LONGEST_INDEXED, LONGEST_INDEXED + 1):
        path = tmp_path / f"{length}.bam"
        header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "chr1", "LN": length}]}
        with pysam.AlignmentFile(str(path), "wb", header=header) as bam:
            read = pysam.AlignedSegment(bam.header)
            read.query_name, read.reference_id, read.reference_start = "r", 0, length - 4
            read.query_sequence, read.cigarstring = "ACGT", "4M"
            bam.write(read)
        if length == LONGEST_INDEXED:
            pysam.index(str(path))
        else:
            with pytest.raises(pysam.SamtoolsError):
                pysam.index(str(path))


def test_a_damaged_genome_file_is_refused(tmp_path):
    fasta = write_fasta(tmp_path / "g.fa", [("chr1", "ACGT" * 5000)])
    write_genome(fasta, tmp_path / "g.h5", assembly="toy")
    data = (tmp_path / "g.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"cut\.h5"):
        open_genome(tmp_path / "cut.h5")
    with h5py.File(tmp_path / "g.h5", "r+") as store:
        assert json.loads(store.attrs["chromosomes"]) == ["chr1"]
        store.attrs["format_version"] = 99
    with pytest.raises(InputError, match="version 99"):
        open_genome(tmp_path / "g.h5")


def test_real_hg19_chromosome_called_hg38_is_refused(real_data, tmp_path):
    fasta = real_data / "human_hg19_chr20" / "chr20.fa.gz"
    with pytest.raises(InputError, match="63,025,520 bp.*hg38.*64,444,167.*hg19"):
        write_genome(fasta, tmp_path / "g.h5", assembly="hg38", chromosomes=["chr20"])
    assert not list(tmp_path.iterdir())
    write_genome(fasta, tmp_path / "g.h5", assembly="hg19", chromosomes=["chr20"])
    codes = open_genome(tmp_path / "g.h5").codes("chr20")
    with pysam.FastaFile(str(fasta)) as text:
        for start in (0, 59_990, 31_000_000, len(codes) - 500):
            assert codes[start : start + 500].tolist() == codes_of(text.fetch("chr20", start, start + 500))
