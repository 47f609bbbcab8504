"""Files fetched from a real FTP server, as from one of HTTP: gone on with, checked, and refused by row and address."""

import gzip
import hashlib

import numpy as np
import pytest

from epigroup.core.errors import InputError
from epigroup.reads.download import fetch_file
from ftp_server import FtpFiles, serving_ftp

CONTENT = gzip.compress(np.random.default_rng(1).bytes(3 << 20), 1, mtime=0)
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()
ROW = "sheet.tsv, profile atac, replicate 1, column fastq_1"
PLACE = "/vol 1/a.fastq.gz"


@pytest.fixture
def server():
    with serving_ftp(FtpFiles({PLACE: CONTENT})) as one:
        yield one


def fetch(server, out, place=PLACE, **options):
    words = {"row": ROW, "pause": 0.01, "timeout": 5.0} | options
    fetch_file(f"{server.address}{place.replace(' ', '%20')}", out, **words)


@pytest.mark.parametrize("checksum", [None, MD5])
def test_a_file_is_fetched_whole_and_nothing_else_is_left(server, tmp_path, checksum):
    fetch(server, tmp_path / "a.fastq.gz", checksum=checksum)
    assert (tmp_path / "a.fastq.gz").read_bytes() == CONTENT
    assert [one.name for one in tmp_path.iterdir()] == ["a.fastq.gz"] and server.asked == [(PLACE, 0)]


def test_a_transfer_that_breaks_is_gone_on_with_where_it_broke(server, tmp_path):
    server.cuts = [1_000_000, 500_000]
    fetch(server, tmp_path / "a.fastq.gz")
    assert (tmp_path / "a.fastq.gz").read_bytes() == CONTENT
    assert server.asked == [(PLACE, 0), (PLACE, 1_000_000), (PLACE, 1_500_000)]


def test_the_next_run_goes_on_with_what_came(server, tmp_path):
    server.cuts = [1_000_000]
    with pytest.raises(InputError, match="given up after 1 tries.*1,000,000 bytes that came are kept"):
        fetch(server, tmp_path / "a.fastq.gz", tries=1)
    fetch(server, tmp_path / "a.fastq.gz")
    assert (tmp_path / "a.fastq.gz").read_bytes() == CONTENT and server.asked[-1] == (PLACE, 1_000_000)


def test_what_was_whole_but_for_the_last_word_is_not_fetched_again(server, tmp_path):
    server.cuts = [len(CONTENT)]
    fetch(server, tmp_path / "a.fastq.gz")
    assert (tmp_path / "a.fastq.gz").read_bytes() == CONTENT and server.asked == [(PLACE, 0)]


@pytest.mark.parametrize("change", ["date", "begins"])
def test_parts_of_two_versions_are_never_joined(server, tmp_path, change):
    """Nor is one asked for of a server that cannot begin within a file."""
    server.cuts = [900_000]
    with pytest.raises(InputError):
        fetch(server, tmp_path / "a.fastq.gz", tries=1)
    setattr(server, change, "20210101000000" if change == "date" else False)
    fetch(server, tmp_path / "a.fastq.gz")
    assert (tmp_path / "a.fastq.gz").read_bytes() == CONTENT and server.asked[-1] == (PLACE, 0)


def test_of_a_server_that_tells_neither_size_nor_date_the_checksum_vouches_for_the_parts(server, tmp_path):
    server.tells, server.cuts = False, [900_000]
    fetch(server, tmp_path / "a.fastq.gz", checksum=MD5)
    assert (tmp_path / "a.fastq.gz").read_bytes() == CONTENT and server.asked[-1] == (PLACE, 900_000)


def test_a_wrong_checksum_and_a_file_that_is_not_there_are_refused(server, tmp_path):
    with pytest.raises(InputError, match=f"has md5 .*, where the sheet says {'0' * 32}"):
        fetch(server, tmp_path / "a.fastq.gz", checksum="md5:" + "0" * 32)
    with pytest.raises(
        InputError, match=rf"{ROW}: {server.address}/none\.gz: the server answers 404 \(550 no"
    ):
        fetch(server, tmp_path / "none.gz", place="/none.gz")
    assert not list(tmp_path.iterdir())
