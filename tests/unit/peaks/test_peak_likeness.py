"""What lies as reads, signals or segmentations do is refused as peaks; what lies as peaks do is not."""

import gzip
import logging
import subprocess

import numpy as np
import pysam
import pytest

from epigroup.core.errors import InputError
from epigroup.peaks.likeness import MIN_ROWS
from epigroup.peaks.standard import chosen_peaks, standardise_peaks

LENGTH = 12_000_000
SIZES = {"chr1": LENGTH, "chr2": 500_000}
CENTRES = np.sort(
    np.random.default_rng(5).choice(np.arange(5_000, LENGTH - 5_000, 2_500), 300, replace=False)
)


def fragments(n, rng, share=0.4, length=180, spread=25):
    """(start, end) of n fragments, a share of them around 300 peaks of unlike strength, as a sequencer gives them."""
    strength = rng.gamma(1, 1, len(CENTRES))
    n_inside = int(share * n)
    inside = rng.choice(CENTRES, n_inside, p=strength / strength.sum()) + rng.normal(0, 60, n_inside)
    middle = np.concatenate([inside, rng.uniform(1000, LENGTH - 1000, n - n_inside)]).astype(int)
    width = np.maximum(40, rng.normal(length, spread, n)).astype(int)
    start = middle - width // 2
    return start, start + width


def tags(n, rng, width=36, **how):
    start, end = fragments(n, rng, **how)
    plus = rng.random(n) < 0.5
    start = np.where(plus, start, end - width)
    return start, start + width, np.where(plus, "+", "-")


def bed(folder, *columns):
    rows = zip(
        *[column if not isinstance(column, str) else [column] * len(columns[0]) for column in columns],
        strict=True,
    )
    text = "".join("chr1\t" + "\t".join(map(str, row)) + "\n" for row in rows)
    (folder / "p.bed").write_text(text)
    return folder / "p.bed"


def refusal(path, sizes=SIZES, **options):
    """The message of a refusal; None where the file is taken."""
    try:
        chosen_peaks(path, sizes, sizes, unlikely="refuse", point_flank=60, **options)
    except InputError as error:
        return str(error)
    return None


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("n", [3_000, 8_000, 50_000])
def test_tags_are_refused_and_the_way_to_alignments_named(tmp_path, n, seed):
    start, end, strand = tags(n, np.random.default_rng(seed))
    says = refusal(bed(tmp_path, start, end, "n", "37", strand))
    assert "p.bed: looks like reads: 100% of " in says and "36 bp wide, both strands" in says
    assert "bedtools bedtobam -i FILE -g chrom.sizes" in says and "or set peaks.unlikely to take" in says
    if n > 5_000:
        assert "lie in stacks of 5 or more" in refusal(bed(tmp_path, start, end))


@pytest.mark.parametrize(
    ("name", "how"),
    [
        (lambda i: "N", "N"),
        (lambda i: "ACGTN" * 7 + "A", "a sequence"),
        (lambda i: f"SRR12345.{i}", "like a read"),
        (lambda i: f"HWI-1:5:FC:1:1101:{i}:77/1", "like a read"),
    ],
)
def test_a_few_hundred_rows_named_as_reads_are_named_so(tmp_path, name, how):
    """Though they do not pile up; and motifs, which have strands too, are not."""
    start, end, strand = tags(MIN_ROWS, np.random.default_rng(3), share=0)
    names = [name(i) for i in range(MIN_ROWS)]
    says = refusal(bed(tmp_path, start, end, names, "1000", strand))
    assert f"every one of its {MIN_ROWS} rows is named {how} (column 4) and has a strand" in says
    assert refusal(bed(tmp_path, start, end, "CTCF_MA0139.1", "11.5", strand)) is None
    assert refusal(bed(tmp_path, start, end, names, "1000", ".")) is None


@pytest.mark.parametrize("n", [8_000, 50_000, 200_000])
def test_fragments_are_refused(tmp_path, n):
    start, end = fragments(n, np.random.default_rng(4), spread=60)
    says = refusal(bed(tmp_path, start, end))
    assert "looks like reads or fragments" in says
    if n < 100_000:
        assert "bedtools bedpetobam -i -" in says and "lie in stacks of 5 or more" in says
    barcodes = np.random.default_rng(1).choice(["AAACGAAAGAACCATA", "AAACGAAAGAACGACC"], n)
    assert "looks like fragments of single cells" in refusal(bed(tmp_path, start, end, barcodes, "2"))


def test_more_rows_than_any_assay_has_peaks_are_refused(tmp_path):
    start = np.arange(0, LENGTH - 200, 150)
    says = refusal(bed(tmp_path, start, start + 60, ".", "1", ".", "3", "4", "5", "10"))
    assert "looks like reads or fragments: 79,999 rows are 6,667 per Mb" in says
    start = np.arange(0, LENGTH - 2000, 2000)
    says = refusal(bed(tmp_path, start, start + 1500, ".", "1", ".", "3", "4", "5"))
    assert "cover 72% of the bases of genome.chromosomes" in says


def test_a_bedgraph_without_its_line_and_a_segmentation_are_refused(tmp_path):
    rng = np.random.default_rng(6)
    start, end = fragments(5_000, rng)
    edges, step = np.unique(np.concatenate([start, end]), return_inverse=True)
    change = np.bincount(step, np.repeat([1, -1], 5_000), len(edges))
    depth = np.cumsum(change)[:-1].astype(int)
    kept = depth > 0
    says = refusal(bed(tmp_path, edges[:-1][kept], edges[1:][kept], depth[kept]))
    assert (
        "looks like a bedGraph, a signal: " in says
        and "start where another ends, and column 4 is a number" in says
    )
    cut = np.unique(rng.integers(0, LENGTH, 5_000))
    states = [f"E{i % 15}" for i in range(len(cut) - 1)]
    for more in ([states], [states, "0", ".", "1", "2", "3"], []):
        says = refusal(bed(tmp_path, cut[:-1], cut[1:], *more))
        assert "looks like a segmentation, a signal or bins, not peaks: 100% of " in says


def test_what_is_taken_all_the_same_is_warned_of_with_the_same_words(tmp_path, caplog):
    start, end, strand = tags(3_000, np.random.default_rng(7))
    path = bed(tmp_path, start, end, "N", "37", strand)
    says = refusal(path).split("; ")[0]
    standardise_peaks(path, tmp_path / "s.safetensors", SIZES, SIZES, unlikely="take", min_overlap=20)
    assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [
        f"{says}; they are taken as peaks (peaks.unlikely, or called by this workflow)"
    ]


def test_too_few_rows_say_nothing(tmp_path):
    start = np.arange(MIN_ROWS - 1) * 10
    assert refusal(bed(tmp_path, start, start + 10, "1")) is None
    start = np.arange(MIN_ROWS) * 10
    assert refusal(bed(tmp_path, start, start + 10, "1")) is not None
    # rows on chromosomes that are left out do not count
    assert chosen_rows_are_taken(tmp_path, start)


def chosen_rows_are_taken(folder, start):
    text = (folder / "p.bed").read_text() + "chr2\t5\t100\t1\n"
    (folder / "p.bed").write_text(text)
    return len(chosen_peaks(folder / "p.bed", SIZES, {"chr2": SIZES["chr2"]}, unlikely="refuse")) == 1


def test_peaks_of_many_kinds_are_taken(tmp_path):
    rng = np.random.default_rng(8)
    spaced = np.cumsum(rng.integers(200, 1_500, 14_000))
    spaced = spaced[spaced < LENGTH - 1000]
    wide = np.cumsum(rng.integers(501, 9_000, 5_000))
    wide = wide[wide < LENGTH - 1000]
    strand = rng.choice(["+", "-"], len(wide))
    shifts = rng.integers(-30, 30, len(wide))
    broad = np.cumsum(rng.integers(1_500, 4_000, 6_000))
    broad = broad[broad < LENGTH - 2000]
    summits = np.repeat(wide, rng.integers(1, 6, len(wide)))
    offsets = rng.integers(0, 400, len(summits))
    around = summits + 90 * (np.arange(len(summits)) % 4)
    twice = np.sort(np.concatenate([wide, wide + 20]))
    kinds = {
        "DNase 150 bp": (spaced, spaced + 150),
        "501 bp side by side": (wide, wide + 501),
        "nearly one width": (wide, wide + np.where(rng.random(len(wide)) < 0.95, 330, 200)),
        "sites of a motif": (wide + shifts, wide + shifts + 19, "M", "11.5", strand),
        "stranded points": (wide, wide + 1, "M", "11.5", strand),
        "rows of one interval": (summits, summits + 400, ".", "1", ".", "3", "4", "5", offsets),
        "windows around summits": (around, around + 501),
        "broad": (broad, broad + 1_000, ".", "1", ".", "3", "4", "5"),
        "two replicates": (twice, twice + 300),
    }  # fmt: skip
    assert {kind: refusal(bed(tmp_path, *columns)) for kind, columns in kinds.items()} == dict.fromkeys(kinds)


def test_real_peak_sets_are_taken(real_data, tmp_path):
    """109 human sets, as they are and as BED3, and 105 yeast sets of points before they are widened."""
    human = sorted((real_data / "human_hg19_chr20" / "peaks_conservative").glob("*.gz"))
    chr20 = {"chr20": 63_025_520}
    refused = []
    for path in human:
        rows = [line.split("\t") for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
        refused.append(refusal(path, chr20))
        (tmp_path / "p.bed").write_text("".join("\t".join(row[:3]) + "\n" for row in rows))
        refused.append(refusal(tmp_path / "p.bed", chr20))
    lines = (real_data / "yeast_genome" / "sacCer3.nuclear.sizes").read_text().splitlines()
    yeast = {line.split()[0]: int(line.split()[1]) for line in lines}
    points = sorted((real_data / "yeast_chipexo" / "peaks").glob("*.gz"))
    refused += [refusal(path, yeast, contig_names="spelling") for path in points]
    assert len(refused) == 2 * 109 + 105 and not any(refused)


@pytest.mark.needs("bedtools")
def test_the_commands_that_are_named_make_alignments(tmp_path):
    """Of the same reads: places and strands are those of the rows, and mates lie at either end of fragments."""
    (tmp_path / "chrom.sizes").write_text("".join(f"{name}\t{size}\n" for name, size in SIZES.items()))
    start, end, strand = tags(3_000, np.random.default_rng(9))
    made = command(tmp_path, refusal(bed(tmp_path, start, end, "N", "37", strand)))
    assert sorted((r.reference_start, r.reference_end, "+-"[r.is_reverse]) for r in made) == sorted(
        zip(start.tolist(), end.tolist(), strand.tolist(), strict=True)
    )
    start, end = fragments(8_000, np.random.default_rng(9), spread=60)
    made = command(tmp_path, refusal(bed(tmp_path, start, end)))
    assert all(read.is_paired and read.is_proper_pair for read in made)
    left = sorted((read.query_name, read.reference_start) for read in made if not read.is_reverse)
    right = sorted((read.query_name, read.reference_end) for read in made if read.is_reverse)
    assert sorted((a, b) for (_, a), (_, b) in zip(left, right, strict=True)) == sorted(
        zip(start.tolist(), end.tolist(), strict=True)
    )


def command(folder, says):
    """The alignments that the command in a message makes of its file."""
    shell = says[says.index("column bam: ") + 12 : says.index(" > NEW.bam") + 10]
    subprocess.run(shell.replace("FILE", "p.bed"), shell=True, cwd=folder, check=True)
    with pysam.AlignmentFile(folder / "NEW.bam") as handle:
        return list(handle)
