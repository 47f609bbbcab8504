"""From bigWigs to the report: networks that learn the means of signals which a planted motif raises."""

import hashlib
import json
import re
import xml.etree.ElementTree as ET

import h5py
import hdf5plugin  # noqa: F401
import numpy as np
import pandas as pd
import pyBigWig
import pysam
import pytest
import yaml

from checkouts import copy_checkout, run_snakemake
from described_tables import faults
from sequence_files import write_fasta

BIN, LENGTH = 200, 80_000
CHROMOSOMES = ["chr1", "chr2", "chr3", "chr4"]
MOTIFS = {"a": "ACGTTGCATCGA", "b": "GGATCCTTAGCA"}
TASKS = [f"{kind}{i}" for kind in MOTIFS for i in (1, 2, 3)]
CONFIG = {
    "name": "signals",
    "samples": "signals/samples.tsv",
    "seeds": [1],
    "genome": {"fasta": "signals/genome.fa", "assembly": "toy", "chromosomes": CHROMOSOMES},
    "dataset": {
        "window": 301,
        "targets": "signal",
        "signal_transform": "log1p",
        "training_regions": "all_mappable",
        "evaluation_regions": "all_mappable",
    },
    "splits": {"validation": [{"chrom": "chr3"}], "test": [{"chrom": "chr4"}]},
    "training": {
        "loss": "mse",
        "network": {"channels": [16], "filter_width": 12, "pool": 290, "dropout": [0.0], "hidden": 16},
        "learning_rate": 0.01,
        "max_steps": 240,
        "validate_every": 40,
        "patience": 6,
    },
    "groupings": {
        "all": {"method": "all"},
        "kmeans": {"method": "kmeans", "k": 2, "heads_from": "SMTL"},
        "by_signal": {"method": "kmeans", "k": 2, "heads_from": "SMTL", "vectors": "labels"},
        "random": {"method": "random", "like": "kmeans"},
    },
    "strategies": {
        "SMTL": {"grouping": "all"},
        "KMTL": {"grouping": "kmeans", "training": {"loss": "poisson"}},
        "LMTL": {"grouping": "by_signal"},
        "RANDOM": {"grouping": "random"},
    },
    "choices": {"BEST": {"among": ["SMTL", "KMTL"]}},
    "comparison": {"bootstrap": 100, "headline": [["KMTL", "RANDOM"], ["BEST", "SMTL"]]},
    "figures": {"dpi": 60},
}


def write_inputs(folder, seed=1):
    """Genome, peaks, bigWigs and the sheet: a bin with a kind's motif has a peak and a high signal of its tasks."""
    rng = np.random.default_rng(seed)
    folder.mkdir()
    n_bins = LENGTH // BIN
    letters = {chrom: rng.choice(list("ACGT"), LENGTH) for chrom in CHROMOSOMES}
    holds = {chrom: {kind: rng.random(n_bins) < 0.3 for kind in MOTIFS} for chrom in CHROMOSOMES}
    for chrom in CHROMOSOMES:
        for i, kind in enumerate(MOTIFS):
            for start in np.flatnonzero(holds[chrom][kind]) * BIN + 40 + 60 * i:
                letters[chrom][start : start + 12] = list(MOTIFS[kind])
    write_fasta(folder / "genome.fa", letters)
    rows = ["profile_id\tmodality\tassay\ttarget\tcell_type\tcell_group\tpeaks\tsignal\tassembly\n"]
    for number, task in enumerate(TASKS):
        track = pyBigWig.open(str(folder / f"{task}.bw"), "w")
        track.addHeader([(chrom, LENGTH) for chrom in CHROMOSOMES])
        peaks = []
        for chrom in CHROMOSOMES:
            high = holds[chrom][task[0]]
            values = (1 + number) * np.where(high, 6.0, 0.5) * rng.gamma(4, 0.25, n_bins)
            start = np.arange(n_bins) * BIN
            track.addEntries(
                [chrom] * n_bins, start.tolist(), ends=(start + BIN).tolist(), values=values.tolist()
            )
            peaks += [f"{chrom}\t{s}\t{s + BIN}\n" for s in start[high]]
        track.close()
        (folder / f"{task}.bed").write_text("".join(peaks))
        where = f"signals/{task}.bed\tsignals/{task}.bw"
        rows.append(f"{task}\tTFB\tChIP\tT{task}\tcell\tgroup\t{where}\ttoy\n")
    (folder / "samples.tsv").write_text("".join(rows))
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    folder = copy_checkout(tmp_path_factory.mktemp("signals"))
    write_inputs(folder / "signals")
    return folder


@pytest.fixture(scope="module")
def results(checkout):
    run_snakemake(checkout, "-c2", "--configfile", "signals/config.yaml")
    return checkout / "results"


def test_every_table_is_described_column_by_column(results):
    assert faults(results) == []


def test_shards_hold_the_transformed_means(results, checkout):
    track = pyBigWig.open(str(checkout / "signals/b2.bw"))
    with h5py.File(results / "dataset/shards/chr4.h5", locking=False) as store:
        assert store["signal"].shape == (LENGTH // BIN, len(TASKS))
        means = track.stats("chr4", 0, LENGTH, nBins=LENGTH // BIN, exact=True)
        np.testing.assert_allclose(store["signal"][:, TASKS.index("b2")], np.log1p(means), rtol=1e-3)


def test_every_strategy_predicts_the_signal_on_test(results):
    for strategy in ("SMTL", "KMTL", "LMTL", "RANDOM", "BEST"):
        metrics = pd.read_csv(results / f"evaluation/{strategy}/seed1/metrics.tsv", sep="\t")
        assert metrics["task_id"].tolist() == TASKS
        assert (metrics["test_pearson"] > 0.4).all(), (strategy, metrics["test_pearson"])
        assert (metrics["n_test"] == LENGTH // BIN).all()


def test_the_correlation_of_the_signals_finds_the_planted_groups(results):
    groups = pd.read_csv(results / "groupings/by_signal/seed1/groups.tsv", sep="\t")
    assert groups.groupby("group")["task_id"].agg(lambda ids: "".join(sorted({i[0] for i in ids}))).tolist() in (
        ["a", "b"], ["b", "a"],
    )  # fmt: skip


def test_tables_figures_and_report_name_the_score(results):
    headline = json.loads((results / "comparison/headline.json").read_text())["pairs"][0]
    assert headline["mean_pearson"] > 0.4 and headline["baseline_mean_pearson"] > 0.4
    assert "mean_pearson" in pd.read_csv(results / "comparison/gains.tsv", sep="\t")
    page = (results / "report/report.html").read_text()
    words = re.sub(r'="data:[^"]*"', "", page.split("<script")[0]).replace("F1000", "")
    assert "mean test Pearson r" in words and "F1" not in words
    for name in ("strategies", "gains", "pairs", "algorithms", "cost"):
        assert "Pearson r" in (results / f"figures/{name}.svg").read_text(), name


def test_the_report_of_given_peaks_cites_no_program_for_reads(results):
    page = (results / "report/report.html").read_text()
    cited = page[page.index('id="citations"') :]
    assert "HTSlib" in cited
    assert not [tool for tool in ("Bowtie", "fastp", "SAMtools", "MACS", "BEDTools") if tool in cited]


def test_a_signal_of_another_assembly_ends_the_run_before_anything_is_labelled(results, checkout):
    track = pyBigWig.open(str(checkout / "signals/odd.bw"), "w")
    track.addHeader([(chrom, LENGTH + (chrom == "chr2")) for chrom in CHROMOSOMES])
    track.addEntries(["chr1"], [0], ends=[100], values=[1.0])
    track.close()
    sheet = (checkout / "signals/samples.tsv").read_text()
    (checkout / "signals/odd.tsv").write_text(sheet.replace("signals/a2.bw", "signals/odd.bw"))
    words = ("-c1", "results/odd/dataset/dataset.json", "--configfile", "signals/config.yaml")
    run = run_snakemake(
        checkout, *words, "--config", "samples=signals/odd.tsv", "results=results/odd", check=False
    )
    assert run.returncode
    assert (
        "column signal of a2: signals/odd.bw: its chr2 is 80,001 bp long, the genome's 80,000"
        in run.stdout + run.stderr
    )


def test_a_signal_that_is_not_the_file_of_its_checksum_ends_the_run(results, checkout):
    """With the peaks' checksum before it; the right one lets the run go on."""
    sums = [hashlib.md5((checkout / f"signals/a2.{end}").read_bytes()).hexdigest() for end in ("bed", "bw")]
    header, *rows = (checkout / "signals/samples.tsv").read_text().splitlines()
    words = ("-c1", "results/odd/checks/signals.json", "--configfile", "signals/config.yaml")
    words += ("--config", "samples=signals/summed.tsv", "results=results/odd")
    said = []
    for of_signal in ("0" * 32, sums[1]):
        cell = f"md5:{sums[0]};md5:{of_signal}"
        lines = [f"{row}\t{cell if row.startswith('a2') else ''}" for row in rows]
        (checkout / "signals/summed.tsv").write_text("\n".join([f"{header}\tchecksum", *lines, ""]))
        run = run_snakemake(checkout, *words, check=False)
        said.append((run.returncode, run.stdout + run.stderr))
    assert said[0][0] and said[1][0] == 0, said
    assert (
        f"profile a2, replicate 1, column checksum: signals/a2.bw has the md5 {sums[1]}, not {'0' * 32}"
        in said[0][1]
    )


def test_browsers_are_led_to_peaks_and_signals(checkout):
    """The files that `snakemake tracks` writes, opened from their own folder."""
    words = ("-c1", "tracks", "--configfile", "signals/config.yaml", "--config", "results=results/browse")
    run_snakemake(checkout, *words)
    folder = checkout / "results/browse/tracks"
    session = ET.parse(folder / "igv_session.xml").getroot()
    with pysam.FastaFile(str(folder / session.get("genome"))) as genome:
        assert list(genome.references) == CHROMOSOMES
    resources = session.findall("Resources/Resource")
    peaks = [one for one in resources if one.get("type") == "narrowpeak"]
    assert len(resources) == 2 * len(TASKS) and len(peaks) == len(TASKS)
    for task, one in zip(TASKS, peaks):
        with pysam.TabixFile(str(folder / one.get("path")), index=str(folder / one.get("index"))) as table:
            found = [line.split("\t")[:3] for chrom in CHROMOSOMES for line in table.fetch(chrom)]
        given = [line.split() for line in (checkout / f"signals/{task}.bed").read_text().splitlines()]
        assert found == given
    hub = dict(line.split(" ", 1) for line in (folder / "hub.txt").read_text().splitlines())
    genomes = dict(line.split(" ", 1) for line in (folder / hub["genomesFile"]).read_text().splitlines())
    text = (folder / genomes["trackDb"]).read_text()
    places = [line.split()[1] for line in text.splitlines() if line.startswith("bigDataUrl")]
    assert genomes["genome"] == "toy" and len(places) == 2 * len(TASKS)
    shown = [place for place in places if place.endswith(".bb")]
    assert {one.get("path") for one in resources} - {one.get("path") for one in peaks} == set(places) - set(
        shown
    )
    for task, place, peaks_place in zip(TASKS, places[::2], places[1::2]):
        with (
            pyBigWig.open(str(folder / place)) as signal,
            pyBigWig.open(str(checkout / f"signals/{task}.bw")) as own,
            pyBigWig.open(str(folder / peaks_place)) as bigbed,
        ):
            assert signal.chroms() == own.chroms() and signal.header() == own.header()
            found = [
                [chrom, str(start), str(end)]
                for chrom in CHROMOSOMES
                for start, end, _ in bigbed.entries(chrom, 0, LENGTH) or []
            ]
        assert found == [line.split() for line in (checkout / f"signals/{task}.bed").read_text().splitlines()]
