"""A first config from a sheet and a FASTA: whatever the sheet, the workflow's own checks and its plan take it."""

import random
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from checkouts import REPOSITORY
from epigroup.begin.first_config import write_first_config
from epigroup.begin.recipe import read_recipe
from epigroup.config.schema import check_config_text
from epigroup.config.settings import complete_config
from epigroup.core.errors import InputError
from epigroup.plan.plan import make_plan
from epigroup.plan.text import describe
from epigroup.run.checks import check_asked, check_files
from epigroup.run.facts import Run, open_run
from own_data import KINDS, draw_sheet, write_bed, write_genome
from sheet_examples import write_sheet

GENOMES = [
    {"chr1": 90_000},
    {"chr1": 80_000, "chr2": 60_000},
    {
        "chr1": 80_000,
        "chr2": 60_000,
        "chr3": 50_000,
        "chrX": 40_000,
        "chrM": 16_000,
        "chrUn_KI270302v1": 30_000,
    },
    {f"chr{i}": 40_000 for i in range(1, 13)},
]


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """The working folder, as a user has it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    return tmp_path


def opened(path: str) -> tuple[Run, dict]:
    """The run of a written config by the checks of the Snakefile, and the file as it stands."""
    check_config_text(path)
    written = yaml.safe_load(Path(path).read_text())
    run = open_run(complete_config(written, path))
    check_asked(run)
    check_files(run, path, ".snakemake/contigs.json")
    return run, written


def counted(run: Run) -> dict[str, Counter]:
    """Task -> peaks of its BED by split, counted anew from the spans; rows in none are of training."""
    found = {}
    for name in run.tasks:
        path = run.profiles[name].replicates[0].peaks
        if path is None:
            continue
        found[name] = Counter({"train": 0, "validation": 0, "test": 0})
        for row in Path(path).read_text().splitlines():
            chrom, start, end = row.split("\t")
            chrom = chrom if chrom in run.chromosomes else f"chr{chrom}"
            if chrom not in run.chromosomes:
                continue
            middle = (int(start) + int(end)) // 2
            held = [
                split
                for split in ("validation", "test")
                for span in run.splits[split]
                if span["chrom"] == chrom and span["start"] <= middle < (span["end"] or 10**9)
            ]
            found[name][held[0] if held else "train"] += 1
    return found


@pytest.mark.parametrize("seed", range(14))
def test_any_sheet_gets_a_config_that_is_taken(here, seed):
    draw = random.Random(seed)
    lengths = GENOMES[seed % len(GENOMES)]
    chosen = {name: size for name, size in lengths.items() if name not in ("chrM", "chrUn_KI270302v1")}
    fasta = write_genome(here / "genome.fa", lengths)
    sheet, n = draw_sheet(here, draw, chosen)
    write_first_config(sheet.name, fasta.name, "config/mine.yaml", cores=2)
    lines = Path("config/mine.yaml").read_text().splitlines()
    assert len(lines) <= 40
    run, written = opened("config/mine.yaml")
    assert f"{n} tasks" in describe(make_plan(run)) and run.chromosomes == list(chosen)
    assert run.grouping_of("SMTL")["method"] == "all"
    ks = [spec["k"] for spec in written["groupings"].values() if "k" in spec]
    assert (set(ks) == {min(4, n // 3)}) if n >= 6 else not ks
    offered = {name for name, spec in written["groupings"].items() if spec["method"] in ("kmeans", "sheet")}
    assert offered == {spec["like"] for spec in written["groupings"].values() if spec["method"] == "random"}
    for column in ("modality", "cell_group"):
        assert (column in offered) == (1 < run.table[column].nunique() < n)
    for split in ("validation", "test"):
        held = sum((span["end"] or chosen[span["chrom"]]) - span["start"] for span in run.splits[split])
        assert 0.05 < held / sum(chosen.values()) < 0.35


def test_splits_leave_every_task_peaks_where_some_splits_do(here):
    """A task on two chromosomes of six lacks peaks in a split of whole chromosomes; spans of each serve it."""
    lengths = {f"chr{i}": 100_000 for i in range(1, 7)}
    write_genome(here / "genome.fa", lengths)
    rows = []
    for i in range(4):
        names = ["chr1", "chr2"] if i == 3 else list(lengths)
        places = [(name, at, at + 300) for name in names for at in range(500, 99_000, 1_500)]
        rows.append({"profile_id": f"t{i}", **KINDS["TFB"], "peaks": write_bed(here / f"t{i}.bed", places)})
    sheet = write_sheet(here / "mine.tsv", [{"assembly": "toy1"} | row for row in rows])
    write_first_config(sheet.name, "genome.fa", "config/a.yaml", cores=2)
    run, _ = opened("config/a.yaml")
    assert all(min(by_split.values()) >= 5 for by_split in counted(run).values())
    write_sheet(here / "mine.tsv", [{"assembly": "toy1"} | row for row in rows[:3]])
    write_first_config(sheet.name, "genome.fa", "config/b.yaml", cores=2)
    run, written = opened("config/b.yaml")
    assert all(
        set(span) == {"chrom"} for split in ("validation", "test") for span in written["splits"][split]
    )
    found = counted(run)
    assert all(min(by_split.values()) >= 60 for by_split in found.values())
    told = re.findall(r"(\d+) in (train|validation|test) \(", Path("config/b.yaml").read_text())
    assert {split: int(n) for n, split in told} == {
        split: min(by_split[split] for by_split in found.values())
        for split in ("train", "validation", "test")
    }


def one_row(here, places, **columns) -> Path:
    row = {"profile_id": "t", **KINDS["TFB"], "assembly": "toy1", **columns}
    return write_sheet(here / "mine.tsv", [row | {"peaks": write_bed(here / "t.bed", places)}])


def test_points_and_other_spellings_are_told_and_set(here):
    write_genome(here / "genome.fa", {"1": 50_000, "2": 50_000, "3": 50_000})
    sheet = one_row(here, [(f"chr{c}", at, at + 1) for c in (1, 2, 3) for at in range(700, 49_000, 900)])
    said = write_first_config(sheet.name, "genome.fa", "config/mine.yaml", cores=2)
    _, written = opened("config/mine.yaml")
    assert written["peaks"] == {"point_flank": 100, "contig_names": "spelling"}
    assert written["genome"]["chromosomes"] == ["1..3"]
    assert any("points" in text for text in said) and any("spelling" in text for text in said)


def test_contigs_of_no_known_spelling_are_refused_with_both(here):
    write_genome(here / "genome.fa", {"chr1": 50_000, "chr2": 50_000})
    sheet = one_row(here, [("NC_000001.11", 700, 1_000)])
    with pytest.raises(InputError, match=r"t\.bed.*NC_000001\.11.*chr1, chr2"):
        write_first_config(sheet.name, "genome.fa", "config/mine.yaml", cores=2)
    assert not Path("config/mine.yaml").exists()


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(here):
    sheet = one_row(here, [("chr1", 700, 1_000)], assay="ChIPseq", modality="XX")
    with pytest.raises(InputError) as caught:
        write_first_config(sheet.name, "gone.fa", "config/mine.yaml", cores=2)
    for word in ("mine.tsv: line 2, column modality", "line 2, column assay", "genome.fasta: 'gone.fa'"):
        assert word in str(caught.value), word
    (here / "bad.fa").write_text(">chr1\nACGT!\n")
    with pytest.raises(InputError, match=r"bad\.fa, line 2, contig chr1"):
        write_first_config(sheet.name, "bad.fa", "config/mine.yaml", cores=2)
    assert not list((here / "config").iterdir())


def test_a_file_that_is_there_is_not_overwritten(here):
    write_genome(here / "genome.fa", GENOMES[0])
    sheet = one_row(here, [("chr1", at, at + 300) for at in range(700, 89_000, 900)])
    Path("config/mine.yaml").write_text("mine: yes\n")
    with pytest.raises(InputError, match="is there already"):
        write_first_config(sheet.name, "genome.fa", "config/mine.yaml", cores=2)
    assert Path("config/mine.yaml").read_text() == "mine: yes\n"


def test_seeds_go_by_the_hours_of_the_plan(here):
    write_genome(here / "genome.fa", GENOMES[3])
    draw_sheet(here, random.Random(3), GENOMES[3])
    write_first_config("mine.tsv", "genome.fa", "config/many.yaml", cores=2)
    assert opened("config/many.yaml")[1]["seeds"] == [1, 2, 3]
    write_first_config("mine.tsv", "genome.fa", "config/few.yaml", cores=0)
    _, written = opened("config/few.yaml")
    assert written["seeds"] == [1] and "over_seeds" not in Path("config/few.yaml").read_text()
    assert "# [1, 2, 3]" in Path("config/few.yaml").read_text()


def test_the_examples_on_real_data_have_one_recipe():
    recipe = read_recipe()
    for name in ("human_chr20", "yeast_chipexo"):
        config = yaml.safe_load((REPOSITORY / f"config/{name}.yaml").read_text())
        assert config["training"] == recipe.training and config["evaluation"] == recipe.evaluation
        assert config["dataset"]["max_jitter"] == recipe.max_jitter
        assert config["strategies"]["MORE"]["training"] == recipe.more
        assert config["strategies"]["LABELS"]["training"] == recipe.few
        assert recipe.more["max_steps"] == recipe.k * recipe.few["max_steps"]
