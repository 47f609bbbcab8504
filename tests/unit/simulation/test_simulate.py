"""The simulation: what it plants is what its truth tables say, and the same seed gives the same bytes."""

import gzip
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pysam
import pytest
from sklearn.metrics import adjusted_rand_score

from epigroup.config.sheet import read_sheet
from epigroup.core.errors import InputError
from epigroup.core.files import sha256_file
from epigroup.simulation.genome import (
    N_GROUPS,
    SHARED,
    TruthFiles,
    label_chance,
    make_chromosome,
    make_grammar,
    place_tasks,
    simulate,
)
from epigroup.simulation.reads import draw_fragments, read_codes, simulate_reads
from epigroup.simulation.settings import GenomeSettings, ReadSettings

SETTINGS = GenomeSettings(
    seed=5, conflict=True, chromosome_length=300_000, spacing=1200, flank=90, motif_width=8,
    conservation=0.97, motif_chance=0.3, copies=3, effect=4.0, open_share=0.25,
    shared_chance=0.04, chromosomes=("chrA", "chrB"), bin_size=200, min_overlap=50,
)  # fmt: skip
READS = ReadSettings(seed=5, read_length=50, fragments_per_site=40.0, background_per_kb=5.0)
TRUTH = ("groups", "tasks", "rules", "motifs")


def rows_of(sheet_path: Path, folder: Path) -> list[dict]:
    sheet = read_sheet(sheet_path, results=str(folder), exist=lambda _: True)
    keys = ("profile_id", "modality", "cell_group", "peak_mode")
    return [
        {key: getattr(sheet.profiles[task], key) for key in keys}
        | {"peaks": sheet.profiles[task].replicates[0].peaks}
        for task in sheet.tasks
    ]


def run(folder: Path, sheet_path: Path, **changes) -> dict[str, str]:
    out = {name: str(folder / f"simulation/truth/{name}.tsv") for name in TRUTH}
    out |= {name: str(folder / f"simulation/truth/{name}.tsv.gz") for name in ("sites", "intervals")}
    out |= {"fasta": str(folder / "simulation/genome.fa")}
    out |= {"probability": str(folder / "simulation/truth/probability.h5")}
    simulate(rows_of(sheet_path, folder), replace(SETTINGS, **changes), TruthFiles(**out))
    return out


@pytest.fixture(scope="module")
def sheet_path(request) -> Path:
    return request.config.rootpath / "config/samples.tsv"


@pytest.fixture(scope="module")
def made(tmp_path_factory, sheet_path) -> dict[str, str]:
    return run(tmp_path_factory.mktemp("simulated"), sheet_path)


@pytest.mark.parametrize("name", ["samples.tsv", "planted_samples.tsv"])
def test_latent_groups_cross_modality_and_cell_group(request, tmp_path, name):
    rows = rows_of(request.config.rootpath / "config" / name, tmp_path)
    tasks = place_tasks(rows)
    groups = [task.group for task in tasks]
    assert len(tasks) >= 24
    assert len({row["cell_group"] for row in rows}) == 6
    assert np.bincount(groups).tolist() == [6, 6, 6, 6]
    for column in ("modality", "cell_group"):
        assert adjusted_rand_score(groups, [row[column] for row in rows]) < 0.1
    # every group has tasks in both contexts: those never share a site
    assert len({(task.group, task.context) for task in tasks}) == 2 * N_GROUPS


def test_both_sheets_plant_the_same_groups(request, tmp_path):
    places = [
        [(t.task_id, t.group, t.context) for t in place_tasks(rows_of(request.config.rootpath / p, tmp_path))]
        for p in ("config/samples.tsv", "config/planted_samples.tsv")
    ]
    assert places[0] == places[1]


def test_conflict_gives_each_motif_opposite_uses_and_its_absence_none():
    effects = make_grammar(SETTINGS).effects[:, :SHARED]
    assert ((effects != 0).sum(axis=0) == 2).all()
    assert (effects.sum(axis=0) == 0).all()
    assert ((effects > 0).sum(axis=1) == 3).all() and ((effects < 0).sum(axis=1) == 3).all()
    calm = make_grammar(replace(SETTINGS, conflict=False))
    assert (calm.effects == calm.effects[0]).all()
    assert (calm.offsets == calm.offsets[0]).all()


def test_same_seed_same_bytes_other_seed_others(tmp_path, sheet_path, made):
    again = run(tmp_path / "a", sheet_path)
    other = run(tmp_path / "b", sheet_path, seed=6)
    for name in made:
        assert sha256_file(made[name]) == sha256_file(again[name]), name
        if name not in ("groups", "tasks", "rules"):
            assert sha256_file(made[name]) != sha256_file(other[name]), name
    peaks = "simulation/peaks/K562_CTCF.narrowPeak.gz"
    first = Path(made["fasta"]).parents[1] / peaks
    assert sha256_file(first) == sha256_file(tmp_path / "a" / peaks)


def test_the_sequence_holds_the_motifs_where_the_table_says(made):
    genome = read_codes(made["fasta"])
    assert {name: len(codes) for name, codes in genome.items()} == {"chrA": 300_000, "chrB": 300_000}
    sites = pd.read_csv(made["sites"], sep="\t")
    motifs = pd.read_csv(made["motifs"], sep="\t").set_index(["motif", "position"])[list("ACGT")]
    assert np.allclose(motifs.sum(axis=1), 1, atol=1e-5)
    hits = []
    for name, rows in sites.groupby("motif"):
        consensus = motifs.loc[name].to_numpy().argmax(axis=1)
        for row in rows.itertuples():
            hits.append(genome[row.chrom][row.start : row.end] == consensus)
    assert np.mean(hits) == pytest.approx(SETTINGS.conservation, abs=0.005)
    ends = sites.sort_values(["chrom", "start"]).groupby("chrom")["end"].shift()
    assert (sites.sort_values(["chrom", "start"])["start"] >= ends.fillna(0)).all()


def test_tasks_of_one_group_in_different_contexts_never_share_a_site(made):
    tasks = pd.read_csv(made["tasks"], sep="\t").set_index("task_id")
    intervals = pd.read_csv(made["intervals"], sep="\t").join(tasks, on="task_id")
    centre = intervals["chrom"] + ":" + ((intervals["start"] + intervals["end"]) // 2).astype(str)
    assert (intervals.groupby(centre)["context"].nunique() == 1).all()
    shared = intervals.groupby(centre)["group"].nunique()
    assert (shared == N_GROUPS).sum() > 10  # sites where different motifs' tasks meet


def test_given_peaks_are_the_true_intervals(made):
    path = Path(made["fasta"]).parent / "peaks/NHEK_TP63.narrowPeak.gz"
    peaks = pd.read_csv(path, sep="\t", header=None)
    true = pd.read_csv(made["intervals"], sep="\t").query("task_id == 'NHEK_TP63'")
    assert peaks.shape[1] == 10
    assert peaks[[0, 1, 2]].to_numpy().tolist() == true[["chrom", "start", "end"]].to_numpy().tolist()
    assert ((peaks[9] > 0) & (peaks[9] < peaks[2] - peaks[1])).all()


def test_label_chance_against_every_element_and_bin(sheet_path, tmp_path):
    tasks = place_tasks(rows_of(sheet_path, tmp_path))
    dense = replace(SETTINGS, chromosome_length=60_000, spacing=760)
    _, elements = make_chromosome(make_grammar(dense), tasks, dense, 0)
    got = label_chance(elements, tasks, 300, 200, 50)
    expected = np.ones((300, len(tasks)))
    for e, centre in enumerate(elements.centre):
        for t, task in enumerate(tasks):
            for b in range(300):
                overlap = min(centre + task.half_width, 200 * b + 200) - max(
                    centre - task.half_width, 200 * b
                )
                if overlap >= 50:
                    expected[b, t] *= 1 - elements.open_chance[e, t] / 2
    assert np.allclose(got, 1 - expected, atol=1e-6)


def test_probability_is_the_rate_of_positive_bins(made, sheet_path, tmp_path):
    """Over bins of like probability, the share of bins that the true intervals cover is that probability."""
    intervals = pd.read_csv(made["intervals"], sep="\t")
    chance, positive = [], []
    with h5py.File(made["probability"]) as file:
        names = list(file.attrs["task_ids"])
        for chrom in SETTINGS.chromosomes:
            chance.append(file[chrom][:].astype(float))
            labels = np.zeros(chance[-1].shape, bool)
            rows = intervals[intervals["chrom"] == chrom]
            for start, end, task in zip(rows["start"], rows["end"], rows["task_id"], strict=True):
                for b in range(start // 200, (end - 1) // 200 + 1):
                    if min(end, 200 * b + 200) - max(start, 200 * b) >= 50:
                        labels[b, names.index(task)] = True
            positive.append(labels)
    chance, positive = np.concatenate(chance).ravel(), np.concatenate(positive).ravel()
    assert not positive[chance == 0].any()
    edges = np.array([0.001, 0.1, 0.4, 0.51])  # net closed, even, open
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        here = (chance > low) & (chance <= high)
        assert positive[here].mean() == pytest.approx(chance[here].mean(), abs=0.03)


def profile(**changes) -> dict:
    return {"profile_id": "K562_ATAC", "assay": "ATAC", "modality": "CA", "peak_mode": "narrow"} | changes


def test_pairs_face_each_other_and_come_from_the_genome(tmp_path, made):
    paths = [str(tmp_path / f"{mate}.fastq.gz") for mate in (1, 2)]
    simulate_reads(made["fasta"], made["intervals"], paths, profile(), 1, READS)
    genome = {name: "".join("ACGTN"[c] for c in codes) for name, codes in read_codes(made["fasta"]).items()}
    turned = str.maketrans("ACGT", "TGCA")
    found, exact = 0, 0
    with pysam.FastxFile(paths[0]) as ones, pysam.FastxFile(paths[1]) as twos:
        for one, two in zip(ones, twos, strict=True):
            assert one.name.removesuffix("/1") == two.name.removesuffix("/2")
            exact += 1
            if exact > 200:
                break
            for left, right in ((one, two), (two, one)):
                text = right.sequence[::-1].translate(turned)
                for sequence in genome.values():
                    at = sequence.find(left.sequence)
                    if at >= 0 and 0 <= sequence.find(text, at) - at <= 300:
                        found += 1
    assert found > 0.85 * 200  # the rest hold a sequencing error


def test_reads_gather_at_the_sites_and_a_control_does_not(made):
    sites = pd.read_csv(made["intervals"], sep="\t").query("task_id == 'K562_GATA1'")
    sizes = {"chrA": 300_000, "chrB": 300_000}
    row = profile(profile_id="K562_GATA1", assay="ChIP", modality="TFB")
    reads = draw_fragments(row, sites, sizes, READS, 1)
    again = draw_fragments(row, sites, sizes, READS, 2)
    assert not np.array_equal(reads.start[:100], again.start[:100])
    control = draw_fragments(row | {"assay": "input"}, sites.iloc[:0], sizes, READS, 1)

    def share_on_sites(fragments):
        covered = np.zeros((2, 300_000), bool)
        for chrom, start, end in zip(sites["chrom"], sites["start"], sites["end"], strict=True):
            covered[int(chrom == "chrB"), start:end] = True
        return covered[fragments.chrom, fragments.start + fragments.length // 2].mean(), covered.mean()

    on_sites, even = share_on_sites(reads)
    assert on_sites == pytest.approx(40 * len(sites) / (40 * len(sites) + 3000), abs=0.05)
    assert share_on_sites(control)[0] == pytest.approx(even, abs=0.02)


def test_bam_is_sorted_indexed_and_true_to_the_genome(tmp_path, made):
    bam, index = str(tmp_path / "x.bam"), str(tmp_path / "x.bam.bai")
    row = profile(profile_id="HepG2_CTCF", assay="ChIP", modality="TFB")
    simulate_reads(made["fasta"], made["intervals"], [bam, index], row, 1, READS)
    genome = read_codes(made["fasta"])
    with pysam.AlignmentFile(bam) as file:
        header = file.header.to_dict()
        assert header["HD"]["SO"] == "coordinate"
        assert {entry["SN"]: entry["LN"] for entry in header["SQ"]} == {"chrA": 300_000, "chrB": 300_000}
        places, reverse = [], 0
        for read in file:
            places.append((read.reference_id, read.reference_start))
            reverse += read.is_reverse
            reference = genome[read.reference_name][read.reference_start : read.reference_end]
            differ = sum(
                "ACGTN"[code] != base for code, base in zip(reference, read.query_sequence, strict=True)
            )
            assert differ == read.get_tag("NM") <= 5
        assert places == sorted(places)
        assert 0.45 < reverse / len(places) < 0.55
        assert sum(1 for _ in file.fetch("chrB", 100_000, 200_000)) > 100


def test_fastq_has_no_date(tmp_path, made):
    path = tmp_path / "r.fastq.gz"
    simulate_reads(made["fasta"], made["intervals"], [str(path)], profile(assay="DNase"), 1, READS)
    assert path.read_bytes()[4:8] == b"\0\0\0\0"
    with gzip.open(path, "rt") as handle:
        name, sequence, plus, quality = (handle.readline().rstrip("\n") for _ in range(4))
    assert name.startswith("@read") and plus == "+" and len(sequence) == len(quality) == 50


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"spacing": 600}, "spacing"),
        ({"flank": 20}, "flank"),
        ({"chromosome_length": 9000}, "chromosome_length"),
    ],
)
def test_what_does_not_fit_is_refused_by_key(tmp_path, sheet_path, changes, key):
    with pytest.raises(InputError, match=rf"simulation\.{key}: {changes[key]}"):
        run(tmp_path, sheet_path, **changes)
    assert not (tmp_path / "simulation/genome.fa").exists()
