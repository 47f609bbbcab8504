"""Peak calling by assay: arguments, cut sites, and real runs of MACS2 on simulated reads with known sites."""

import gzip
import io
import subprocess
from functools import partial
from pathlib import Path

import numpy as np
import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

import alignment_files
from epigroup.core.errors import InputError
from epigroup.genome.sizes import count_bases
from epigroup.peaks.call_request import CallRequest, FragmentLength
from epigroup.peaks.macs import call_peaks, count_peaks, to_narrow_peaks
from epigroup.peaks.macs_arguments import plan_call
from epigroup.peaks.macs_options import ALLOWED, RESERVED, parse_options
from epigroup.peaks.standard import fetch_standard, standardise_peaks
from epigroup.reads.alignments import is_paired, mapped_reads, write_cut_sites
from epigroup.reads.given_alignments import check_alignments

SIZES = {"chr1": 300_000, "chr2": 100_000}
FRAGMENT = 200
FRAGMENTS = FragmentLength(200, "known")
SITES = np.arange(10_000, 290_000, 20_000)
CALL = {"genome_size": 390_000, "sizes": SIZES, "qvalue": 0.01, "broad_qvalue": 0.1, "fragment": FRAGMENTS}


def request(assay, peak_mode, bam="p.bam", **changed):
    """Of a profile p."""
    return CallRequest("p", assay, peak_mode, str(bam), **(CALL | changed))


def plan(assay, peak_mode, *, paired, pvalue=None, control="c.bam", **changed):
    return plan_call(request(assay, peak_mode, control=control, **changed), paired=paired, pvalue=pvalue)


def after(arguments, flag):
    return arguments[arguments.index(flag) + 1]


def test_accessibility_is_called_on_cut_sites():
    for assay, paired in (("ATAC", True), ("ATAC", False), ("DNase", True), ("DNase", False)):
        call = plan(assay, "narrow", paired=paired)
        assert call.reads_as == "cut sites"
        assert after(call.arguments, "-f") == "BED"
        assert int(after(call.arguments, "--shift")) == -int(after(call.arguments, "--extsize")) // 2 == -75
        assert "--nomodel" in call.arguments and "--call-summits" in call.arguments
        assert "--call-summits" not in plan(assay, "broad", paired=paired).arguments
        assert after(call.arguments, "--keep-dup") == "all"


@pytest.mark.parametrize("assay", ["ChIP", "CUTRUN"])
def test_layout_decides_how_enriched_fragments_are_read(assay):
    pairs = plan(assay, "narrow", paired=True)
    length = FragmentLength(147, "measured here")
    tags = plan(assay, "narrow", paired=False, fragment=length)
    assert (after(pairs.arguments, "-f"), after(tags.arguments, "-f")) == ("BAMPE", "BAM")
    assert "--extsize" not in pairs.arguments
    assert after(tags.arguments, "--extsize") == "147" and "--nomodel" in tags.arguments
    assert any("measured here" in reason for reason in tags.reasons)
    assert not {"--call-summits"} & {*pairs.arguments, *tags.arguments}


def test_broad_rows_and_the_genome_and_thresholds_reach_macs():
    narrow = plan("ChIP", "narrow", paired=True).arguments
    broad = plan("ChIP", "broad", paired=True, broad_qvalue=0.05).arguments
    assert "--broad" not in narrow and after(broad, "--broad-cutoff") == "0.05"
    assert after(broad, "-g") == "390000" and after(broad, "-q") == "0.01"


@pytest.mark.parametrize(
    "options, lax, threshold, link",
    [
        ("", None, ("-q", "0.01"), "0.1"),
        ("", 0.01, ("-p", "0.01"), "0.1"),
        ("", 0.001, ("-p", "0.001"), "0.01"),
        ("", 0.2, ("-p", "0.2"), "1"),
        ("--pvalue 1e-5", None, ("-p", "1e-5"), "0.0001"),
        ("--pvalue 1e-5", 0.01, ("-p", "0.01"), "0.1"),
        ("--pvalue 1e-5 --broad-cutoff 2e-5", None, ("-p", "1e-5"), "2e-5"),
        ("--pvalue 1e-5 --broad-cutoff 2e-5", 0.01, ("-p", "0.01"), "0.02"),
        ("--qvalue 0.05", None, ("-q", "0.05"), "0.1"),
    ],
)
def test_links_of_broad_peaks_are_of_the_kind_that_the_threshold_is(options, lax, threshold, link):
    """MACS takes --broad-cutoff as a p-value when it has -p; the log must not call that a false discovery rate."""
    call = plan("ChIP", "broad", paired=True, options=options, pvalue=lax)
    assert after(call.arguments, threshold[0]) == threshold[1]
    assert after(call.arguments, "--broad-cutoff") == link and call.arguments.count("--broad-cutoff") == 1
    assert {"-p": "-q", "-q": "-p"}[threshold[0]] not in call.arguments
    (reason,) = [one for one in call.reasons if one.startswith("--broad-cutoff")]
    if "--broad-cutoff" not in options:
        assert reason.split(": ")[1].startswith("p-value" if threshold[0] == "-p" else "false discovery rate")


def test_every_argument_has_a_reason_and_a_missing_control_a_warning():
    call = plan("ChIP", "broad", paired=False)
    assert " ".join(call.arguments) == " ".join(reason.split(": ")[0] for reason in call.reasons)
    assert not call.warnings
    assert "no control" in plan("CUTRUN", "narrow", paired=True, control=None).warnings[0]
    assert not plan("ATAC", "narrow", paired=True, control=None).warnings
    with pytest.raises(ValueError, match="input"):
        plan("input", "narrow", paired=True)


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


def write_bam(path, fragments, *, paired):
    return alignment_files.write_bam(path, fragments, paired=paired, sizes=SIZES)


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


@pytest.mark.needs("macs2")
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
    count = call_peaks(request(assay, peak_mode, bam, control=background), out)
    lines = gzip.decompress(out.read_bytes()).decode().splitlines()
    assert count == count_peaks(lines) and all(len(line.split("\t")) == 10 for line in lines)
    found, true = peaks_hit(out)
    assert found == 1.0 and true > 0.95


def test_a_row_replaces_single_arguments():
    options = "-p 0.001 --extsize 73 --keep-dup auto --min-length 90"
    call = plan("ATAC", "narrow", paired=True, options=options)
    assert after(call.arguments, "-p") == "0.001" and "-q" not in call.arguments
    assert after(call.arguments, "--extsize") == "73" and after(call.arguments, "--shift") == "-75"
    assert after(call.arguments, "--keep-dup") == "auto" and call.arguments.count("--keep-dup") == 1
    assert sum("column macs2" in reason for reason in call.reasons) == 4
    with pytest.raises(ValueError, match="broad"):
        plan("ChIP", "broad", paired=True, options="--call-summits")
    lax = plan("ATAC", "narrow", paired=True, pvalue=0.01, options="-q 0.2").arguments
    assert after(lax, "-p") == "0.01" and not {"-q", "--call-summits"} & set(lax)


@pytest.mark.parametrize(
    "text",
    ["--qvalue", "--qvalue 2", "--qvalue x", "-q 0.1 -p 0.1", "--extsize 0", "--nomodel 3", "--extsize 5 --extsize 5",
     "--gsize hs", "--outdir /tmp", "; rm -rf x", "--mfold 5", "--broad", "$(id)", "--qvalue nan"],
)  # fmt: skip
def test_other_options_and_values_are_refused(text):
    with pytest.raises(ValueError):
        parse_options(text)


@pytest.mark.needs("macs2")
def test_every_option_of_the_list_is_one_of_macs():
    text = subprocess.run(["macs2", "callpeak", "--help"], capture_output=True, text=True, check=True).stdout
    assert [option for option in (*ALLOWED, *RESERVED) if option not in text] == []


@pytest.mark.needs("macs2")
def test_split_summits_are_one_peak(tmp_path):
    """Two summits 320 bp apart in one open region."""
    sites = [site + apart for site in range(10_000, 290_000, 10_000) for apart in (0, 320)]
    bam = write_bam(tmp_path / "t.bam", fragments_of(1, 3000, 100, sites=sites, spread=60), paired=True)
    out = tmp_path / "p.gz"
    count = call_peaks(request("ATAC", "narrow", bam), out)
    lines = gzip.decompress(out.read_bytes()).decode().splitlines(keepends=True)
    assert len(lines) > count == count_peaks(lines) == len({tuple(line.split()[:3]) for line in lines})
    standardise_peaks(out, tmp_path / "p.safetensors", SIZES, SIZES)
    assert sum(len(fetch_standard(tmp_path / "p.safetensors", name)[0]) for name in SIZES) == count


@pytest.mark.needs("macs2")
def test_no_reads_no_peaks_and_another_layout_are_refused(tmp_path):
    empty = write_bam(tmp_path / "empty.bam", [], paired=False)
    flat = write_bam(
        tmp_path / "flat.bam", [(0, start, start + 200) for start in range(0, 290_000, 100)], paired=True
    )
    single = write_bam(tmp_path / "single.bam", fragments_of(1, 500), paired=False)
    out = tmp_path / "p.narrowPeak"
    chip = partial(request, "ChIP", "narrow")
    with pytest.raises(InputError, match=r"empty\.bam: profile p has no read left"):
        call_peaks(chip(empty), out)
    with pytest.raises(InputError, match=r"empty\.bam: the control of profile p has no read left"):
        call_peaks(chip(single, control=empty), out)
    with pytest.raises(InputError, match=r"flat\.bam: MACS found no peak in profile p at q-value 0\.01"):
        call_peaks(chip(flat), out)
    with pytest.raises(InputError, match=r"single\.bam: is single-end, but profile p is paired"):
        call_peaks(chip(flat, control=single), out)
    with pytest.raises(InputError, match="no-such-macs is not on PATH"):
        call_peaks(chip(flat, macs="no-such-macs"), out)
    assert not out.exists()


def test_layout_and_number_of_reads(tmp_path):
    paired = write_bam(tmp_path / "p.bam", [(0, 100, 300)] * 3, paired=True)
    single = write_bam(tmp_path / "s.bam", [(0, 100, 300)] * 3, paired=False)
    assert (is_paired(paired), mapped_reads(paired)) == (True, 6)
    assert (is_paired(single), mapped_reads(single)) == (False, 3)
    Path(f"{single}.bai").write_bytes(Path(f"{paired}.bai").read_bytes())
    assert mapped_reads(single) == 3, "counted by the index of another file"
    pysam.merge("-f", str(tmp_path / "m.bam"), paired, single)
    with pytest.raises(InputError, match="single-end and paired"):
        is_paired(tmp_path / "m.bam")


def test_alignments_of_another_genome_or_cut_short_are_refused(tmp_path):
    bam = write_bam(tmp_path / "a.bam", fragments_of(1, 2000), paired=True)
    check = partial(check_alignments, mapq=30, fasta="none.fa")
    assert check(bam, {"chr1": 300_000}, "toy1")[0] == SIZES
    with pytest.raises(
        InputError, match=r"a\.bam: contig chr1 is 300,000 bp in its header and 299,999 bp in toy1"
    ):
        check(bam, {"chr1": 299_999}, "toy1")
    with pytest.raises(InputError, match="no contig '1' .it has chr1, chr2."):
        check(bam, {"1": 300_000}, "toy1")
    cut, text = tmp_path / "cut.bam", tmp_path / "text.bam"
    cut.write_bytes((tmp_path / "a.bam").read_bytes()[:-2000])
    text.write_text("@r\nACGT\n+\nFFFF\n")
    for path in (cut, text):
        with pytest.raises(InputError, match="is not a whole BAM or CRAM file|is not BAM"):
            check(path, SIZES, "toy1")
