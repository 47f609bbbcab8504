"""The sheet to fill in: a row of each kind, which passes when its files are there, and the columns that users need."""

import csv

import yaml

from checkouts import REPOSITORY
from epigroup.config.sheet import read_sheet

TEMPLATE = REPOSITORY / "config/sheet_template.tsv"


def test_it_passes_when_its_files_are_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with TEMPLATE.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    for row in rows:
        for column in ("fastq_1", "fastq_2", "bam", "peaks"):
            if row[column]:
                (tmp_path / row[column]).parent.mkdir(exist_ok=True)
                (tmp_path / row[column]).touch()
    sheet = read_sheet(TEMPLATE, assembly="hg38")
    assert len(sheet.tasks) == 8 and sheet.inputs == ["input_sknsh"]
    kinds = {
        "paired": "atac_neuron", "single": "dnase_cortex", "replicates": "ctcf_sknsh", "broad": "k27me3_astrocyte",
        "bam": "pol2_astrocyte", "peaks": "k4me3_progenitor", "fetched": "atac_glia",
    }  # fmt: skip
    found = {kind: sheet.profiles[name] for kind, name in kinds.items()}
    assert found["paired"].paired and found["single"].paired is False
    assert len(found["replicates"].replicates) == 2 and found["replicates"].control == "input_sknsh"
    assert found["broad"].peak_mode == "broad" and found["paired"].peak_mode == "narrow"
    assert found["bam"].kind == "bam" and found["peaks"].kind == "peaks" and found["fetched"].kind == "fastq"
    assert len(sheet.downloads) == 3  # a run's two mates, and a peak file


def test_it_shows_every_column_that_users_need():
    """Those of the rows that the guide shows, but for checksums; and none that a sheet may not have."""
    columns = set(TEMPLATE.read_text(encoding="utf-8").split("\n")[0].split("\t"))
    schema = yaml.safe_load((REPOSITORY / "workflow/schemas/samples.schema.yaml").read_text(encoding="utf-8"))
    needed = {
        "profile_id", "modality", "assay", "target", "cell_type", "cell_group", "replicate", "fastq_1", "fastq_2",
        "bam", "peaks", "accession", "format", "layout", "control", "peak_mode", "assembly",
    }  # fmt: skip
    assert needed <= columns <= set(schema["properties"])


def test_spreadsheet_programs_take_it_as_a_table():
    """As many cells in each row, tabs alone between them, no quotes and no mark at the start."""
    raw = TEMPLATE.read_bytes()
    lines = raw.decode("ascii").splitlines()
    assert len({line.count("\t") for line in lines}) == 1 and b'"' not in raw and b"," not in raw
