"""Given BAM files by the names and the mates of their reads: taken whole, or refused with what mends them."""

import logging
import subprocess

import pytest

from epigroup.core.errors import InputError
from epigroup.reads.accounts import GIVEN, KEPT
from given_reads import FRAGMENTS, checked, given, passed_through

pytestmark = pytest.mark.needs("samtools")


def renamed(name):
    def change(number, read):
        read.query_name = name(read)
        return [read]

    return change


SHARED_NAMES = {
    "pooled lanes": lambda read: f"r{int(read.query_name[1:]) % 60}",
    "stripped": lambda read: "read",
    "numbered anew on each contig": lambda read: f"r{read.reference_start}",
}


@pytest.mark.parametrize("kind", SHARED_NAMES)
def test_single_reads_of_one_name_are_all_kept(tmp_path, fasta, kind):
    path = given(tmp_path, paired=False, change=renamed(SHARED_NAMES[kind]))
    found, _ = passed_through(tmp_path, path, fasta)
    assert found == {GIVEN: len(FRAGMENTS), KEPT: len(FRAGMENTS)}


@pytest.mark.parametrize("kind", ["pooled lanes", "stripped"])
def test_pairs_of_one_name_are_refused_before_any_work(tmp_path, fasta, kind):
    path = given(tmp_path, paired=True, change=renamed(SHARED_NAMES[kind]))
    with pytest.raises(
        InputError, match=r"given\.bam: names of reads repeat.*: [0-9,]+ reads have the name of"
    ):
        checked(path, fasta)


def test_two_names_that_repeat_among_many_are_found(tmp_path, fasta):
    path = given(
        tmp_path, paired=True, change=renamed(lambda r: "r7" if r.query_name == "r8" else r.query_name)
    )
    with pytest.raises(
        InputError, match=r"2 reads have the name of another one that is the same mate, such as 'r7'"
    ):
        checked(path, fasta)


def test_single_reads_that_say_which_mate_they_were_are_single_reads(tmp_path, fasta):
    def change(number, read):
        read.flag |= 64 if number % 2 else 128
        return [read]

    found, _ = passed_through(tmp_path, given(tmp_path, paired=False, change=change), fasta)
    assert found == {GIVEN: len(FRAGMENTS), KEPT: len(FRAGMENTS)}


@pytest.mark.parametrize("ending", ["/", ".", "_"])
def test_names_that_end_in_the_number_of_the_mate(tmp_path, fasta, ending):
    """Refused with a command, whose result is taken whole."""
    change = renamed(lambda read: f"{read.query_name}{ending}{1 if read.is_read1 else 2}")
    path = given(tmp_path, paired=True, change=change)
    wanted = (
        r"are flagged as paired, but no mate of the same name is there: names end in the number of the mate"
    )
    with pytest.raises(InputError, match=wanted) as caught:
        checked(path, fasta)
    command = str(caught.value).split("take it away with: ")[1]
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)
    found, _ = passed_through(tmp_path, tmp_path / "RENAMED.bam", fasta)
    assert found == {GIVEN: 2 * len(FRAGMENTS), KEPT: 2 * len(FRAGMENTS)}


def test_a_lane_with_other_names_in_a_pooled_file_is_seen(tmp_path, fasta):
    def change(number, read):
        if int(read.query_name[1:]) % 5 == 0:
            read.query_name += "/1" if read.is_read1 else "/2"
        return [read]

    with pytest.raises(InputError, match=r"names end in the number of the mate, such as 'r\d+/[12]'"):
        checked(given(tmp_path, paired=True, change=change), fasta)


@pytest.mark.parametrize("mate, words", [(64, "first"), (128, "second")])
def test_one_mate_alone(tmp_path, fasta, mate, words):
    """Refused with the flags to take away, after which they are single reads."""
    path = given(tmp_path, paired=True, change=lambda number, read: [read] if read.flag & mate else [])
    with pytest.raises(
        InputError, match=rf"no mate of the same name is there: all \d+ are {words} mates"
    ) as caught:
        checked(path, fasta)
    command = str(caught.value).split("single-end with: ")[1]
    subprocess.run(f"{command} -o single.bam given.bam", shell=True, cwd=tmp_path, check=True)
    found, _ = passed_through(tmp_path, tmp_path / "single.bam", fasta)
    assert found == {GIVEN: len(FRAGMENTS), KEPT: len(FRAGMENTS)}


def test_a_file_of_which_half_the_mates_are_missing_is_refused_and_a_few_are_counted(tmp_path, fasta, caplog):
    few = given(tmp_path, paired=True, change=lambda number, read: [read] if number % 20 else [])
    lost = -(-2 * len(FRAGMENTS) // 20)
    with caplog.at_level(logging.WARNING):
        found, _ = passed_through(tmp_path, few, fasta)
    assert "no mate of the same name is there; they are dropped" in caplog.text
    assert found["mate missing"] == lost and found[KEPT] == 2 * (len(FRAGMENTS) - lost)

    def most(number, read):
        gone = int(read.query_name[1:]) % 9 and read.is_read2
        return [] if gone else [read]

    with pytest.raises(InputError, match="no mate of the same name is there; the file was cut, or filtered"):
        checked(given(tmp_path, paired=True, change=most), fasta)


def test_pairs_that_are_never_marked_proper(tmp_path, fasta):
    def change(number, read):
        read.flag &= ~2
        return [read]

    with pytest.raises(
        InputError, match=r"none of \d+ aligned reads with an aligned mate is marked as a proper pair"
    ):
        checked(given(tmp_path, paired=True, change=change), fasta)


def test_single_reads_and_pairs_in_one_file(tmp_path, fasta):
    def change(number, read):
        if int(read.query_name[1:]) > 200:
            read.flag &= 16
        return [read]

    with pytest.raises(InputError, match=r"holds \d+ single-end and \d+ paired reads; part them"):
        checked(given(tmp_path, paired=True, change=change), fasta)


def test_pairs_that_do_not_say_which_mate_is_first(tmp_path, fasta):
    def change(number, read):
        read.flag &= ~(64 + 128)
        return [read]

    with pytest.raises(InputError, match="not as the first or the second of their pair"):
        checked(given(tmp_path, paired=True, change=change), fasta)
