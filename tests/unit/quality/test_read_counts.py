"""Reads of a profile, counted by fastp and samtools flagstat, in the report's table."""

from epigroup.quality.tables import read_counts
from quality_files import write_reads


def test_reads_are_counted_from_fastp_and_flagstat(tmp_path):
    inputs = write_reads(tmp_path)
    table = read_counts(inputs["fastp"], inputs["flagstat"]).set_index("Replicate")
    assert table.loc["P000_ATAC.rep1", "Reads"] == 2100
    assert table.loc["P000_ATAC.rep1", "After trimming"] == 2000
    assert table.loc["P001_DNase.rep1", "Reads"] == 2000
    assert table.loc["P001_DNase.rep1", "Aligned, %"] == 95.0
    assert table.loc["P001_DNase.rep1", "Duplicates"] == 40
    assert table.loc["P001_DNase.rep1", "Aligned fragments"] == 900 + 100
    assert read_counts([], []) is None
