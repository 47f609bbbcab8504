"""Peak calling by assay: arguments, cut sites, and real runs of MACS2 on simulated reads with known sites."""

import gzip
import io
import logging
import shutil

import numpy as np
import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from epigroup.alignments import is_paired, mapped_reads, write_cut_sites
from epigroup.errors import InputError
from epigroup.genome_size import count_bases
from epigroup.given_alignments import check_alignments
from epigroup.peak_calling import call_peaks, plan_call, to_narrow_peaks

SIZES = {"chr1": 300_000, "chr2": 100_000}
LENGTH, FRAGMENT = 50, 200
SITES = np.arange(10_000, 290_000, 20_000)
PLAN = {"control": True, "genome_size": 390_000, "qvalue": 0.01, "broad_qvalue": 0.1, "extsize": 200}
CALL = {"genome_size": 390_000, "sizes": SIZES, "qvalue": 0.01, "broad_qvalue": 0.1, "extsize": 200}
needs_macs = pytest.mark.skipif(shutil.which("macs2") is None, reason="macs2 is not on PATH")


def after(arguments, flag):
    return arguments[arguments.index(flag) + 1]


def test_accessibility_is_called_on_cut_sites():
    for assay, paired in (("ATAC", True), ("ATAC", False), ("DNase", True), ("DNase", False)):
        call = plan_call(assay, "narrow", paired=paired, **PLAN)
        assert call.reads_as == "cut sites"
        assert after(call.arguments, "-f") == "BED"
        assert int(after(call.arguments, "--shift")) == -int(after(call.arguments, "--extsize")) // 2 == -75
        assert "--nomodel" in call.arguments and "--fix-bimodal" not in call.arguments
        assert after(call.arguments, "--keep-dup") == "all"


@pytest.mark.parametrize("assay", ["ChIP", "CUTRUN"])
def test_layout_decides_how_enriched_fragments_are_read(assay):
    pairs = plan_call(assay, "narrow", paired=True, **PLAN)
    tags = plan_call(assay, "narrow", paired=False, **(PLAN | {"extsize": 147}))
    assert (after(pairs.arguments, "-f"), after(tags.arguments, "-f")) == ("BAMPE", "BAM")
    assert "--extsize" not in pairs.arguments
    assert after(tags.arguments, "--extsize") == "147" and "--nomodel" not in tags.arguments


def test_broad_rows_and_the_genome_and_thresholds_reach_macs():
    narrow = plan_call("ChIP", "narrow", paired=True, **PLAN).arguments
    broad = plan_call("ChIP", "broad", paired=True, **(PLAN | {"broad_qvalue": 0.05})).arguments
    assert "--broad" not in narrow and after(broad, "--broad-cutoff") == "0.05"
    assert after(broad, "-g") == "390000" and after(broad, "-q") == "0.01"


def test_every_argument_has_a_reason_and_a_missing_control_a_warning():
    call = plan_call("ChIP", "broad", paired=False, **PLAN)
    assert " ".join(call.arguments) == " ".join(reason.split(": ")[0] for reason in call.reasons)
    assert not call.warnings
    assert (
        "no control" in plan_call("CUTRUN", "narrow", paired=True, **(PLAN | {"control": False})).warnings[0]
    )
    assert not plan_call("ATAC", "narrow", paired=True, **(PLAN | {"control": False})).warnings
    with pytest.raises(ValueError, match="input"):
        plan_call("input", "narrow", paired=True, **PLAN)


@given(st.lists(st.lists(st.integers(0, 4), max_size=50), max_size=4))
def test_bases_are_those_that_are_not_n(chromosomes):
    codes = [np.array(one, dtype=np.uint8) for one in chromosomes]
    assert count_bases(codes) == sum(code != 4 for one in chromosomes for code in one)


def test_peaks_end_with_their_chromosome_and_broad_ones_have_no_summit():
    lines = ["chr2\t10\t60\tp_1\t9\t.\t1.5\t2.5\t3.5\t20\n", "chr2\t99900\t100040\tp_2\t9\t.\t1\t2\t3\t130\n"]
    broad = ["chr1\t5\t50\tp_1\t9\t.\t1\t2\t3\n"]
    assert [line.split() for line in to_narrow_peaks(lines, SIZES)] == [
        ["chr2", "10", "60", "p_1", "9", ".", "1.5", "2.5", "3.5", "20"],
        ["chr2", "99900", "100000", "p_2", "9", ".", "1", "2", "3", "99"],
    ]
    assert [line.split()[9] for line in to_narrow_peaks(broad, SIZES)] == ["-1"]


def write_bam(path, fragments, *, paired, sizes=SIZES):
    """Fragments (contig index, start, end): pairs from both ends, or one read from a random end."""
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": n, "LN": s} for n, s in sizes.items()]}
    reads = []
    for number, (contig, start, end) in enumerate(fragments):
        starts = {False: start, True: end - LENGTH}
        for reverse in (False, True) if paired else (bool(number % 2),):
            read = pysam.AlignedSegment()
            read.query_name, read.query_sequence = f"r{number}", "A" * LENGTH
            read.query_qualities = pysam.qualitystring_to_array("F" * LENGTH)
            read.reference_id, read.reference_start = contig, starts[reverse]
            read.mapping_quality, read.cigartuples = 42, [(0, LENGTH)]
            read.flag = (16 if reverse else 0) | ((3 | (128 if reverse else 64 | 32)) if paired else 0)
            if paired:
                read.next_reference_id, read.next_reference_start = contig, starts[not reverse]
                read.template_length = (start - end) if reverse else (end - start)
            reads.append(read)
    reads.sort(key=lambda read: (read.reference_id, read.reference_start))
    with pysam.AlignmentFile(str(path), "wb", header=header) as handle:
        for read in reads:
            handle.write(read)
    pysam.index(str(path))
    return str(path)


def fragments_of(seed, background, a_site=0, sites=SITES, spread=30):
    random = np.random.default_rng(seed)
    middles = [(0, int(m)) for m in random.integers(FRAGMENT, SIZES["chr1"] - FRAGMENT, background)]
    middles += [(0, int(site + random.normal(0, spread))) for site in sites for _ in range(a_site)]
    return [(contig, middle - FRAGMENT // 2, middle + FRAGMENT // 2) for contig, middle in middles]


def test_cut_sites_are_the_ends_of_the_reads_moved_for_tn5(tmp_path):
    bam = write_bam(tmp_path / "a.bam", [(0, 1000, 1200), (1, 0, 90)], paired=True)
    for tn5, expected in (
        (False, ["chr1 1000 1050 +", "chr1 1150 1200 -", "chr2 0 50 +", "chr2 40 90 -"]),
        (True, ["chr1 1004 1050 +", "chr1 1150 1195 -", "chr2 4 50 +", "chr2 40 85 -"]),
    ):
        assert write_cut_sites(bam, tmp_path / "cuts.bed.gz", tn5=tn5) == 4
        with gzip.open(tmp_path / "cuts.bed.gz", "rt") as handle:
            rows = [line.split() for line in handle]
        assert [" ".join([*row[:3], row[5]]) for row in rows] == expected


def peaks_hit(path):
    """Share of the sites inside a peak, and share of the peaks that reach a site to 150 bp."""
    peaks = np.loadtxt(io.BytesIO(gzip.decompress(path.read_bytes())), usecols=(1, 2), dtype=int, ndmin=2)
    inside = [np.any((peaks[:, 0] <= site) & (site < peaks[:, 1])) for site in SITES]
    true = [np.any((start - 150 <= SITES) & (end + 150 > SITES)) for start, end in peaks]
    return np.mean(inside), np.mean(true)


@needs_macs
@pytest.mark.parametrize(
    ("assay", "paired", "control", "peak_mode"),
    [
        ("ATAC", True, False, "narrow"),
        ("DNase", False, False, "narrow"),
        ("ChIP", False, True, "narrow"),
        ("ChIP", True, True, "broad"),
        ("CUTRUN", True, False, "narrow"),
    ],
)
def test_macs_finds_the_sites_that_were_put_in(tmp_path, assay, paired, control, peak_mode):
    spread = 400 if peak_mode == "broad" else 30
    bam = write_bam(tmp_path / "t.bam", fragments_of(1, 3000, 120, spread=spread), paired=paired)
    background = write_bam(tmp_path / "c.bam", fragments_of(2, 5000), paired=paired) if control else None
    out = tmp_path / "p.narrowPeak"
    count = call_peaks(bam, out, profile_id="p", assay=assay, peak_mode=peak_mode, control=background, **CALL)
    lines = gzip.decompress(out.read_bytes()).decode().splitlines()
    assert count == len(lines) and all(len(line.split("\t")) == 10 for line in lines)
    found, true = peaks_hit(out)
    assert found == 1.0 and true >= 0.9


@needs_macs
def test_a_model_that_cannot_be_built_is_said(tmp_path, caplog):
    bam = write_bam(tmp_path / "t.bam", fragments_of(1, 3000, 120), paired=False)
    with caplog.at_level(logging.INFO):
        call_peaks(bam, tmp_path / "p", profile_id="p", assay="ChIP", peak_mode="narrow", **CALL)
    assert any("peaks.extsize is taken instead" in one.message for one in caplog.records)
    assert any("no control" in one.message for one in caplog.records if one.levelno == logging.WARNING)


@needs_macs
def test_no_reads_no_peaks_and_another_layout_are_refused(tmp_path):
    empty = write_bam(tmp_path / "empty.bam", [], paired=False)
    flat = write_bam(
        tmp_path / "flat.bam", [(0, start, start + 200) for start in range(0, 290_000, 100)], paired=True
    )
    single = write_bam(tmp_path / "single.bam", fragments_of(1, 500), paired=False)
    out = tmp_path / "p.narrowPeak"
    row = CALL | {"profile_id": "p", "assay": "ChIP", "peak_mode": "narrow"}
    with pytest.raises(InputError, match=r"empty\.bam: profile p has no read left"):
        call_peaks(empty, out, **row)
    with pytest.raises(InputError, match=r"empty\.bam: the control of profile p has no read left"):
        call_peaks(single, out, control=empty, **row)
    with pytest.raises(InputError, match=r"flat\.bam: MACS2 found no peak in profile p at q-value 0\.01"):
        call_peaks(flat, out, **row)
    with pytest.raises(InputError, match=r"single\.bam: is single-end, but profile p is paired"):
        call_peaks(flat, out, control=single, **row)
    with pytest.raises(InputError, match="no-such-macs is not on PATH"):
        call_peaks(flat, out, macs="no-such-macs", **row)
    assert not out.exists()


def test_layout_and_number_of_reads(tmp_path):
    paired = write_bam(tmp_path / "p.bam", [(0, 100, 300)] * 3, paired=True)
    single = write_bam(tmp_path / "s.bam", [(0, 100, 300)] * 3, paired=False)
    assert (is_paired(paired), mapped_reads(paired)) == (True, 6)
    assert (is_paired(single), mapped_reads(single)) == (False, 3)
    pysam.merge("-f", str(tmp_path / "m.bam"), paired, single)
    with pytest.raises(InputError, match="single-end and paired"):
        is_paired(tmp_path / "m.bam")


def test_alignments_of_another_genome_or_cut_short_are_refused(tmp_path):
    bam = write_bam(tmp_path / "a.bam", fragments_of(1, 2000), paired=True)
    assert check_alignments(bam, {"chr1": 300_000}, "toy1") == SIZES
    with pytest.raises(
        InputError, match=r"a\.bam: contig chr1 is 300,000 bp in its header and 299,999 bp in toy1"
    ):
        check_alignments(bam, {"chr1": 299_999}, "toy1")
    with pytest.raises(InputError, match="no contig '1' .it has chr1, chr2."):
        check_alignments(bam, {"1": 300_000}, "toy1")
    cut, text = tmp_path / "cut.bam", tmp_path / "text.bam"
    cut.write_bytes((tmp_path / "a.bam").read_bytes()[:-2000])
    text.write_text("@r\nACGT\n+\nFFFF\n")
    for path in (cut, text):
        with pytest.raises(InputError, match="is not a whole BAM file|is not BAM"):
            check_alignments(path, SIZES, "toy1")
