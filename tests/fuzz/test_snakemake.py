"""A sample of spoilt sheets and configs through Snakemake as a user types it: one message, no traceback, no
job."""

import random

import pytest
import yaml

from checkouts import copy_checkout, run_snakemake
from sheet_examples import COLUMNS
from sheet_rows import sheet_row

CONFIG = {
    "samples": "sheet.tsv",
    "genome": {"fasta": "genome.fa", "assembly": "toy1", "chromosomes": ["chr1", "chr2", "chr3"]},
    "splits": {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}]},
    "groupings": {"all": {"method": "all"}, "own": {"method": "table", "file": "own.tsv", "k": 1}},
    "strategies": {"SMTL": {"grouping": "all"}, "OWN": {"grouping": "own"}},
}
TEXT = yaml.safe_dump(CONFIG)
SHEET = "".join(
    "\t".join(r) + "\n"
    for r in [COLUMNS, sheet_row(peaks="one.bed"), sheet_row(profile_id="two", peaks="two.bed")]
)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    folder = copy_checkout(tmp_path_factory.mktemp("fuzz"))
    for name in ("genome.fa", "one.bed", "two.bed"):
        (folder / name).write_text("")
    ids = [row.split("\t")[COLUMNS.index("profile_id")] for row in SHEET.splitlines()[1:]]
    (folder / "own.tsv").write_text("".join(["task_id\tgroup\n", *(f"{one}\tall\n" for one in ids)]))
    return folder


def dry_run(folder, config, sheet):
    (folder / "spoilt.yaml").write_bytes(config if isinstance(config, bytes) else config.encode())
    (folder / "sheet.tsv").write_bytes(sheet if isinstance(sheet, bytes) else sheet.encode())
    return run_snakemake(folder, "-n", "--quiet", "--configfile", "spoilt.yaml", check=False)


def test_the_good_pair_passes(checkout):
    assert dry_run(checkout, TEXT, SHEET).returncode == 0


PROFILE = "Using workflow specific profile profiles/default for setting default command line arguments."
# Snakemake itself reads a config before the workflow can; it does not name the file.
SNAKEMAKES = ["Config file", "JSON or YAML"]
RANDOM = random.Random(8)
# name: (config, sheet, what the end of the output names)
SPOILT = {
    "a sheet of NUL bytes": (TEXT, bytes(200), ["sheet.tsv"]),
    "a sheet of noise": (TEXT, RANDOM.randbytes(400), ["sheet.tsv"]),
    "a sheet with a terminal's codes": (TEXT, SHEET.replace("two\t", "\x1b[2Jtwo\t"), ["sheet.tsv", "line 3", "profile_id"]),
    "a sheet with a command": (TEXT, SHEET.replace("two.bed", "$(touch pwned)"), ["sheet.tsv", "line 3", "peaks"]),
    "a sheet with a wildcard": (TEXT, SHEET.replace("two\t", "{profile}\t"), ["sheet.tsv", "line 3", "profile_id"]),
    "a sheet in UTF-16 without a mark": (TEXT, SHEET.encode("utf-16-le"), ["sheet.tsv", "line 1", "byte-order mark"]),
    "a sheet of commas and tabs": (TEXT, SHEET.replace("\t", ",", 3), ["sheet.tsv"]),
    "a sheet of one column less": (TEXT, SHEET.replace("\ttoy1\n", "\n", 2), ["sheet.tsv"]),
    "a config cut short": (TEXT[: len(TEXT) // 2], SHEET, ["spoilt.yaml"]),
    "a config that is a list": ("- 1\n- 2\n", SHEET, SNAKEMAKES),
    "a config of two values for a key": (TEXT + "samples: other.tsv\n", SHEET, ["spoilt.yaml", "samples", "line"]),
    "a config with infinity": (TEXT + "training: {learning_rate: .inf}\n", SHEET, ["spoilt.yaml", "learning_rate", "inf"]),
    "a config with a huge number": (TEXT + "training: {batch_size: 1.0e+40}\n", SHEET, ["spoilt.yaml", "batch_size"]),
    "a config with a command": (TEXT.replace("genome.fa", "'$(touch pwned).fa'"), SHEET, ["spoilt.yaml", "genome.fasta"]),
    "a config with a results folder of dashes": (TEXT + "results: -rf\n", SHEET, ["spoilt.yaml", "results", "-rf"]),
    "a config with a word for a section": (TEXT + "training: fast\n", SHEET, ["spoilt.yaml", "training", "fast"]),
    "a config with a chromosome that is a path": (TEXT.replace("- chr3", "- ../chr3", 1), SHEET, ["spoilt.yaml", "../chr3"]),
    "a config that runs python": ("name: !!python/object/apply:os.system ['touch pwned']\n" + TEXT, SHEET, SNAKEMAKES),
}  # fmt: skip


@pytest.mark.parametrize("kind", SPOILT)
def test_spoilt_sheets_and_configs(checkout, tried, kind):
    config, sheet, names = SPOILT[kind]
    run = dry_run(checkout, config, sheet)
    tried.inputs += 1
    tried.refused += 1
    said = run.stdout + run.stderr
    lines = said.replace(PROFILE, "").strip().splitlines()
    assert run.returncode != 0 and len(lines) < 12, said
    assert "Traceback" not in said, said
    assert all(name in said for name in names), said
    assert not (checkout / "pwned").exists() and not (checkout / "results").exists()


def test_the_message_of_a_job_is_the_end_of_what_the_user_reads(checkout, tried):
    """A malformed input that only a job can find: its message, and Snakemake's own words, but no
    traceback."""
    (checkout / "genome.fa").write_text(">chr1\nACGT\n>chr2\nAC*T\n>chr3\nACGT\n")
    (checkout / "spoilt.yaml").write_text(TEXT)
    (checkout / "sheet.tsv").write_text(SHEET)
    run = run_snakemake(
        checkout, "-c1", "results/genome/genome.h5", "--configfile", "spoilt.yaml", check=False
    )
    tried.inputs += 1
    tried.refused += 1
    said = run.stdout + run.stderr
    assert run.returncode != 0 and "Traceback" not in said
    assert "genome.fa, line 4, contig chr2: '*' is no IUPAC DNA letter" in said
    log = (checkout / "results/logs/build_genome/genome.log").read_text()
    assert log.splitlines()[-1].endswith("genome.fa, line 4, contig chr2: '*' is no IUPAC DNA letter")
    assert not list((checkout / "results").glob("genome/*"))
