"""Spoilt BAM files: refused, or failed by the first rule that reads them all, or read as what they were."""

import random

import pysam
import pytest

from epigroup.core.errors import InputError
from epigroup.reads.alignments import is_paired, mapped_reads, write_cut_sites
from epigroup.reads.filter import filter_alignments
from epigroup.reads.given_alignments import check_alignments
from mutation import BYTES, outcome, spoilt
from shell_rules import run_shell

SIZES = {"chr1": 60_000, "chr2": 20_000}
PLACE = r"not a whole BAM|is empty|holds no read|not aligned|paired|mapping quality|is not BAM|header|bp in its header|damaged|cut|truncated|index"


def write_varied(path, n=1500, sizes=SIZES):
    """Sorted single-end reads of drawn bases and qualities, which BAM cannot press into a few bytes to be spoilt."""
    rng = random.Random(1)
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": c, "LN": s} for c, s in sizes.items()]}
    places = sorted((rng.randrange(len(sizes)), rng.randrange(10_000)) for _ in range(n))
    with pysam.AlignmentFile(str(path), "wb", header=header) as handle:
        for i, (reference, start) in enumerate(places):
            read = pysam.AlignedSegment(handle.header)
            read.query_name, read.flag, read.mapping_quality = f"r{i}", 16 * rng.randrange(2), 42
            read.reference_id, read.reference_start, read.cigarstring = reference, start, "36M"
            read.query_sequence = "".join(rng.choices("ACGT", k=36))
            read.query_qualities = pysam.qualitystring_to_array("".join(rng.choices("#5?IJ", k=36)))
            handle.write(read)
    pysam.index(str(path))
    return path


def reads_of(path):
    """Name, flags but that of duplicates, and place of each read."""
    with pysam.AlignmentFile(str(path), "rb") as handle:
        return sorted((r.query_name, r.flag & ~1024, r.reference_name, r.reference_start) for r in handle)


def checked(path):
    """The contigs of a file that is taken."""
    return check_alignments(path, SIZES, "toy1", mapq=30, fasta="none.fa")[0]


@pytest.mark.needs("samtools")
def test_spoilt_bam_files_of_the_sheet(tmp_path, tried):
    good = write_varied(tmp_path / "good.bam").read_bytes()
    expected = reads_of(tmp_path / "good.bam")
    path, made = tmp_path / "given.bam", tmp_path / "marked.bam"
    (tmp_path / "facts.json").write_text('{"layout": "single"}')
    for what, bad in [("nothing", good), *spoilt(good, BYTES, 6, 9)]:
        contigs = tried.read(path, what, bad, lambda: checked(path), PLACE)
        if contigs is None:
            continue
        assert contigs == SIZES, what
        made.unlink(missing_ok=True)
        marked = run_shell(
            "mark_alignments", tmp_path,
            input={"bam": str(path), "checked": "facts.json", "fasta": "none.fa"},
            output={"bam": str(made), "duplicates": "dup.txt"},
            log=["log.txt"], wildcards={"profile": "p", "replicate": "1"},
        )  # fmt: skip
        assert marked.returncode and what != "nothing" or reads_of(made) == expected, what


@pytest.mark.needs("samtools")
def test_marked_alignments_cut_or_damaged_are_not_filtered(tmp_path, tried):
    """All reads are accounted for, or the file is refused and nothing stands under the final name."""
    path, out = write_varied(tmp_path / "marked.bam", 900), tmp_path / "kept.bam"
    good = path.read_bytes()

    def filtered():
        return filter_alignments(
            path, out, tmp_path / "kept.bam.bai", SIZES, mapq=30, mitochondrion=None, blacklist=None
        )

    for what, bad in [("nothing", good), *spoilt(good, BYTES, 6, 31)]:
        out.unlink(missing_ok=True)
        counts = tried.read(path, what, bad, filtered, PLACE)
        assert (sum(counts.values()) == 900) if counts else not out.exists(), what
        assert counts or what != "nothing"
    assert not list(tmp_path.glob(".partial*"))


@pytest.mark.parametrize("flipped", [40, 300])
def test_damage_within_a_given_file_is_called_damage(tmp_path, flipped):
    """Not a file that is missing, which is what closing it would say."""
    bad = bytearray(write_varied(tmp_path / "given.bam").read_bytes())
    bad[-len(bad) // 2 + flipped] ^= 0xFF
    (tmp_path / "given.bam").write_bytes(bytes(bad))
    with pytest.raises(InputError, match=r"given\.bam: is not a whole BAM or CRAM file") as caught:
        checked(tmp_path / "given.bam")
    assert "No such file" not in str(caught.value)


HEADERS = {
    "another length": {"chr1": 60_001, "chr2": 20_000},
    "a chromosome less": {"chr1": 60_000},
    "other names": {"1": 60_000, "2": 20_000},
    "a hostile name": {"chr1;touch pwned": 60_000, "$(x)": 20_000},
}


@pytest.mark.parametrize("kind", HEADERS)
def test_headers_of_another_genome(tmp_path, tried, kind):
    path = write_varied(tmp_path / "other.bam", 20, HEADERS[kind])
    bad = path.read_bytes()
    assert tried.read(path, kind, bad, lambda: checked(path), PLACE) is None


def test_our_own_alignments_cut_or_damaged_are_not_counted(tmp_path, tried):
    """What peak calling reads of filtered alignments: all reads, or a refusal."""
    path = write_varied(tmp_path / "good.bam", 300)
    good, index = path.read_bytes(), (tmp_path / "good.bam.bai").read_bytes()
    bam, cuts = tmp_path / "p.bam", tmp_path / "cuts.bed.gz"
    (tmp_path / "p.bam.bai").write_bytes(index)

    def read():
        return is_paired(bam), write_cut_sites(bam, cuts, tn5=True)

    for what, bad in spoilt(good, BYTES, 5, 21):
        found = tried.read(bam, what, bad, read, PLACE)
        assert found in (None, (False, 300)), what
    bam.write_bytes(good)
    for what, bad in spoilt(index, BYTES, 5, 22):
        # The index has no checksum, so that nothing may hang on it.
        count = tried.read(tmp_path / "p.bam.bai", what, bad, lambda: mapped_reads(bam), PLACE)
        assert count == 300, what
    assert outcome(read)[0] == (False, 300)
