"""A row's own files are held against its checksums by the steps that first read them."""

import hashlib
import subprocess
from types import SimpleNamespace

import pytest

from checkouts import REPOSITORY
from epigroup.core.checksums import verify_files
from epigroup.core.errors import InputError

WORDS = "profile ctcf, replicate 2, column checksum"


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_a_changed_byte_is_refused_with_row_file_and_both_sums(tmp_path, kind):
    path = tmp_path / "a.fastq"
    path.write_bytes(b"@r\nACGT\n+\nFFFF\n")
    said = subprocess.run([f"{kind}sum", path], check=True, capture_output=True, text=True).stdout.split()[0]
    known = {str(path): (f"{kind}:{said}", WORDS)}
    verify_files(known)
    path.write_bytes(b"@r\nACGA\n+\nFFFF\n")
    found = hashlib.new(kind, path.read_bytes()).hexdigest()
    with pytest.raises(InputError, match=rf"^{WORDS}: .*a\.fastq has the {kind} {found}, not {said}"):
        verify_files(known)


@pytest.mark.parametrize("name", ["check_fastq", "check_alignments", "standardise_peaks"])
def test_the_first_step_that_reads_a_file_compares_before_all_else(tmp_path, name):
    """The script, with a file whose checksum is wrong and nothing else that it could read."""
    path = tmp_path / "a"
    path.write_bytes(b"x")
    known = {str(path): ("md5:" + "0" * 32, WORDS)}
    # as Snakemake hands them over: params that rerun nothing lie one deeper
    told = known if name == "standardise_peaks" else SimpleNamespace(value=known)
    snakemake = SimpleNamespace(
        log=[str(tmp_path / "log")], params=SimpleNamespace(checksums=told), input=SimpleNamespace()
    )
    code = compile((REPOSITORY / f"workflow/scripts/{name}.py").read_text(), name, "exec")
    with pytest.raises(SystemExit):
        exec(code, {"snakemake": snakemake})
    assert f"{WORDS}: {path} has the md5 9dd4e461268c8034f5c8564e155c67a6" in (tmp_path / "log").read_text()
