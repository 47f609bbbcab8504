"""The log of a job: its last line says what is wrong and what to do, whatever went wrong."""

import errno
import logging
import os

import pytest

from epigroup.core.errors import InputError
from epigroup.core.logs import log_to, machine_fault, rule_of


def wrapped(cause: BaseException) -> BaseException:
    """As a library raises it: an error of its own, with the machine's behind it."""
    error = RuntimeError("the library's own words")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("how", [lambda error: error, wrapped], ids=["bare", "wrapped"])
def test_what_the_machine_refuses_is_told_with_a_remedy(number, how):
    words = os.strerror(number)
    said = machine_fault(how(OSError(number, words, "out.h5")))
    assert said is not None and words in said and "; " in said and "library" not in said


def test_memory_that_runs_out_is_told_whatever_hides_it():
    assert "resources.mem_mb" in machine_fault(wrapped(MemoryError("Unable to allocate 9 GiB")))
    assert machine_fault(ValueError("no such thing")) is None


@pytest.mark.parametrize(
    ("error", "last"),
    [
        (InputError("x.bed: line 3 is wrong"), "x.bed: line 3 is wrong"),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "rule train_pack: [Errno 28] No space left on device; ",
        ),
        (ValueError("odd"), "rule train_pack: ValueError: odd; a fault of the program: the traceback is in "),
    ],
)
def test_the_last_line_says_it_and_the_status_is_one(tmp_path, error, last):
    path = tmp_path / "logs" / "train_pack" / "SMTL.log"
    before = list(logging.getLogger().handlers)
    with pytest.raises(SystemExit) as end, log_to(str(path)):
        raise error
    assert end.value.code == 1 and logging.getLogger().handlers == before
    lines = path.read_text().splitlines()
    assert last in lines[-1]
    assert ("Traceback (most recent call last):" in lines) == isinstance(error, ValueError)


def test_a_job_that_is_interrupted_says_so_and_passes_it_on(tmp_path):
    path = tmp_path / "logs" / "make_shard.log"
    with pytest.raises(KeyboardInterrupt), log_to(str(path)):
        raise KeyboardInterrupt
    assert path.read_text().rstrip().endswith("rule make_shard did not finish")


def test_a_log_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "logs").write_text("a file where the folder should be")
    with (
        pytest.raises(SystemExit, match="rule make_shard: the log cannot be written: "),
        log_to(str(tmp_path / "logs" / "make_shard" / "chr1.log")),
    ):
        raise AssertionError("the block is not entered")


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("r/logs/train_pack/SMTL/seed1.log", "train_pack"),
        ("r/logs/audit_run.log", "audit_run"),
        ("a/x.log", "x"),
    ],
)
def test_a_logs_place_names_its_rule(path, rule):
    assert rule_of(path) == rule
