"""Files fetched from a real server that cuts connections, ignores ranges, fails, or sends something else."""

import fcntl
import gzip
import hashlib
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive_server import Archive, serving
from checkouts import REPOSITORY
from epigroup.core.errors import InputError
from epigroup.reads.download import fetch_file

# Random bytes do not pack, so that the file is longer than one piece that is read at once.
CONTENT = gzip.compress(np.random.default_rng(1).bytes(3 << 20), 1, mtime=0)
OTHER = gzip.compress(np.random.default_rng(2).bytes(3 << 20), 1, mtime=0)
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
ROW = "sheet.tsv, profile atac, replicate 1, column accession SRR000001"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def archive():
    with serving(Archive({"/a.fastq.gz": CONTENT})) as one:
        yield one


def fetch(archive, out, **options):
    words = {"row": ROW, "pause": 0.01, "timeout": 5.0} | options
    fetch_file(f"{archive.address}/a.fastq.gz", out, **words)


def left(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("checksum", [None, MD5, SHA256])
def test_a_file_is_fetched_whole_and_nothing_else_is_left(archive, tmp_path, checksum):
    out = tmp_path / "down" / "a.fastq.gz"
    fetch(archive, out, checksum=checksum)
    assert out.read_bytes() == CONTENT and left(out.parent) == ["a.fastq.gz"]
    assert archive.asked == [("/a.fastq.gz", None, 200)]


def test_a_cut_connection_is_gone_on_with_where_it_broke(archive, tmp_path):
    archive.cuts = [1_000_000, 500_000]
    fetch(archive, tmp_path / "a.fastq.gz")
    assert (tmp_path / "a.fastq.gz").read_bytes() == CONTENT
    assert archive.asked == [
        ("/a.fastq.gz", None, 200),
        ("/a.fastq.gz", "bytes=1000000-", 206),
        ("/a.fastq.gz", "bytes=1500000-", 206),
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.integers(0, len(CONTENT)), max_size=4), ranges=st.booleans(), tags=st.booleans(),
    lengths=st.booleans(), failures=st.lists(st.sampled_from([500, 503, 429, 408]), max_size=2), known=st.booleans(),
)  # fmt: skip
def test_whatever_the_server_does_the_file_is_whole(
    tmp_path_factory, cuts, ranges, tags, lengths, failures, known
):
    out = tmp_path_factory.mktemp("any") / "a.fastq.gz"
    one = Archive({"/a.fastq.gz": CONTENT}, ranges, tags, lengths, list(cuts), list(failures))
    with serving(one):
        fetch(one, out, tries=9, pause=0.0, checksum=MD5 if known else None)
    assert out.read_bytes() == CONTENT and left(out.parent) == ["a.fastq.gz"]


def test_a_server_that_ignores_ranges_sends_all_again(archive, tmp_path):
    archive.cuts, archive.ranges = [1_000_000], False
    fetch(archive, tmp_path / "a.fastq.gz", checksum=MD5)
    assert (tmp_path / "a.fastq.gz").read_bytes() == CONTENT
    assert [status for _, _, status in archive.asked] == [200, 200]


def test_two_failures_are_outlasted_with_longer_and_longer_pauses(archive, tmp_path, caplog):
    archive.failures = [500, 500]
    started = time.monotonic()
    fetch(archive, tmp_path / "a.fastq.gz", pause=0.1)
    assert time.monotonic() - started >= 0.1 + 0.2
    assert [status for _, _, status in archive.asked] == [500, 500, 200]
    assert "again in 0.1 s" in caplog.text and "again in 0.2 s" in caplog.text


def test_given_up_after_so_many_tries_and_gone_on_with_in_the_next_run(archive, tmp_path):
    archive.cuts, out = [700_000, 0, 0], tmp_path / "a.fastq.gz"
    with pytest.raises(InputError) as error:
        fetch(archive, out, tries=3)
    message = str(error.value)
    assert message.startswith(f"{ROW}: {archive.address}/a.fastq.gz: given up after 3 tries")
    assert "700,000 of" in message and "700,000 bytes that came are kept" in message
    assert left(tmp_path) == [".partial.a.fastq.gz", ".partial.a.fastq.gz.json"]
    fetch(archive, out)
    assert out.read_bytes() == CONTENT and left(tmp_path) == ["a.fastq.gz"]
    assert archive.asked[-1] == ("/a.fastq.gz", "bytes=700000-", 206)


def test_a_long_file_is_not_given_up_while_every_try_brings_more(archive, tmp_path):
    archive.cuts = [1 << 20, 1 << 20]
    fetch(archive, tmp_path / "a.fastq.gz", tries=2)
    assert (tmp_path / "a.fastq.gz").read_bytes() == CONTENT and len(archive.asked) == 3


@pytest.mark.parametrize("checksum", [None, "md5:" + hashlib.md5(OTHER).hexdigest()])
def test_parts_of_two_versions_are_never_joined(archive, tmp_path, checksum):
    archive.cuts, out = [900_000], tmp_path / "a.fastq.gz"
    with pytest.raises(InputError, match="given up after 1 tries"):
        fetch(archive, out, tries=1)
    archive.files["/a.fastq.gz"] = OTHER
    fetch(archive, out, checksum=checksum)
    assert out.read_bytes() == OTHER
    archive.asked.clear()


def test_without_tag_and_checksum_a_part_is_not_trusted(archive, tmp_path):
    archive.cuts, archive.tags, out = [900_000], False, tmp_path / "a.fastq.gz"
    fetch(archive, out)
    assert [wanted for _, wanted, _ in archive.asked] == [None, None]
    archive.cuts, archive.asked[:] = [900_000], []
    fetch(archive, out, checksum=SHA256)
    assert [wanted for _, wanted, _ in archive.asked] == [None, "bytes=900000-"]
    assert out.read_bytes() == CONTENT


def test_a_part_that_is_damaged_on_this_disk_is_fetched_again(archive, tmp_path):
    archive.cuts, out = [900_000], tmp_path / "a.fastq.gz"
    with pytest.raises(InputError):
        fetch(archive, out, tries=1)
    with open(tmp_path / ".partial.a.fastq.gz", "r+b") as handle:
        handle.seek(500)
        handle.write(b"damaged")
    fetch(archive, out, checksum=SHA256)
    assert out.read_bytes() == CONTENT
    assert [status for _, _, status in archive.asked] == [200, 206, 200]


def test_all_was_there_but_the_name(archive, tmp_path):
    """A job that was killed between the last byte and the renaming."""
    (tmp_path / ".partial.a.fastq.gz").write_bytes(CONTENT)
    fetch(archive, tmp_path / "a.fastq.gz", checksum=MD5)
    assert (tmp_path / "a.fastq.gz").read_bytes() == CONTENT
    assert archive.asked == [("/a.fastq.gz", f"bytes={len(CONTENT)}-", 416)]


def test_wrong_bytes_are_refused_with_both_checksums(archive, tmp_path):
    archive.files["/a.fastq.gz"] = OTHER
    for checksum in (MD5, SHA256):
        kind, wanted = checksum.split(":")
        with pytest.raises(InputError) as error:
            fetch(archive, tmp_path / "a.fastq.gz", checksum=checksum)
        found = hashlib.new(kind, OTHER).hexdigest()
        for word in (ROW, archive.address, found, wanted):
            assert word in str(error.value)
        assert left(tmp_path) == []
    assert len(archive.asked) == 2


@pytest.mark.parametrize("status", [403, 404, 410])
def test_what_is_not_there_is_said_at_once(archive, tmp_path, status):
    archive.failures = [status]
    with pytest.raises(
        InputError, match=f"{ROW}: {archive.address}/a.fastq.gz: the server answers {status} "
    ):
        fetch(archive, tmp_path / "a.fastq.gz")
    assert len(archive.asked) == 1 and left(tmp_path) == []


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "text/html; charset=utf-8", "is an HTML page"),
        (b"<html>gone</html>", "application/octet-stream", "is an HTML page"),
        (b"@read1\nACGT\n+\nFFFF\n", "text/plain", "is text/plain and not gzip: it begins with b'@read1"),
    ],
)
def test_a_page_instead_of_a_file_is_refused(archive, tmp_path, body, kind, said):
    archive.files["/a.fastq.gz"], archive.kind = body, kind
    with pytest.raises(InputError, match=said) as error:
        fetch(archive, tmp_path / "a.fastq.gz")
    assert ROW in str(error.value) and archive.address in str(error.value) and left(tmp_path) == []


def test_plain_files_are_taken_by_their_names_and_pages_are_not(archive, tmp_path):
    archive.files["/a.fastq.gz"], archive.kind = b"chr1\t0\t300\n", "text/plain"
    fetch(archive, tmp_path / "peaks.bed")
    assert (tmp_path / "peaks.bed").read_bytes() == b"chr1\t0\t300\n"
    archive.files["/a.fastq.gz"] = b"<html>log in</html>"
    with pytest.raises(InputError, match="is an HTML page and not the file"):
        fetch(archive, tmp_path / "page.bed")
    archive.files["/a.fastq.gz"], archive.lengths = b"chr1\t0\t300\n", False
    with pytest.raises(
        InputError, match="does not say how long it is, so that a cut would not be seen; give its ch"
    ):
        fetch(archive, tmp_path / "cut.bed")
    known = "md5:" + hashlib.md5(b"chr1\t0\t300\n").hexdigest()
    fetch(archive, tmp_path / "whole.bed", checksum=known)
    assert left(tmp_path) == ["peaks.bed", "whole.bed"]


def test_an_empty_answer_is_refused(archive, tmp_path):
    archive.files["/a.fastq.gz"] = b""
    with pytest.raises(InputError, match="is empty"):
        fetch(archive, tmp_path / "a.fastq.gz")
    assert left(tmp_path) == []


def test_no_server_is_told_by_its_address(tmp_path):
    with serving(Archive()) as gone:
        pass
    with pytest.raises(InputError, match=rf"{gone.address}.*given up after 2 tries.*refused.*nothing came"):
        fetch(gone, tmp_path / "a.fastq.gz", tries=2)
    assert left(tmp_path) == []


def test_two_processes_do_not_write_into_one_file(archive, tmp_path):
    with open(tmp_path / ".partial.a.fastq.gz", "wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another process is fetching it"):
            fetch(archive, tmp_path / "a.fastq.gz")
    assert archive.asked == []
    fetch(archive, tmp_path / "a.fastq.gz")
    assert (tmp_path / "a.fastq.gz").read_bytes() == CONTENT


def test_a_killed_process_leaves_a_part_that_the_next_goes_on_with(archive, tmp_path):
    archive.cuts = [1_200_000]
    code = (
        "import sys; from epigroup.reads.download import fetch_file;"
        " fetch_file(sys.argv[1], sys.argv[2], row='row', pause=600)"
    )
    out = tmp_path / "a.fastq.gz"
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "workflow/scripts")}
    job = subprocess.Popen(
        [sys.executable, "-c", code, f"{archive.address}/a.fastq.gz", str(out)],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    partial = tmp_path / ".partial.a.fastq.gz"
    while not partial.exists() or partial.stat().st_size < 1_200_000:
        assert job.poll() is None
        time.sleep(0.02)
    job.send_signal(signal.SIGKILL)
    job.wait()
    fetch(archive, out)
    assert out.read_bytes() == CONTENT and left(tmp_path) == ["a.fastq.gz"]
    assert archive.asked[-1] == ("/a.fastq.gz", "bytes=1200000-", 206)
