"""The table that MultiQC shows: its head is YAML, its columns are described, its numbers are those of the summary."""

import pandas as pd
import yaml

from epigroup.quality.measures import MEASURES
from epigroup.quality.multiqc_table import WORDS, write_multiqc


def test_every_column_has_a_title_and_a_meaning(tmp_path):
    row = {"profile_id": "a", "grade": "warn", "warned": "frip", "failed": ""} | dict.fromkeys(MEASURES, 0.5)
    write_multiqc(tmp_path / "epigroup_mqc.tsv", pd.DataFrame([row, row | {"profile_id": "b", "frip": None}]))
    lines = (tmp_path / "epigroup_mqc.tsv").read_text().splitlines()
    head = yaml.safe_load("\n".join(line[2:] for line in lines if line.startswith("# ")))
    assert head["plot_type"] == "table"
    assert list(head["headers"]) == [*WORDS, *MEASURES]
    assert all(one["title"] and one["description"].endswith(".") for one in head["headers"].values())
    assert "`" not in str(head)
    frame = pd.read_csv(tmp_path / "epigroup_mqc.tsv", sep="\t", comment="#")
    assert list(frame.columns[1:]) == list(head["headers"])
    assert frame["frip"].tolist()[:1] == [0.5] and frame["frip"].isna().tolist() == [False, True]


def test_only_what_was_measured_is_described(tmp_path):
    write_multiqc(
        tmp_path / "t.tsv",
        pd.DataFrame([{"profile_id": "a", "grade": "", "warned": "", "failed": "", "nrf": 1}]),
    )
    lines = (tmp_path / "t.tsv").read_text().splitlines()
    head = yaml.safe_load("\n".join(line[2:] for line in lines if line.startswith("# ")))
    assert list(head["headers"]) == [*WORDS, "nrf"]
    assert head["headers"]["nrf"]["format"].format(0.98765) == "0.988"
