"""A file that a job or the workflow itself leaves open is found by what starts Snakemake in the tests."""

import pytest

from checkouts import MINI, copy_checkout, run_snakemake

GENOME = "results/simulation/genome.fa"
JOB, LIBRARY = "workflow/scripts/simulate_genome.py", "workflow/scripts/epigroup/config/sheet.py"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return copy_checkout(tmp_path_factory.mktemp("left_open"))


def while_a_job_runs(text):
    return text.replace("    cfg =", "    open(__file__)\n    cfg =", 1)


def at_the_end(text):
    return text + "open(__file__)\n"


@pytest.mark.parametrize(
    ("name", "leak", "words", "place"),
    [
        (JOB, while_a_job_runs, ["-c1", GENOME], "results/logs/simulate_genome.log: .*simulate_genome.py:"),
        (JOB, at_the_end, ["-c1", GENOME], "the output: .*simulate_genome.py:"),
        (LIBRARY, at_the_end, ["-n"], "the output: .*epigroup/config/sheet.py:"),
    ],
    ids=["while a job runs", "when a job ends", "in Snakemake's process"],
)
def test_a_file_that_is_left_open_fails_the_run(checkout, name, leak, words, place):
    path, text = checkout / name, (checkout / name).read_text()
    path.write_text(leak(text))
    try:
        assert path.read_text() != text
        with pytest.raises(AssertionError, match=f"(?s)left open:.*{place}[0-9]+: ResourceWarning: unclosed"):
            run_snakemake(checkout, *words, "--configfile", MINI)
    finally:
        path.write_text(text)
