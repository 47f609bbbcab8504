"""From FASTQ to peaks: known sites of ten times the background on average are found, and little else, in any assay."""

import gzip

import numpy as np
import pandas as pd
import pytest
import yaml

from checkouts import copy_checkout, run_snakemake
from epigroup.simulation.genome import BASES
from epigroup.simulation.reads import draw_fragments, read_bases, write_fastq
from epigroup.simulation.settings import ReadSettings
from sequence_files import write_fasta

SIZES = {"chr1": 250_000, "chr2": 150_000, "chr3": 100_000}
# fragments on 1000 bp of the background; those of a site, which is ten times as dense over its width, come on top
BACKGROUND, FOLD, LENGTH = 20, 10, 50
COLUMNS = (
    "profile_id",
    "modality",
    "assay",
    "target",
    "cell_type",
    "cell_group",
    "fastq_1",
    "fastq_2",
    "control",
)
# width of a site and distance from one to the next (bp)
NARROW, BROAD = (300, 8_000), (3_000, 40_000)
PROFILES = {
    "atac": (("CA", "ATAC", "", "neuron", "brain"), NARROW, True, ""),
    "dnase": (("CA", "DNase", "", "neuron", "brain"), NARROW, False, ""),
    "ctcf": (("TFB", "ChIP", "CTCF", "neuron", "brain"), NARROW, False, "bg_1.fastq.gz"),
    "k27me3": (("HM", "ChIP", "H3K27me3", "neuron", "brain"), BROAD, False, "bg_1.fastq.gz"),
    "bg": (("", "input", "", "", ""), NARROW, False, ""),
}
CONFIG = {
    "samples": "found.tsv",
    "results": "results/found",
    "genome": {"fasta": "found.fa", "assembly": "toy", "chromosomes": list(SIZES)},
    "dataset": {"window": 301},
    "splits": {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}]},
    "groupings": {"all": {"method": "all"}},
    "strategies": {"SMTL": {"grouping": "all"}},
}


def sites_of(width, apart):
    rows = [
        (chrom, at, at + width)
        for chrom, size in SIZES.items()
        for at in range(apart // 2, size - apart // 2, apart)
    ]
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


@pytest.fixture(scope="module")
def called(tmp_path_factory):
    """The folder of called peaks."""
    folder = copy_checkout(tmp_path_factory.mktemp("found"))
    rng = np.random.default_rng(5)
    genome = [rng.integers(0, 4, size).astype(np.uint8) for size in SIZES.values()]
    letters = {name: BASES[codes].tobytes().decode() for name, codes in zip(SIZES, genome)}
    write_fasta(folder / "found.fa", letters)
    rows = [(*COLUMNS, "assembly")]
    for name, (facts, (width, apart), paired, control) in PROFILES.items():
        sites = sites_of(width, apart)
        row = {"profile_id": name, "assay": facts[1], "modality": facts[0], "peak_mode": ""}
        reads = ReadSettings(7, LENGTH, (FOLD - 1) * BACKGROUND * width / 1000, BACKGROUND)
        if facts[1] == "input":
            sites = sites.iloc[:0]
        drawn = draw_fragments(row, sites, SIZES, reads, 1)
        files = [f"{name}_{mate}.fastq.gz" for mate in (1, 2)[: 1 + paired]]
        for file, reverse in zip(files, (drawn.reverse, ~drawn.reverse)):
            codes = read_bases(drawn, genome, LENGTH, reverse, np.random.default_rng(3))
            write_fastq(folder / file, codes, files.index(file) + 1 if paired else None)
        if name != "bg":  # the rows name it by its file
            rows.append((name, *facts, files[0], files[1] if paired else "", control, "toy"))
    (folder / "found.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    (folder / "found.yaml").write_text(yaml.safe_dump(CONFIG))
    peaks = "results/found/peaks/called"
    wanted = [f"{peaks}/{name}_peaks.narrowPeak.gz" for name in PROFILES if name != "bg"]
    run_snakemake(folder, "-c2", "--configfile", "found.yaml", "--", *wanted)
    return folder / peaks


@pytest.mark.parametrize("name", [name for name in PROFILES if name != "bg"])
def test_sites_of_ten_times_the_background_are_found_and_little_else(called, name):
    sites = sites_of(*PROFILES[name][1])
    text = gzip.decompress((called / f"{name}_peaks.narrowPeak.gz").read_bytes()).decode()
    peaks = {
        (chrom, int(start), int(end)) for chrom, start, end in (r.split("\t")[:3] for r in text.splitlines())
    }

    def meets(one, others):
        return any(one[0] == chrom and one[1] < end and start < one[2] for chrom, start, end in others)

    places = list(sites.itertuples(index=False, name=None))
    found = np.mean([meets(site, peaks) for site in places])
    false = np.mean([not meets(peak, places) for peak in peaks])
    assert found >= 0.95 and false < 0.05
    if name == "k27me3":
        covered = sum(
            max(0, min(e, end) - max(s, start)) for c, s, e in peaks for d, start, end in places if c == d
        )
        assert covered >= 0.5 * 3_000 * len(places), "broad sites are covered, not only touched"
