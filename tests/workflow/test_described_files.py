"""Every table of a finished run is described, and nothing is described that is not there."""

from described_tables import faults, seen


def test_every_table_of_everything_is_described_column_by_column(finished_run):
    results = finished_run / "results"
    assert faults(results) == []
    assert len(seen(results)) > 50
