"""The files of profiles: what is simulated, fetched, aligned and called, and what the sheet gives."""

from pathlib import Path

from epigroup.run.data import dataset, peaks, reads, simulation, tracks
from everything_config import run_of


def test_reads_go_to_the_aligner_as_the_sheet_gives_them(run):
    [profile] = [name for name in run.of_kind("fastq") if run.profiles[name].paired][:1]
    trimmed = bool(run.config["reads"]["trim"])
    arguments = reads.align_arguments(run, profile, "1")
    assert arguments[0] == "--maxins" and ("--interleaved" in arguments) == trimmed
    assert len(reads.trim_arguments(run, profile, "1")) == 3
    assert all("<results>" not in str(word) for word in arguments)


def test_peaks_are_called_or_given(run):
    for task in run.tasks:
        path = peaks.peaks_of(run, task)
        if run.profiles[task].kind == "peaks":
            assert path == run.profiles[task].replicates[0].peaks
        else:
            assert path in (
                f"results/peaks/{how}/{task}_peaks.narrowPeak.gz" for how in ("called", "supported")
            )


def test_only_what_the_simulation_makes_of_the_sheet_is_simulated(run):
    told = {one["profile_id"]: one["peaks"] for one in simulation.genome_settings(run)["profiles"]}
    assert list(told) == run.tasks
    assert told["K562_ATAC"] is told["SKNSH_REST"] is None
    assert simulation.simulated_peaks(run) == [path for path in told.values() if path]
    assert simulation.read_settings(run, "K562_ATAC")["profile"]["assay"] == "ATAC"


def test_what_is_called_and_what_is_given(run):
    assert dataset.peak_files(run)[0] == "results/peaks/called/K562_ATAC_peaks.narrowPeak.gz"
    assert dataset.peak_files(run)[1] == "results/simulation/peaks/K562_H3K4me3.narrowPeak.gz"
    assert dataset.unlikely(run) == [
        {"peaks": "refuse"}.get(run.profiles[task].kind, "take") for task in run.tasks
    ]
    assert set(tracks.signals_of(run, "K562_ATAC")) == {"enrichment", "pvalue"}
    assert tracks.signals_of(run, "K562_CTCF") == {}
    assert peaks.all_pileups(run) == tracks.all_signals(run) != []
    assert reads.of_replicates(run, "K562_ATAC", "x/{profile}.{replicate}") == ["results/x/K562_ATAC.1"]
    assert set(reads.counted_before(run, "SKNSH_REST", "1")) == {"checked"}
    assert set(reads.counted_before(run, "K562_ATAC", "1")) == {"checked", "trimmed"}


def test_the_address_of_an_accession_is_the_archives_and_its_place(config):
    sheet = Path("tests/mini/samples.tsv")
    header, *rows = sheet.read_text().splitlines()
    [place] = [number for number, row in enumerate(rows) if row.startswith("K562_CTCF")]
    path = "<results>/simulation/peaks/K562_CTCF.narrowPeak.gz"
    rows = [row.replace(path, "") + "\t" * 2 for row in rows]
    rows[place] = rows[place].rstrip("\t").removesuffix("mini1") + "mini1\tENCFF000ABC\tpeaks"
    sheet.write_text("\n".join([header + "\taccession\tformat", *rows, ""]))
    run = run_of(config, downloads={"encode": "https://mirror.example/"})
    [file] = run.sheet.downloads
    assert reads.address(run, file).startswith("https://mirror.example/ENCFF000ABC/")
    assert "profile K562_CTCF, replicate 1, column accession ENCFF000ABC" in reads.row(run, file)
