"""Checks of FASTQ files: good files are counted, each kind of bad one is refused by name and place."""

import gzip
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.reads.fastq import check_fastq, check_lanes, check_pair
from sequence_files import write_records


def record(number, bases="ACGTN", quality=None, mate=""):
    return f"@read{number}{mate}\n{bases}\n+\n{quality or 'F#,:F'[: len(bases)].ljust(len(bases), 'F')}\n"


@pytest.mark.parametrize("name", ["a.fastq.gz", "a.fastq"])
def test_good_file_is_counted_whole(tmp_path, name):
    bases = ["ACGT" * (1 + number % 7) for number in range(12_345)]
    facts = check_fastq(
        write_records(tmp_path / name, "".join(record(n, one) for n, one in enumerate(bases)))
    )
    assert (facts.records, facts.shortest, facts.longest) == (12_345, 4, 28)
    assert (chr(facts.lowest_quality), chr(facts.highest_quality)) == ("#", "F")


def test_last_line_may_lack_its_end(tmp_path):
    assert check_fastq(write_records(tmp_path / "a.fastq", record(1) + record(2).rstrip("\n"))).records == 2


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(1, 80), min_size=1, max_size=40), seed=st.integers(0, 99))
def test_any_well_formed_file_passes(tmp_path, lengths, seed):
    random = np.random.default_rng(seed)
    text = "".join(
        record(
            n, "".join(random.choice(list("ACGTN"), size)), "".join(map(chr, random.integers(33, 75, size)))
        )
        for n, size in enumerate(lengths)
    )
    facts = check_fastq(write_records(tmp_path / "any.fastq", text))
    assert (facts.records, facts.shortest, facts.longest) == (len(lengths), min(lengths), max(lengths))


BAD = {
    "empty": (b"", "is empty"),
    "fasta": (">chr1\nACGT\n", "is FASTA"),
    "sam": ("@HD\tVN:1.6\n", "is SAM"),
    "bzip2": (b"BZh91AY&SY", "is bzip2"),
    "byte-order mark": (b"\xef\xbb\xbf" + record(1).encode(), "byte-order mark"),
    "windows": (record(1) + record(2).replace("\n", "\r\n"), "record 2 (line 5): Windows line ends"),
    "no name": (record(1) + record(2).replace("@", "#"), "record 2 (line 5): '#read2'"),
    "no plus": (record(1).replace("+", "-"), "record 1 (line 1): '-' is not the +"),
    "lengths differ": (record(1) + record(2, "ACGT", "FFF"), "record 2 (line 5): 4 bases but 3 qualities"),
    "no bases": (record(1, "AC!T", "FFFF"), "record 1 (line 1): 'AC!T'"),
    "no sequence": (record(1, "", " "), "is not a sequence"),
    "phred64": (record(1, "ACGT", "hhfB"), "Phred+64"),
    "space in qualities": (record(1, "ACGT", "FF F"), "no quality"),
    "cut record": (record(1) + "@read2\nACGT\n", "record 2 (line 5): ends after 2 of 4 lines"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_refused_by_name_and_place(tmp_path, case):
    text, message = BAD[case]
    path = write_records(tmp_path / "bad.fastq", text)
    with pytest.raises(InputError, match=re.escape(message)) as error:
        check_fastq(path)
    assert str(error.value).startswith(str(path))


def test_cut_record_far_behind_the_head_is_found(tmp_path):
    text = "".join(record(n) for n in range(10_500)) + "@last\nACGT\n"
    with pytest.raises(InputError, match="42,002 lines, not a multiple of 4"):
        check_fastq(write_records(tmp_path / "a.fastq.gz", text))


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_truncated_gzip_is_found(tmp_path, share):
    random = np.random.default_rng(3)
    text = "".join(record(n, "".join(random.choice(list("ACGT"), 50))) for n in range(20_000))
    whole = gzip.compress(text.encode())
    path = tmp_path / "a.fastq.gz"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match="truncated or damaged"):
        check_fastq(path)


def test_name_must_tell_what_the_file_is(tmp_path):
    packed, plain = tmp_path / "a.fastq", tmp_path / "b.fastq.gz"
    packed.write_bytes(gzip.compress(record(1).encode()))
    plain.write_text(record(1))
    with pytest.raises(InputError, match=r"does not end in \.gz"):
        check_fastq(packed)
    with pytest.raises(InputError, match="is not gzip"):
        check_fastq(plain)


@pytest.mark.parametrize(
    ("first", "second"), [("", ""), ("/1", "/2"), (" 1:N:0:AC", " 2:N:0:AC"), ("/1 x", "/2 x")]
)
def test_mates_are_known_by_their_names(tmp_path, first, second):
    left = write_records(tmp_path / "l.fastq.gz", "".join(record(n, mate=first) for n in range(30)))
    right = write_records(tmp_path / "r.fastq.gz", "".join(record(n, mate=second) for n in range(30)))
    assert [one.records for one in check_pair(left, right)] == [30, 30]


def test_mates_named_dot_one_and_dot_two_are_refused(tmp_path):
    """bowtie2 keeps these names, and the mates would be taken for single reads."""
    left = write_records(tmp_path / "l.fastq.gz", "".join(record(n, mate=".1") for n in range(3)))
    right = write_records(tmp_path / "r.fastq.gz", "".join(record(n, mate=".2") for n in range(3)))
    with pytest.raises(InputError, match=r"'@read0\.2' is not the mate of '@read0\.1'.*-I"):
        check_pair(left, right)


def test_mates_in_another_order_and_of_unequal_number_are_refused(tmp_path):
    left = write_records(tmp_path / "l.fastq", "".join(record(n) for n in range(30)))
    shuffled = write_records(
        tmp_path / "s.fastq", "".join(record(n) for n in [*range(20), 21, 20, *range(22, 30)])
    )
    short = write_records(tmp_path / "t.fastq", "".join(record(n) for n in range(29)))
    with pytest.raises(
        InputError, match=r"s\.fastq, record 21 \(line 81\): '@read21' is not the mate of '@read20'"
    ):
        check_pair(left, shuffled)
    with pytest.raises(InputError, match=r"t\.fastq: 29 records, but .*l\.fastq has 30"):
        check_pair(left, short)


@pytest.mark.parametrize("mates", [("", ""), ("/1", "/2"), (" 1:N:0:AC", " 2:N:0:AC")])
def test_one_swapped_pair_anywhere_is_refused_by_its_names(tmp_path, mates):
    """Also where the names differ by 1 and 2 at their ends, which dnaio passes over (`SequenceRecord.is_mate`)."""
    count = 24_000
    left = write_records(tmp_path / "l.fastq", "".join(record(n, mate=mates[0]) for n in range(count)))
    for at in (1, 10_011, 13_371, count - 2):
        order = [*range(at), at + 1, at, *range(at + 2, count)]
        right = write_records(tmp_path / "r.fastq", "".join(record(n, mate=mates[1]) for n in order))
        with pytest.raises(InputError) as error:
            check_pair(left, right)
        assert str(error.value).startswith(
            f"{right}, record {at + 1} (line {4 * at + 1}): '@read{at + 1}{mates[1]}' is not the mate of "
            f"'@read{at}{mates[0]}' in {left}; "
        )


def test_mates_that_are_reversed_or_lost_far_behind_the_head_are_refused(tmp_path):
    left = write_records(tmp_path / "l.fastq.gz", "".join(record(n) for n in range(20_000)))
    turned = [*range(15_100), *reversed(range(15_100, 15_900)), *range(15_900, 20_000)]
    right = write_records(tmp_path / "r.fastq.gz", "".join(record(n) for n in turned))
    with pytest.raises(InputError, match=r"record 15101 .*'@read15899' is not the mate of '@read15100'"):
        check_pair(left, right)
    lost = write_records(tmp_path / "t.fastq.gz", "".join(record(n) for n in range(20_000) if n != 17_001))
    with pytest.raises(InputError, match=r"record 17002 .*'@read17002' is not the mate of '@read17001'"):
        check_pair(left, lost)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("@read\nACGT\n+other\nFFFF\n", "record 12001 (line 48001): the line of the + has another name"),
        ("@read\nACGT\n-\nFFFF\n", "record 12001 (line 48001): no FASTQ record of @name, bases, +"),
        ("@read\n\n+\n\n", "record 12001 (line 48001): no FASTQ record of @name, bases, +"),
        ("@r\u00e9ad\nACGT\n+\nFFFF\n", "record 12001 (line 48001): '@r\ufffd\ufffdad' is not ASCII"),
        ("@read\nAC", "48,002 lines, not a multiple of 4"),
    ],
)
def test_frames_far_behind_the_head_are_checked(tmp_path, bad, says):
    text = "".join(record(n) for n in range(12_000)) + bad
    with pytest.raises(InputError, match=re.escape(says)):
        check_fastq(write_records(tmp_path / "a.fastq", text))


def test_names_behind_the_plus_are_taken(tmp_path):
    text = "".join(record(n).replace("+", f"+read{n}") for n in range(12_000))
    assert check_fastq(write_records(tmp_path / "a.fastq", text)).records == 12_000


def test_lanes_are_checked_each_by_itself_and_told_in_their_order(tmp_path):
    sizes = {"a": 3, "b": 5}
    first, second = (
        [
            write_records(tmp_path / f"{lane}_{m}.fq.gz", "".join(map(record, range(size))))
            for lane, size in sizes.items()
        ]
        for m in (1, 2)
    )
    found = check_lanes(first, second)
    assert [one.path for one in found] == [str(one) for pair in zip(first, second) for one in pair]
    assert [one.records for one in found] == [3, 3, 5, 5]
    assert [one.records for one in check_lanes(first)] == [3, 5]
    with pytest.raises(InputError, match=r"a_2\.fq\.gz: 3 records, but .*b_1\.fq\.gz has 5"):
        check_lanes(first[::-1], second)


def test_real_pairs_pass(real_data):
    folder = real_data / "yeast_fastq_pe"
    facts = check_pair(folder / "A-1_vii_1.fastq.gz", folder / "A-1_vii_2.fastq.gz")
    assert [one.records for one in facts] == [11_807, 11_807]
