"""Reads after fastp: the same, in the same order, whenever they are trimmed."""

import gzip
import hashlib
import json
import random

from shell_rules import run_shell

PAIRS = 3000  # fastp deals them out by the thousand


def write_pairs(folder):
    draw = random.Random(5)
    for mate in (1, 2):
        with gzip.open(folder / f"r_{mate}.fastq.gz", "wt") as handle:
            for number in range(PAIRS):
                bases = "".join(draw.choices("ACGT", k=60))
                handle.write(f"@read{number} {mate}\n{bases}\n+\n{'I' * 60}\n")
    (folder / "checked.json").write_text(
        json.dumps({"files": [{"records": PAIRS}, {"records": PAIRS}]}, indent=1)
    )


def test_trimming_again_gives_the_same_reads_in_the_same_order(tmp_path):
    """With several workers fastp writes to its standard output in the order in which they come to an end."""
    write_pairs(tmp_path)
    found = set()
    for _ in range(8):
        run = run_shell(
            "trim_reads", tmp_path, threads=4, wildcards={"profile": "p", "replicate": "1"}, log=["trim.log"],
            input={"reads": ["r_1.fastq.gz", "r_2.fastq.gz"], "checked": "checked.json"},
            output={"reads": "out.fastq.gz", "json": "fastp.json", "html": "fastp.html"},
            params={"cfg": ["--in2", "r_2.fastq.gz"]},
        )  # fmt: skip
        assert run.returncode == 0, run.stderr + (tmp_path / "trim.log").read_text()
        text = gzip.decompress((tmp_path / "out.fastq.gz").read_bytes())
        assert text.count(b"\n") == 8 * PAIRS
        found.add(hashlib.sha256(text).hexdigest())
    assert len(found) == 1
