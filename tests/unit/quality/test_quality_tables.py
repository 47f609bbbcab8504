"""FRiP, TSS enrichment, insert sizes, grades and tables of quality, against counts by hand, bedtools and samtools."""

import math
import subprocess

import numpy as np
import pytest

from alignment_files import write_bam
from epigroup.core.errors import InputError
from epigroup.genome.transcripts import read_starts
from epigroup.quality.cross_correlation import Ends, read_ends
from epigroup.quality.flagstat import read_flagstat
from epigroup.quality.grades import THRESHOLDS, graded, worst
from epigroup.quality.insert_sizes import insert_figures
from epigroup.quality.left_out import profiles_left_out
from epigroup.quality.profile_figures import mitochondrial_share, reads_in_peaks, replicate_figures
from epigroup.quality.tables import (
    POOLED,
    check_left_out,
    failing,
    gather_quality,
    quality_table,
    read_quality,
    write_figures,
    write_quality,
)
from epigroup.quality.tss_enrichment import tss_enrichment

SIZES = {"chr1": 60_000, "chrM": 2_000}
HUMAN = {"assay": "ATAC", "peak_mode": "narrow", "assembly": "hg38", "genome_size": 3_000_000_000}


def test_reads_in_peaks_counted_by_hand(tmp_path):
    """Reads of 50 bp at 100, 149, 150, 199, 250 and 251; the peak is [200, 250): a base of overlap is enough."""
    starts = (100, 149, 150, 151, 199, 249, 250, 251)
    bam = write_bam(tmp_path / "a.bam", [(0, s, s + 50) for s in starts], paired=False, sizes=SIZES)
    assert reads_in_peaks(bam, [("chr1", 200, 250)]) == 3 / 8
    assert reads_in_peaks(bam, [("chr1", 200, 250), ("chr1", 200, 250), ("chr1", 210, 260)]) == 5 / 8


@pytest.mark.needs("bedtools")
def test_reads_in_peaks_equal_bedtools(tmp_path):
    random = np.random.default_rng(1)
    fragments = [(0, int(s), int(s) + 200) for s in random.integers(0, 59_000, 3000)]
    bam = write_bam(tmp_path / "a.bam", fragments, paired=True, sizes=SIZES)
    peaks = [("chr1", int(s), int(s) + int(w)) for s, w in random.integers(1, 50_000, (200, 2)) // (1, 100)]
    bed = tmp_path / "p.bed"
    bed.write_text("".join(f"{c}\t{s}\t{e}\n" for c, s, e in peaks))
    command = f"bedtools intersect -u -abam {bam} -b {bed} -bed | wc -l"
    inside = int(subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout)
    assert 0.1 < inside / 6000 < 0.99
    assert reads_in_peaks(bam, peaks) == inside / 6000


def test_counts_of_a_replicate_are_samtools(tmp_path):
    fragments = [(0, 100, 300)] * 3 + [(1, 100, 300)] + [(0, 700, 900)] * 2
    bam = write_bam(tmp_path / "a.bam", fragments, paired=False, sizes=SIZES, strands=[False] * 6)
    for name in ("flagstat", "idxstats"):
        text = subprocess.run(["samtools", name, bam], check=True, capture_output=True, text=True).stdout
        (tmp_path / name).write_text(text)
    assert read_flagstat(tmp_path / "flagstat") == {
        "primary": 6,
        "mapped": 6,
        "duplicates": 0,
        "mates": 0,
    }
    assert mitochondrial_share(tmp_path / "idxstats", "chrM") == 1 / 6
    write_figures(tmp_path / "c.json", {"nrf": 0.5, "pbc1": math.nan, "pbc2": math.inf})
    paths = [str(tmp_path / name) for name in ("flagstat", "idxstats", "c.json")]
    figures = replicate_figures(*paths, records=8, mitochondrion="chrM")
    assert (figures["reads"], figures["mapped_share"], figures["duplicate_share"]) == (8, 1, 0)
    assert math.isnan(figures["pbc1"]) and figures["pbc2"] > 1e6


def test_tss_enrichment_by_its_definition(tmp_path):
    """Against a plain count of covered bases around starts on both strands."""
    random = np.random.default_rng(2)
    starts = {"chr1": np.array([[10_000, 1], [30_000, 0], [45_000, 1], [500, 1]])}
    near = [at + random.integers(-60, 200, 300) for at in (10_000, 45_000)]
    cuts = np.concatenate([random.integers(0, 60_000, 6000), *near])
    cuts = np.sort(np.clip(cuts, 0, 59_999)).astype(np.int32)
    ends = Ends({"chr1": (cuts[::2], cuts[1::2])}, 50, np.zeros(1, np.int64))
    covered = np.zeros(60_000)
    for cut in cuts:
        covered[max(cut - 25, 0) : cut + 26] += 1
    profile = sum(
        covered[at - 2000 : at + 2001][:: 1 if forward else -1] for at, forward in starts["chr1"][:3]
    )
    wanted = profile.max() / np.concatenate([profile[:100], profile[-100:]]).mean()
    assert tss_enrichment(ends, starts, SIZES) == pytest.approx(wanted) and wanted > 2


def test_starts_of_transcripts_are_read_by_strand(tmp_path):
    gtf = tmp_path / "a.gtf"
    rows = [("chr1", "transcript", 101, 900, "+"), ("chr1", "transcript", 101, 700, "+")]
    rows += [("chr1", "transcript", 2001, 2900, "-"), ("chr1", "gene", 1, 5000, "+")]
    rows += [("chrX", "transcript", 5, 9, "+")]
    gtf.write_text("#!x\n" + "".join(f"{c}\tt\t{f}\t{s}\t{e}\t.\t{d}\t.\tx\n" for c, f, s, e, d in rows))
    assert read_starts(gtf, SIZES)["chr1"].tolist() == [[100, 1], [2899, 0]]
    with pytest.raises(InputError, match="line 4: chr1:2900 lies beyond the end"):
        read_starts(gtf, {"chr1": 2000})
    with pytest.raises(InputError, match="line 2: contig 'chr1' is called 1 in the genome"):
        read_starts(gtf, {"1": 10_000})
    gtf.write_text("chr1\t5\t9\n")
    with pytest.raises(InputError, match="line 1: 3 columns where 8 belong"):
        read_starts(gtf, SIZES)


def histogram(*parts):
    size = np.arange(700)
    return sum(n * np.exp(-(((size - centre) / width) ** 2) / 2) for n, centre, width in parts).astype(
        np.int64
    )


def test_nucleosomes_show_in_insert_sizes():
    good = insert_figures(histogram((900, 75, 20), (300, 200, 25)))
    assert good["nucleosome_free_peak"] == good["mononucleosome_peak"] == 1
    falling = (1000 * np.exp(-np.arange(700) / 60)).astype(np.int64)
    flat = insert_figures(falling)
    assert flat["nucleosome_free_peak"] == flat["mononucleosome_peak"] == 0
    assert flat["nucleosome_free_share"] == pytest.approx(falling[:150].sum() / falling.sum())
    assert insert_figures(np.bincount([5, 6, 6, 9, 9]))["insert_median"] == 6
    assert math.isnan(insert_figures(np.zeros(1, np.int64))["insert_median"])


def test_grades_follow_the_thresholds():
    assert [graded("frip", v, **HUMAN)["grade"] for v in (0.31, 0.3, 0.25, 0.2, 0.1)] == [
        "pass", "pass", "warn", "warn", "fail",
    ]  # fmt: skip
    chip = HUMAN | {"assay": "ChIP"}
    assert [graded("frip", v, **chip)["grade"] for v in (0.01, 0.001)] == ["pass", "warn"]
    assert [graded("rescue_ratio", v, **chip)["grade"] for v in (1.5, 3)] == ["pass", "warn"]
    assert graded("nrf", math.nan, **HUMAN)["grade"] == graded("reads", 5, **HUMAN)["grade"] == ""
    assert graded("tss_enrichment", 6, **HUMAN)["grade"] == "warn"
    assert graded("tss_enrichment", 6, **(HUMAN | {"assembly": "sacCer3"}))["grade"] == ""
    assert graded("usable_fragments", 5, **(HUMAN | {"genome_size": 12_000_000}))["grade"] == ""
    assert graded("usable_fragments", 5, **chip)["grade"] == "fail"
    assert (
        all(one.source for one in THRESHOLDS) and worst(["pass", "", "warn"]) == "warn" and worst([""]) == ""
    )


@pytest.fixture
def tables(tmp_path):
    """Profile `good` with two replicates, and `bad`."""
    figures = {
        "good": {"1": {"nrf": 0.95}, "2": {"nrf": 0.91}, POOLED: {"frip": 0.4}},
        "fair": {"1": {"nrf": 0.95}, "2": {"nrf": 0.71}, POOLED: {"frip": 0.4}},
        "bad": {"1": {"nrf": 0.5}, POOLED: {"frip": 0.25}},
    }
    paths = []
    for name, held in figures.items():
        paths.append(tmp_path / f"{name}.tsv")
        write_quality(paths[-1], quality_table(name, held, **HUMAN))
    return paths


def test_summary_takes_the_worst_replicate(tables):
    every, summary = gather_quality(tables)
    assert len(every) == 8 and list(every["replicate"][:3]) == ["1", "2", "pooled"]
    rows = summary.set_index("profile_id")
    assert rows["grade"].to_dict() == {"good": "pass", "fair": "warn", "bad": "fail"}
    assert rows["nrf"].to_dict() == {"good": 0.91, "fair": 0.71, "bad": 0.5}
    assert (rows.loc["bad", "failed"], rows.loc["bad", "warned"]) == ("nrf", "frip")
    assert failing(summary, "fail") == {}
    assert failing(summary, "warn") == {"bad": "nrf"}
    assert failing(summary, "pass") == {"fair": "nrf", "bad": "nrf, frip"}
    assert read_quality(tables[0])["source"].str.contains("ENCODE").all()


def test_the_worst_of_a_share_of_losses_is_the_largest(tmp_path):
    """Also where no threshold grades it; a value that is not known is no worst one."""
    shares = [("1", 0.1, 0.02, 0.9), ("2", 0.6, math.nan, 0.8), ("3", 0.3, 0.3, 0.95)]
    names = ("duplicate_share", "mitochondrial_share", "mapped_share")
    figures = {replicate: dict(zip(names, values)) for replicate, *values in shares}
    figures[POOLED] = {"rescue_ratio": 3.0}
    table = quality_table("p", figures, **HUMAN)
    write_quality(tmp_path / "p.tsv", table)
    row = gather_quality([tmp_path / "p.tsv"])[1].iloc[0]
    assert [row[name] for name in (*names, "rescue_ratio")] == [0.6, 0.3, 0.8, 3.0]
    assert dict(zip(table["measure"], table["grade"]))["rescue_ratio"] == "warn"


def test_profiles_are_left_out_by_the_grades_of_an_earlier_run(tables, tmp_path):
    path = tmp_path / "quality.tsv"
    assert profiles_left_out(path, "warn", ["bad", "good"]) == {}
    write_quality(path, gather_quality(tables)[1])
    assert profiles_left_out(path, "fail", ["bad", "good"]) == {}
    assert profiles_left_out(path, "warn", ["bad", "good"]) == {"bad": "nrf"}
    out = tmp_path / "left_out.tsv"
    check_left_out(path, "warn", ["bad"], out, tasks=["bad", "good"])
    assert out.read_text() == "bad\tnrf\n"
    for named, says in (
        ([], r"bad \(nrf\) is below warn.*Run again"),
        (["bad", "good"], "good is no longer below"),
    ):
        with pytest.raises(InputError, match=says):
            check_left_out(path, "warn", named, tmp_path / "none.tsv", tasks=["bad", "good"])
    assert not (tmp_path / "none.tsv").exists()


def test_a_control_below_the_grade_does_not_stop_the_run(tables, tmp_path, caplog):
    """It is never learnt, so no run can leave it out: what the run starts with and what it checks must agree."""
    path = tmp_path / "quality.tsv"
    write_quality(path, gather_quality(tables)[1])
    planned = profiles_left_out(path, "pass", ["fair", "good"])
    check_left_out(path, "pass", sorted(planned), tmp_path / "left_out.tsv", tasks=["fair", "good"])
    assert (tmp_path / "left_out.tsv").read_text() == "fair\tnrf\n"
    assert "bad (nrf, frip) is below pass; it is a control" in caplog.text


def test_both_mates_are_cut_sites(tmp_path):
    bam = write_bam(tmp_path / "p.bam", [(0, 100, 300)], paired=True, sizes=SIZES)
    assert [side.tolist() for side in read_ends(bam, both_mates=True).by_chrom["chr1"]] == [[100], [299]]
    assert [side.tolist() for side in read_ends(bam).by_chrom["chr1"]] == [[100], []]
