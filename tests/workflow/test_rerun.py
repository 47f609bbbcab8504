"""What reruns after a change, proved by dry runs on a finished results tree of the one-minute config."""

import base64
import os
import re
import shutil
from contextlib import ExitStack

import pytest

from checkouts import EVERYTHING, run_snakemake
from edited_trees import CONFIG, LIBRARY, MORE, edited, rules_of, to_rerun


@pytest.fixture
def finished(finished_run):
    return finished_run


def test_a_finished_tree_has_nothing_to_do(finished):
    assert to_rerun(finished) == set()


def test_a_fresh_checkout_reruns_nothing(finished):
    for path in finished.rglob("*"):
        if path.is_file() and "results" not in path.parts and ".snakemake" not in path.parts:
            os.utime(path)
    assert to_rerun(finished) == set()


def test_what_changes_no_result_reruns_nothing(finished):
    """Comments, docstrings, a log line, the text of an error, progress, event files, and where a module lies."""
    library = finished / LIBRARY
    moved = library / "rooms"
    importers = [
        path for path in library.rglob("*.py") if "from epigroup.networks.losses import" in path.read_text()
    ]
    with (
        edited(library / "training/train_pack.py", ('"""', '"""Other words. ')),
        edited(finished / CONFIG, ("training:", "# a comment\ntraining:")),
        edited(library / "dataset/make_shard.py", ('"%s: no example"', '"%s: not one example is left"')),
        edited(library / "training/initial_state.py", ("unknown optimiser", "there is no optimiser")),
        edited(library / "training/tensorboard.py", ("0x82F63B78", "0x82F63B79")),
        edited(library / "training/log_lines.py", ("examples/s", "examples a second")),
        ExitStack() as stack,
    ):
        for path in importers:
            stack.enter_context(
                edited(path, ("from epigroup.networks.losses import", "from epigroup.rooms.losses import"))
            )
        moved.mkdir()
        stack.callback(shutil.rmtree, moved)
        (moved / "__init__.py").write_text("")
        (library / "networks/losses.py").rename(moved / "losses.py")
        stack.callback((moved / "losses.py").rename, library / "networks/losses.py")
        assert len(importers) > 1
        assert to_rerun(finished) == set()


def test_training_logic_reruns_training_and_what_follows(finished):
    with edited(finished / LIBRARY / "training/trainer.py", ("self.state.step += 1", "self.state.step += 2")):
        jobs = to_rerun(finished)
    assert {"train_pack", "evaluate_strategy", "compare_strategies", "make_report"} <= rules_of(jobs)
    assert not rules_of(jobs) & {"make_shard", "standardise_peaks", "align_reads", "build_genome"}


def test_a_reader_of_fasta_reruns_the_genome_and_what_takes_it(finished):
    with edited(finished / LIBRARY / "genome/fasta.py", ("    line = 1\n", "    line = 2\n")):
        jobs = rules_of(to_rerun(finished))
    assert {"build_genome", "index_genome", "make_shard"} <= jobs
    assert not jobs & {"simulate_genome", "simulate_reads"}


def test_a_genome_that_comes_out_the_same_reruns_nothing_else(finished, tmp_path):
    """Once it is there, by the checksums of what it holds; another one does."""
    folder = shutil.copytree(finished, tmp_path / "run", symlinks=True)
    results = folder / "results/genome"
    held = {name: (results / name).read_bytes() for name in ("genome.h5", "genome.fa", "checksums.json")}

    def build():
        dates = {name: (results / name).stat().st_mtime_ns for name in held}
        run_snakemake(folder, "-c2", "genome", "--configfile", *EVERYTHING)
        assert all((results / name).stat().st_mtime_ns > date for name, date in dates.items())

    fasta_py = folder / LIBRARY / "genome/fasta.py"
    with edited(fasta_py, ("    line = 1\n", "    line = 2\n")):
        build()
        assert to_rerun(folder) == set()
        assert {name: (results / name).read_bytes() for name in held} == held
    with edited(fasta_py, ('enumerate(b"ACGT")', 'enumerate(b"CAGT")')):
        build()
        jobs = rules_of(to_rerun(folder))
    assert {"index_genome", "count_bases", "make_shard", "train_pack", "measure_affinity"} <= jobs


def test_a_tree_made_by_other_code_is_kept_by_touch(finished, tmp_path):
    """What CHANGELOG tells a user whose tree rests on code whose digest has another form, and lacks the genome's
    checksums."""
    folder = shutil.copytree(finished, tmp_path / "run", symlinks=True)
    (folder / "results/genome/checksums.json").unlink()
    (record,) = folder.glob(
        f".snakemake/metadata/**/{base64.b64encode(b'results/genome/checksums.json').decode()}"
    )
    record.unlink()
    (folder / "results/provenance.jsonl.gz").unlink()
    code = folder / LIBRARY / "digest/code.py"
    with edited(code, ('["acts", ', '["in another form", ')):
        assert {"build_genome", "make_shard", "train_pack"} <= rules_of(to_rerun(folder))
        refused = run_snakemake(folder, "-c2", "--touch", "--configfile", *EVERYTHING, check=False)
        assert refused.returncode and "Say `snakemake --cores 1 genome` first" in refused.stderr
        models = {path: path.read_bytes() for path in folder.glob("results/models/*/*/*.safetensors")}
        run_snakemake(folder, "-c2", "genome", "--configfile", *EVERYTHING)
        run_snakemake(folder, "-c2", "--touch", "--configfile", *EVERYTHING)
        assert to_rerun(folder) == set()
        assert {path: path.read_bytes() for path in models} == models
        with edited(folder / CONFIG, ("learning_rate: ", "learning_rate: 1")):
            jobs = rules_of(to_rerun(folder))
        assert "train_pack" in jobs and "make_shard" not in jobs


def test_learning_rate_reruns_training_not_labels(finished):
    with edited(finished / CONFIG, ("learning_rate: ", "learning_rate: 1")):
        jobs = to_rerun(finished)
    assert {"train_pack", "compare_strategies", "make_report"} <= rules_of(jobs)
    assert not rules_of(jobs) & {"make_shard", "summarise_dataset", "standardise_peaks"}


def test_k_reruns_clustering_not_the_network_it_reads(finished):
    with edited(finished / CONFIG, ("k: 3, heads_from", "k: 2, heads_from")):
        jobs = to_rerun(finished)
    trained = {wildcards for rule, wildcards in jobs if rule == "train_pack"}
    assert {"group_tasks", "train_pack", "make_report"} <= rules_of(jobs)
    assert any("strategy=KMTL" in w for w in trained)
    assert not any(f"strategy={s}," in w for s in ("STL", "SMTL", "EMTL", "CMTL") for w in trained)
    assert "read_heads" not in rules_of(jobs)


def test_a_sheet_row_reruns_that_profile_and_the_labels(finished):
    sheet = finished / "tests/mini/samples.tsv"
    row = next(line for line in sheet.read_text().splitlines() if "_1.fastq.gz" in line)
    profile, target = row.split("\t")[0], row.split("\t")[3]
    changed = row.replace("\tCA\tATAC\t", "\tCA\tDNase\t", 1)
    assert changed != row, (row, target)
    with edited(sheet, (row, changed)):
        jobs = to_rerun(finished)
    by_profile = {w for _, w in jobs if "profile=" in w}
    assert by_profile and all(re.search(rf"profile={re.escape(profile)}(,|$)", w) for w in by_profile)
    assert {"call_peaks", "standardise_peaks", "make_shard", "train_pack"} <= rules_of(jobs)
    assert not rules_of(jobs) & {"simulate", "build_genome", "bowtie2_index"}


def test_a_corrected_name_in_the_sheet_is_shown_and_retrains_nothing(finished):
    sheet = finished / "tests/mini/samples.tsv"
    row = next(line for line in sheet.read_text().splitlines() if line.startswith("K562_CTCF\t"))
    with edited(sheet, (row, row.replace("\tCTCF\tK562\t", "\tCTCFL\tK-562\t"))):
        jobs = rules_of(to_rerun(finished))
    shown = {"describe_tasks", "draw_data_figures", "draw_figures", "make_report", "audit_run"}
    assert jobs == shown | {"compare_strategies", "compare_all_mappable", "find_confounders"}


def test_a_cell_type_that_strata_count_by_is_counted_again_and_retrains_nothing(finished):
    sheet = finished / "tests/mini/samples.tsv"
    row = next(line for line in sheet.read_text().splitlines() if line.startswith("K562_ATAC\t"))
    others = [line for line in sheet.read_text().splitlines() if "\tCA\t" in line and line != row]
    cell = others[0].split("\t")[4]
    with edited(sheet, (row, row.replace("\tK562\t", f"\t{cell}\t"))):
        jobs = rules_of(to_rerun(finished))
    assert {"stratify_bins", "score_strata", "compare_strata"} <= jobs
    assert not jobs & {"make_shard", "train_pack", "group_tasks", "read_heads"}


def test_another_name_of_the_assembly_makes_no_data_again(finished):
    """The message about a length tells to rename it; the sequence is the same."""
    sheet = finished / "tests/mini/samples.tsv"
    text = sheet.read_text()
    with (
        edited(finished / CONFIG, ("assembly: mini1", "assembly: mini2")),
        edited(sheet, (text, text.replace("mini1", "mini2"))),
    ):
        jobs = rules_of(to_rerun(finished))
    assert {"measure_quality", "make_report"} <= jobs
    assert not jobs & {
        "build_genome",
        "filter_alignments",
        "call_peaks",
        "standardise_peaks",
        "make_shard",
        "train_pack",
    }


def test_a_colour_redraws_and_nothing_else(finished):
    with edited(finished / CONFIG, ("figures: {dpi: 80}", "figures: {dpi: 80, palette: {KMTL: '#112233'}}")):
        jobs = to_rerun(finished)
    assert rules_of(jobs) == {"draw_figures", "draw_data_figures", "make_report"}


def test_a_caption_redraws_and_an_assumed_wattage_writes_the_report(finished):
    figures, own = "figures: {dpi: 80", "figures: {dpi: 80, captions: {embedding: Where each task lies.}"
    with edited(finished / CONFIG, (figures, own)):
        assert rules_of(to_rerun(finished)) == {"draw_figures", "draw_data_figures", "make_report"}
    with edited(finished / CONFIG, (figures, "figures: {dpi: 80, watts: {gpu: 700}")):
        assert rules_of(to_rerun(finished)) == {"make_report"}


def test_two_spellings_of_a_number_rerun_nothing(finished):
    with edited(finished / CONFIG, ("patience: 2", "patience: '2.0'")):
        assert to_rerun(finished) == set()


def test_a_shell_command_reruns_what_it_made(finished):
    with edited(finished / "workflow/rules/reads.smk", ("--very-sensitive", "--sensitive")):
        assert "align_reads" in rules_of(to_rerun(finished))


def test_the_longest_fragment_aligns_the_pairs_again(finished):
    with edited(finished / CONFIG, ("dataset: {window", "reads: {max_fragment: 700}\ndataset: {window")):
        jobs = to_rerun(finished)
    assert {"align_reads", "call_peaks", "train_pack"} <= rules_of(jobs)
    assert "index_genome" not in rules_of(jobs)


def test_what_looks_on_reruns_the_training_that_it_looks_on(finished):
    with edited(finished / LIBRARY / "affinity/look_ahead.py", ("EVERY = 10", "EVERY = 11")):
        jobs = to_rerun(finished)
    trained = {wildcards for rule, wildcards in jobs if rule == "train_pack"}
    assert "strategy=SMTL, seed=1, pack=0" in trained
    assert not any("strategy=STL," in wildcards for wildcards in trained)


def test_how_an_affinity_looks_on_reruns_the_training_and_a_repeated_one_does_not(finished):
    with edited(
        finished / MORE,
        ("tag: {measure: tag, network: training}", "tag: {measure: tag, network: training, every: 5}"),
    ):
        jobs = to_rerun(finished)
    trained = {wildcards for rule, wildcards in jobs if rule == "train_pack"}
    assert "strategy=SMTL, seed=1, pack=0" in trained
    assert not any("strategy=STL," in wildcards for wildcards in trained)
    with edited(finished / MORE, ("network: trained, samples: 40", "network: training, samples: 40")):
        jobs = to_rerun(finished)
    assert ("measure_affinity", "affinity=sca, strategy=SMTL, seed=1") in jobs
    assert "train_pack" not in rules_of(jobs)
