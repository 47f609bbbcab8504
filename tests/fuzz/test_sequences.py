"""Spoilt FASTA and FASTQ: refused by line or record, or read as an independent reader reads them."""

import gzip
import random
import re

import h5py
import pytest

from epigroup.genome.build import GenomeFiles, write_genome
from epigroup.genome.codes import open_genome
from epigroup.genome.fasta import read_fasta
from epigroup.reads.fastq import check_fastq, check_pair
from mutation import BYTES, TEXT, Tried, outcome, spoilt

LETTERS = random.Random(11)
CONTIGS = {
    name: "".join(LETTERS.choices("ACGTacgtNRY", k=k))
    for name, k in (("chr1", 700), ("chr2", 240), ("chrM", 61))
}


def fasta(width=60, end="\n", words=" a description"):
    return "".join(
        f">{name}{words}{end}" + "".join(text[at : at + width] + end for at in range(0, len(text), width))
        for name, text in CONTIGS.items()
    ).encode()


FASTA_PLACE = r"line \d+|is empty|truncated|damaged|bytes follow the end of the gzip data|genome\.chromosomes"


def lenient_fasta(data):
    """[(name, letters in upper case)]; None for a text that no reader should take."""
    contigs = []
    for line in data.split(b"\n"):
        if line.startswith(b">"):
            name = line[1:].split()
            if not name or line[1:2] in (b" ", b"\t", b"\r"):
                return None
            contigs.append([name[0].decode("ascii", "backslashreplace"), b""])
        elif line.translate(None, b" \t\r"):
            if not contigs:
                return None
            contigs[-1][1] += line.translate(None, b" \t\r").upper()
    names = [name for name, _ in contigs]
    bad = any(not text or not re.fullmatch(rb"[ACGTRYSWKMBDHVN]+", text) for _, text in contigs)
    return None if bad or not contigs or len(set(names)) < len(names) else contigs


def codes(text):
    return bytes("ACGT".find(chr(letter)) if chr(letter) in "ACGT" else 4 for letter in text)


@pytest.mark.parametrize("good", [fasta(), fasta(80, "\r\n", "")], ids=["unix", "windows"])
def test_spoilt_fasta(tmp_path, tried, good):
    path = tmp_path / "genome.fa"
    for what, bad in spoilt(good, TEXT, 6, 1):
        contigs = tried.read(
            path, what, bad, lambda: [(c.name, bytes(c.codes)) for c in read_fasta(path)], FASTA_PLACE
        )
        if bad.startswith(b"\x1f\x8b"):
            assert contigs is None, what
            continue
        expected = lenient_fasta(bad)
        assert (contigs is None) == (expected is None), f"{what}: {bad[:200]!r}"
        if contigs is not None:
            assert contigs == [(name, codes(text)) for name, text in expected], what


def test_damaged_compressed_fasta(tmp_path, tried):
    path, good = tmp_path / "genome.fa.gz", gzip.compress(fasta(), mtime=0)
    expected = [(name, codes(text)) for name, text in lenient_fasta(fasta())]
    for what, bad in spoilt(good, BYTES, 10, 2):
        contigs = tried.read(
            path, what, bad, lambda: [(c.name, bytes(c.codes)) for c in read_fasta(path)], FASTA_PLACE
        )
        assert contigs in (None, expected), what


def test_nothing_is_left_of_a_refused_genome(tmp_path, tried):
    path, out = tmp_path / "genome.fa", tmp_path / "made" / "genome.h5"
    out.parent.mkdir()
    beside = GenomeFiles(*(out.parent / key for key in ("aligner_fasta", "sizes", "contigs")))

    def build():
        write_genome(
            path, out, assembly="toy1", chromosomes=["chr1", "chr2"], mitochondrion="chrM", beside=beside
        )

    for what, bad in spoilt(fasta(), TEXT, 2, 4):
        made = tried.read(path, what, bad, lambda: (build(), True), FASTA_PLACE)
        if made is None:
            assert not list(out.parent.iterdir()), what
            continue
        expected = dict(lenient_fasta(bad))
        genome = open_genome(out)
        assert {c: bytes(genome.codes(c)) for c in genome.sizes} == {
            c: codes(expected[c]) for c in ("chr1", "chr2")
        }, what
        for file in out.parent.iterdir():
            file.unlink()


HOSTILE_NAMES = [
    "../chr1",
    "a/b",
    ".",
    "..",
    "/abs",
    "chr1\x00",
    "$(touch pwned)",
    "chr1;ls",
    "a b",
    "chr'1",
    "-x",
    "é",
    "\x1b[31m",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_contig_names(tmp_path, tried: Tried, name):
    """They may stand in a FASTA whose other contigs are used; asked for as chromosomes they are refused."""
    path, out = tmp_path / "genome.fa", tmp_path / "genome.h5"
    path.write_bytes(fasta().replace(b"chr2", name.encode()))
    tried.inputs += 1
    write_genome(path, out, assembly="toy1", chromosomes=["chr1"])
    assert list(h5py.File(out)) == ["chr1"]
    out.unlink()
    value, message = outcome(lambda: write_genome(path, out, assembly="toy1", chromosomes=["chr1", name]))
    assert message is not None and "genome.chromosomes" in message and not out.exists()
    assert message.replace("\n", "").isprintable()


def fastq(n=12, mate=1, length=36, seed=3):
    rng = random.Random(seed + mate)
    return "".join(
        f"@read{i}/{mate} x\n{''.join(rng.choices('ACGTN', k=length))}\n+\n{''.join(rng.choices('!#5?IJ', k=length))}\n"
        for i in range(n)
    ).encode()


FASTQ_PLACE = r"record \d+|is empty|truncated|damaged|bytes follow the end of the gzip data|rename it|FASTA|bzip2|zip|xz|CRAM|SAM|BAM|byte-order|multiple of 4|Phred\+64"


def lenient_fastq(data):
    """(records, shortest, longest); None for a text that no reader should take."""
    lines = data.split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    if not lines or len(lines) % 4:
        return None
    for name, bases, plus, quality in zip(*(lines[i::4] for i in range(4))):
        if not name.startswith(b"@") or not plus.startswith(b"+") or len(bases) != len(quality):
            return None
        if not re.fullmatch(rb"[ACGTUNRYSWKMBDHVacgtunryswkmbdhv.]+", bases) or not re.fullmatch(
            rb"[!-~]+", quality
        ):
            return None
    lengths = [len(bases) for bases in lines[1::4]]
    return len(lengths), min(lengths), max(lengths)


def test_spoilt_fastq(tmp_path, tried):
    path = tmp_path / "reads.fastq"
    for what, bad in spoilt(fastq(), TEXT, 10, 6):
        facts = tried.read(path, what, bad, lambda: check_fastq(path), FASTQ_PLACE)
        if facts is not None:
            assert (facts.records, facts.shortest, facts.longest) == lenient_fastq(bad), (
                f"{what}: {bad[:400]!r}"
            )


def test_damaged_compressed_fastq(tmp_path, tried):
    path, good = tmp_path / "reads.fastq.gz", gzip.compress(fastq(), mtime=0)
    for what, bad in spoilt(good, BYTES, 12, 7):
        facts = tried.read(path, what, bad, lambda: check_fastq(path), FASTQ_PLACE)
        assert facts is None or (facts.records, facts.shortest, facts.longest) == lenient_fastq(fastq()), what


def lose_double_or_move(records, how, at, other):
    if how == 0:
        del records[at]
    elif how == 1:
        records.insert(at, records[other])
    else:
        records[at], records[other] = records[other], records[at]


def test_spoilt_mates(tmp_path, tried):
    """A record lost, doubled or moved in one of two files of mates is never passed over."""
    one, two = tmp_path / "reads_1.fastq", tmp_path / "reads_2.fastq"
    one.write_bytes(fastq(mate=1))
    good = fastq(mate=2)
    records = [b"\n".join(four) + b"\n" for four in zip(*[iter(good.splitlines())] * 4)]
    rng = random.Random(5)
    for number in range(40):
        changed = list(records)
        at, other = rng.sample(range(len(records)), 2)
        if number % 4 == 3:
            changed[at] = changed[at].replace(b"@read", b"@other", 1)
        else:
            lose_double_or_move(changed, number % 4, at, other)
        assert (
            tried.read(two, f"mates {number}", b"".join(changed), lambda: check_pair(one, two), r"record")
            is None
        )


def test_spoilt_mates_in_turns(tmp_path, tried):
    """Both mates in one file, some records lost, doubled or moved, are refused in one way or another."""
    path = tmp_path / "reads.fastq"
    both = zip(*(zip(*[iter(fastq(60, mate).splitlines())] * 4) for mate in (1, 2)))
    records = [b"\n".join(four) + b"\n" for pair in both for four in pair]
    rng = random.Random(8)
    for number in range(60):
        changed = list(records)
        for _ in range(rng.randint(0, 12)):
            at, other = rng.sample(range(len(changed)), 2)
            lose_double_or_move(changed, number % 3, at, other)
        says = r"holds both mates of pairs in turns.* record \d+"
        assert tried.read(path, f"turns {number}", b"".join(changed), lambda: check_fastq(path), says) is None


def test_a_broken_record_deep_in_a_file(tmp_path, tried):
    """Beyond the records that are looked at one by one, records whose parts do not fit are still found."""
    good = fastq(n=11_000)
    lines = good.split(b"\n")
    path = tmp_path / "reads.fastq"
    for number, change in enumerate(
        (lambda four: [four[0][1:], *four[1:]], lambda four: [four[0], four[1][:-1], *four[2:]],
         lambda four: [*four[:2], b"x", four[3]], lambda four: [*four[:3], four[3] + b"I"])
    ):  # fmt: skip
        bad = [*lines]
        bad[4 * 10_500 : 4 * 10_500 + 4] = change(lines[4 * 10_500 : 4 * 10_500 + 4])
        assert (
            tried.read(path, f"deep {number}", b"\n".join(bad), lambda: check_fastq(path), "record 10501")
            is None
        )
