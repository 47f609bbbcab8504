"""Peaks that replicates support, halves of reads, ratios; signals against their definition."""

import gzip
import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pyBigWig
import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alignment_files import write_bam
from epigroup.core.errors import InputError
from epigroup.formats.bedgraph import write_bigwig
from epigroup.peaks.call_request import CallRequest, FragmentLength, fragment_length, read_request
from epigroup.peaks.pileups import make_pileups
from epigroup.peaks.replicates import compare_replicates, is_supported, read_ratios, write_halves

SIZES = {"chr1": 200_000, "chr2": 5_000}
SITES = range(10_000, 190_000, 10_000)
places = st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 60), st.integers(1, 30)), max_size=12)


def request(bam):
    """Narrow ChIP-seq peaks of a profile p."""
    return CallRequest(
        "p",
        "ChIP",
        "narrow",
        str(bam),
        genome_size=205_000,
        sizes=SIZES,
        qvalue=0.01,
        broad_qvalue=0.1,
        fragment=FragmentLength(200, "known"),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(places, places)
def test_support_is_half_of_either(these, others):
    def lines(found):
        return [f"{chrom}\t{start}\t{start + width}\tx\n" for chrom, start, width in found]

    wanted = [
        any(
            c == d and 2 * (min(s + w, t + v) - max(s, t)) >= min(w, v)
            for d, t, v in others
        )
        for c, s, w in these
    ]  # fmt: skip
    assert is_supported(lines(these), lines(others)) == wanted


@pytest.mark.needs("bedtools")
def test_support_is_that_of_bedtools(tmp_path):
    rng = np.random.default_rng(4)
    sets = []
    for name in "ab":
        start, width = rng.integers(0, 40_000, 900), rng.choice([1, 20, 51, 100, 400], 900)
        sets.append(
            [f"chr{1 + i % 2}\t{s}\t{s + w}\n" for i, (s, w) in enumerate(zip(start, width, strict=True))]
        )
        (tmp_path / name).write_text("".join(sets[-1]))
    command = "bedtools intersect -c -f 0.5 -F 0.5 -e -a a -b b"
    text = subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    theirs = [line.split("\t")[-1] != "0" for line in text.splitlines()]
    assert is_supported(*sets) == theirs and 0.1 < np.mean(theirs) < 0.9


def reads(seed, sites, background=1500, a_site=60):
    random = np.random.default_rng(seed)
    middles = [int(m) for m in random.integers(200, 199_000, background)]
    middles += [int(site + random.normal(0, 30)) for site in sites for _ in range(a_site)]
    return [(0, m - 100, m + 100) for m in middles]


def test_halves_hold_each_fragment_once_and_mates_together(tmp_path):
    bam = write_bam(tmp_path / "a.bam", reads(1, []), paired=True, sizes=SIZES)
    names = []
    for path in write_halves(bam, str(tmp_path), "a"):
        with pysam.AlignmentFile(path) as handle:
            found = [read.query_name for read in handle]
        assert len(found) == 2 * len(set(found)) and 650 < len(set(found)) < 850
        names += set(found)
    assert len(names) == len(set(names)) == 1500


@pytest.mark.needs("macs2")
def test_peaks_of_one_replicate_alone_are_not_supported(tmp_path):
    """Twelve sites in both replicates, three in each alone."""
    shared, own = list(SITES)[:12], list(SITES)[12:]
    sites = (shared + own[:3], shared + own[3:])
    both = [
        write_bam(tmp_path / f"{i}.bam", reads(i, here), paired=True, sizes=SIZES)
        for i, here in enumerate(sites)
    ]
    pooled = str(tmp_path / "pooled.bam")
    pysam.merge("-f", pooled, *both)
    pysam.index(pooled)
    out, ratios = tmp_path / "p.gz", tmp_path / "r.json"
    found = compare_replicates(request(pooled), both, out, ratios, lax_pvalue=0.001, by="overlap")
    rows = gzip.decompress(out.read_bytes()).decode().splitlines()
    middles = [sum(map(int, row.split("	")[1:3])) // 2 for row in rows]
    hit = {site for site in SITES for middle in middles if abs(site - middle) < 200}
    assert set(shared) <= hit and len(middles) <= 14
    assert found.nt == len(middles) and len(found.n) == 2 and min(found.n) >= 12
    held = read_ratios(ratios)
    assert held["rescue_ratio"] == max(found.nt, found.np) / min(found.nt, found.np)
    assert held["self_consistency_ratio"] == max(found.n) / min(found.n)
    if shutil.which("idr") is None:
        with pytest.raises(InputError, match="idr is not on PATH"):
            compare_replicates(request(pooled), both, out, ratios, lax_pvalue=0.001, by="idr")


# A program with idr's options and columns, for idr itself cannot be had everywhere. At its first call four rows of the
# peak list are reproducible (-log10 0.001), at its second five, and so on; the rest is not (0.5).
STAND_IN = """#!{python}
import pathlib, sys
words = sys.argv[1:]
of = lambda word: words[words.index(word) + 1]
assert of("--rank") == "p.value" and of("--input-file-type") == "narrowPeak"
first, second = words[words.index("--samples") + 1 : words.index("--samples") + 3]
calls = pathlib.Path(__file__).with_suffix(".calls")
called = calls.read_text().splitlines() if calls.exists() else []
lines_of = lambda path: pathlib.Path(path).read_text().splitlines()
count = [len(lines_of(path)) for path in (of("--peak-list"), first, second)]
calls.write_text("\\n".join([*called, " ".join(map(str, count))]))
with open(of("--output-file"), "w") as out:
    for number, line in enumerate(lines_of(of("--peak-list"))):
        score = 3.0 if number < 4 + len(called) else 0.3
        print(line, score, score, sep="\\t", file=out)
"""


@pytest.mark.needs("macs2")
def test_by_idr_replicates_and_halves_are_put_through_the_same_rule(tmp_path):
    both = [write_bam(tmp_path / f"{i}.bam", reads(i, SITES), paired=True, sizes=SIZES) for i in range(2)]
    pooled = str(tmp_path / "pooled.bam")
    pysam.merge("-f", pooled, *both)
    pysam.index(pooled)
    program = tmp_path / "idr"
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    found = compare_replicates(
        request(pooled), both, tmp_path / "p.gz", tmp_path / "r.json", lax_pvalue=0.001, by="idr",
        idr=str(program),
    )  # fmt: skip
    assert (found.nt, found.np, found.n) == (4, 5, (6, 7)) and len(found.lines) == 4
    held = read_ratios(tmp_path / "r.json")
    assert (held["rescue_ratio"], held["self_consistency_ratio"]) == (5 / 4, 7 / 6)
    counts = [list(map(int, line.split())) for line in program.with_suffix(".calls").read_text().splitlines()]
    assert len(counts) == 4 and min(map(min, counts)) >= 18
    # the replicates' own peaks are those that were held against each other
    assert [counts[2][0], counts[3][0]] == counts[0][1:]


@pytest.mark.needs("macs2")
def test_fold_enrichment_is_pileup_over_background(tmp_path):
    """Pairs: the pileup at a base is the fragments over it; the signal is its ratio to MACS's background."""
    fragments = [*reads(3, SITES), *[(1, 4_800, 5_000)] * 5]
    bam = write_bam(tmp_path / "a.bam", fragments, paired=True, sizes=SIZES)
    outs = {name: str(tmp_path / f"{name}.bedGraph") for name in ("enrichment", "pvalue")}
    make_pileups(request(bam), outs | {"readme": str(tmp_path / "README")})
    command = f"macs2 callpeak -t {bam} -f BAMPE -g 205000 --keep-dup all -q 0.01 -B -n x --outdir {tmp_path}"
    subprocess.run(command.split(), check=True, capture_output=True)
    covered = np.zeros(SIZES["chr1"])
    for contig, start, end in fragments:
        if contig == 0:
            covered[start:end] += 1
    background = np.zeros(SIZES["chr1"])
    for line in (tmp_path / "x_control_lambda.bdg").read_text().splitlines():
        chrom, start, end, value = line.split()
        if chrom == "chr1":
            background[int(start) : int(end)] = float(value)
    write_bigwig(outs["enrichment"], tmp_path / "e.bw", SIZES)
    with pyBigWig.open(str(tmp_path / "e.bw")) as handle:
        assert handle.chroms() == SIZES
        found = np.nan_to_num(handle.values("chr1", 0, 195_000, numpy=True))
    assert np.allclose(found, covered[:195_000] / background[:195_000], rtol=2e-2, atol=2e-2)
    write_bigwig(outs["pvalue"], tmp_path / "p.bw", SIZES)
    with pyBigWig.open(str(tmp_path / "p.bw")) as handle:
        assert handle.stats("chr1", 9_990, 10_010, type="max")[0] > 10
    assert f"{len(fragments) / 1e6:.6g} million" in (tmp_path / "README").read_text()


def test_signals_end_with_the_chromosome(tmp_path):
    bed = tmp_path / "a.bedGraph"
    bed.write_text("chr2\t0\t4990\t1\nchr2\t4990\t5100\t2\nchr2\t5100\t5200\t3\n")
    write_bigwig(bed, tmp_path / "a.bw", SIZES)
    with pyBigWig.open(str(tmp_path / "a.bw")) as handle:
        assert handle.intervals("chr2") == ((0, 4990, 1.0), (4990, 5000, 2.0))
    for text, says in (
        ("chr9\t0\t5\t1\n", "no bedGraph row"),
        ("chr1\t0\t5\n", "line 1"),
        ("", "holds no value"),
    ):
        bed.write_text(text)
        with pytest.raises(InputError, match=says):
            write_bigwig(bed, tmp_path / "b.bw", SIZES)
    assert not (tmp_path / "b.bw").exists()


def test_fragment_length_is_measured_or_the_default(tmp_path):
    path = tmp_path / "s.json"
    for fragment, wanted in ((173, 173), (None, 200)):
        path.write_text(json.dumps({"fragment": fragment}))
        assert fragment_length(path, 200).bases == wanted
    assert "no peak" in fragment_length(path, 200).known_by and fragment_length(None, 200).bases == 200


def test_a_request_is_read_from_what_a_job_is_handed(tmp_path):
    (tmp_path / "bases").write_text("205000\n")
    (tmp_path / "sizes").write_text("chr1\t200000\nchr2\t5000\n")
    inputs = {"bam": "a.bam", "bases": tmp_path / "bases", "sizes": tmp_path / "sizes"}
    handed = {"profile_id": "p", "assay": "ChIP", "peak_mode": "narrow", "options": "", "macs": "macs2"}
    handed |= {"qvalue": 0.01, "broad_qvalue": 0.1, "extsize": 200}
    assert read_request(handed, inputs) == replace(
        request("a.bam"), fragment=FragmentLength(200, "peaks.extsize")
    )
    assert read_request(handed, inputs | {"control": "c.bam"}).control == "c.bam"
    with pytest.raises(InputError, match="peaks: unknown key 'lax'"):
        read_request(handed | {"lax": 1}, inputs)
