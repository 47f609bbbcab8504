"""What MultiQC reads is declared: a dry run of its page makes the files of every replicate first."""

import re

from checkouts import MINI, copy_checkout, run_snakemake


def test_the_page_waits_for_the_counts_of_every_replicate(tmp_path):
    folder = copy_checkout(tmp_path)
    said = run_snakemake(folder, "-n", "-p", "multiqc", "--configfile", MINI).stdout
    block = re.search(r"rule multiqc:\n +input: (.*)", said)[1]
    inputs = {name.removeprefix("results/quality/") for name in block.split(", ")}
    from_reads = ("K562_ATAC", "SKNSH_REST")
    assert inputs == {"results/checks/multiqc.txt", "epigroup_mqc.tsv", "fastp/K562_ATAC.rep1.json"} | {
        f"alignments/{name}.rep1.{kind}.txt" for name in from_reads for kind in ("flagstat", "markdup")
    }
    command = re.search(r"multiqc --force .*", said)[0]
    assert " results/quality results/logs/align_reads " in command
