"""MultiQC's page: a part of a run with reads, of every replicate under one name, with the figures of the profiles."""

import json
import re

import pytest
import yaml

from checkouts import MINI, REPOSITORY, copy_checkout, job_counts, run_snakemake
from epigroup.quality.measures import MEASURES

FROM_READS = ("K562_ATAC", "SKNSH_REST")


def test_the_page_waits_for_the_counts_of_every_replicate(tmp_path):
    folder = copy_checkout(tmp_path)
    said = run_snakemake(folder, "-n", "-p", "multiqc", "--configfile", MINI).stdout
    block = re.search(r"rule multiqc:\n +input: (.*)", said)[1]
    inputs = {name.removeprefix("results/quality/") for name in block.split(", ")}
    assert inputs == {"results/checks/multiqc.txt", "epigroup_mqc.tsv", "fastp/K562_ATAC.rep1.json"} | {
        f"alignments/{name}.rep1.{kind}.txt" for name in FROM_READS for kind in ("flagstat", "markdup")
    }
    command = re.search(r"multiqc --force .*", said)[0]
    assert " results/quality results/logs/align_reads " in command


@pytest.mark.parametrize("wanted", [True, False])
def test_a_run_with_reads_makes_it_where_the_config_says_so(tmp_path, wanted):
    config = yaml.safe_load((REPOSITORY / MINI).read_text()) | {"qc": {"multiqc": wanted}}
    folder = copy_checkout(tmp_path)
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    jobs = job_counts(run_snakemake(folder, "-n", "--configfile", "config.yaml").stdout)
    assert {name for name in jobs if "multiqc" in name} == ({"find_multiqc", "multiqc"} if wanted else set())


@pytest.mark.needs("multiqc")
def test_every_replicate_has_one_name_in_all_that_the_tools_say(tmp_path):
    folder = copy_checkout(tmp_path)
    run_snakemake(folder, "-c2", "multiqc", "--configfile", MINI)
    page = folder / "results/quality/multiqc/multiqc_report.html"
    found = json.loads((page.parent / "multiqc_report_data/multiqc_data.json").read_text())
    named = {
        tool.removeprefix("multiqc_"): set(rows) for tool, rows in found["report_saved_raw_data"].items()
    }
    replicates, aligned = {f"{name}.rep1" for name in FROM_READS}, {"K562_ATAC.rep1"}
    expected = {
        "fastp": aligned,
        "bowtie2": aligned,
        "samtools_flagstat": replicates,
        "samtools_stats": replicates,
        "samtools_idxstats": replicates,
        "samtools_markdup": replicates,
        "epigroup_profiles": set(FROM_READS),
    }
    assert {tool: named.get(tool) for tool in expected} == expected
    text = page.read_text(encoding="utf-8")
    assert all(f"{MEASURES[name].title}<" in text for name in ("frip", "nrf", "nsc"))
    # The page is passed on.
    assert str(folder) not in text
