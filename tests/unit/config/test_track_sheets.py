"""Sheets and configs of tracks: rows that are a signal alone, and runs that are an imputation alone."""

import pytest

from epigroup.config.imputation.alone import NO_FASTA, imputes_alone
from epigroup.config.settings import complete_config
from epigroup.config.sheet import read_sheet
from epigroup.core.errors import InputError
from epigroup.run import imputation
from epigroup.run.facts import open_config
from track_runs import MISSING, write_track_run

HEAD = "profile_id\tmodality\tassay\ttarget\tcell_type\tcell_group\tpeaks\tsignal\tassembly"
TASK = "t1\tHM\tChIP\tH3K4me3\tK562\tblood\tt1.narrowPeak\t\thg38"
TRACK = "t2\t\tChIP\tH3K27ac\tK562\t\t\tt2.bw\thg38"


def read(tmp_path, *rows, head=HEAD, tracks=True):
    path = tmp_path / "samples.tsv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return read_sheet(path, exist=lambda path: True, tracks=tracks)


def test_a_signal_alone_is_a_track_and_no_task(tmp_path):
    sheet = read(tmp_path, TASK, TRACK)
    assert sheet.tasks == ["t1"] and list(sheet.profiles) == ["t1"]
    assert list(sheet.tracks) == ["t2"] and sheet.tracks["t2"].signal == "t2.bw"


def test_without_the_section_it_is_refused_with_what_it_would_be(tmp_path):
    with pytest.raises(InputError, match="line 3, .*none is given.*a track of the section imputation"):
        read(tmp_path, TASK, TRACK, tracks=False)


def test_a_sheet_of_signals_alone_needs_no_columns_of_tasks(tmp_path):
    head = "profile_id\tassay\tcell_type\tsignal\tassembly"
    sheet = read(tmp_path, "a\tDNase\tK562\ta.bw\thg38", "b\tDNase\tHepG2\tb.bw\thg38", head=head)
    assert list(sheet.tracks) == ["a", "b"] and sheet.tasks == []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("t3\t\tChIP\tH3K27ac\tK562\t\t\tt3.bw\thg38", "profile 't3': H3K27ac of K562 is the track of 't2' already"),
        ("t3\t\tChIP\th3k27AC\tHepG2\t\t\tt3.bw\thg38", "column target: 'h3k27AC' and 'H3K27ac' differ by case"),
        ("t3\t\tChIP\tH3K9me3\tK 562\t\t\tt3.bw\thg38", "column cell_type: 'K 562' and 'K562' differ by case"),
        ("t3\t\tChIP\t\tK562\t\t\tt3.bw\thg38", "line 4, column target: is empty"),
        ("t3\t\tDNase\t\t\t\t\tt3.bw\thg38", "line 4, column cell_type: is empty; a track needs"),
        ("t3\t\tDNase\t\tK562\t\t\tt2.bw\thg38", "column signal: 't2.bw' is that of 't2' already"),
    ],
)  # fmt: skip
def test_what_no_track_can_be_is_refused(tmp_path, row, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, TASK, TRACK, row)


def test_two_bigwigs_of_one_track_are_to_be_joined(tmp_path):
    with pytest.raises(InputError, match="join those of replicates before"):
        read(tmp_path, TASK, TRACK, TRACK)


def test_an_imputation_alone_is_completed_and_completed_again_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_track_run(tmp_path)
    given = {"samples": "tracks.tsv", "imputation": {"assembly": "toy", "chromosomes": ["chr1..chr3"]}}
    full = complete_config(given)
    assert imputes_alone(full) and full["genome"]["fasta"] == NO_FASTA
    assert full["genome"]["chromosomes"] == full["imputation"]["chromosomes"] == ["chr1", "chr2", "chr3"]
    assert full["strategies"] == {} and full["imputation"]["bin_size"] == 25
    assert complete_config(full) == full


def test_keys_that_say_nothing_alone_are_refused():
    with pytest.raises(InputError, match="genome, seeds: a config without strategies is an imputation alone"):
        complete_config({"samples": "a.tsv", "genome": {}, "seeds": [1], "imputation": {}})
    with pytest.raises(InputError) as caught:
        complete_config({"samples": "a.tsv", "imputation": {}})
    assert "imputation.assembly: is missing" in str(caught.value)
    assert "imputation.chromosomes: is missing" in str(caught.value)
    with pytest.raises(InputError, match=r"imputation: unknown key 'bin_sise' \(did you mean 'bin_size'\?\)"):
        complete_config(
            {"samples": "a", "imputation": {"assembly": "a", "chromosomes": ["b"], "bin_sise": 1}}
        )


def test_a_run_alone_says_its_tracks_folds_and_files(tmp_path, monkeypatch):
    import yaml

    monkeypatch.chdir(tmp_path)
    config = yaml.safe_load(write_track_run(tmp_path, imputed="all").read_text())
    run = open_config(config, "tracks.yaml")
    assert run.alone and run.tasks == [] and run.strategies == []
    assert imputation.fold_names(run) == ["1", "2", "3", "4"] and len(imputation.signals(run)) == 18
    assert len(imputation.bigwigs(run)) == 20
    assert imputation.places(run).missing() == [tuple(name.split("_")) for name in MISSING]
    assert imputation.count_all_bins(run) == 6001 + 2400
    assert imputation.tensor_inputs(run)["signals"][0] == "bigwigs/A_K4.bw"
    assert imputation.tensor_settings(run)["task_ids"] == list(imputation.signals(run))
    imputation.check_imputation(run)


def test_a_checksum_that_nothing_would_compare_is_refused(tmp_path, monkeypatch):
    import yaml

    monkeypatch.chdir(tmp_path)
    path = write_track_run(tmp_path)
    lines = (tmp_path / "tracks.tsv").read_text().splitlines()
    sums = [f"{lines[0]}\tchecksum", f"{lines[1]}\tmd5:{'0' * 32}", *(f"{line}\t" for line in lines[2:])]
    (tmp_path / "tracks.tsv").write_text("\n".join(sums) + "\n")
    with pytest.raises(InputError, match=r"tracks.tsv: line 2, column checksum: 'md5:0+' given without"):
        open_config(yaml.safe_load(path.read_text()), "tracks.yaml")
