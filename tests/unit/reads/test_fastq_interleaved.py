"""Both mates in one FASTQ file: seen however they are named, never where names repeat for another reason."""

import gzip
import logging
import random
import subprocess

import numpy as np
import pytest

from epigroup.core.errors import InputError
from epigroup.reads.fastq import check_fastq, check_pair
from epigroup.reads.interleaved import WINDOW, Neighbours
from sequence_files import write_records

NAMINGS = {
    "slash": ("frag{}/1", "frag{}/2"),
    "casava": ("M01:7:FC:1:1101:{}:9 1:N:0:ACGT", "M01:7:FC:1:1101:{}:9 2:Y:0:ACGT"),
    "same name": ("frag{}", "frag{}"),
    "same name, run": ("SRR1.{0} {0} length=50", "SRR1.{0} {0} length=50"),
    "cut at the space": ("SRR1 {}", "SRR1 {}"),
    "fastq-dump -I": ("SRR1.{0}.1 {0} length=50", "SRR1.{0}.2 {0} length=50"),
    "archive": ("ERR1.{0} HS2:1/1", "ERR1.{0} HS2:1/2"),
    "archive, cut": ("ERR1 HS2:{0}/1 length=50", "ERR1 HS2:{0}/2 length=50"),
}
ORDINARY = {
    "run.number": "SRR1.{}",
    "run.number, words": "SRR1.{0} {0} length=50",
    "run number": "SRR1 {}",
    "one name": "SRR1",
    "one mate's": "frag{}/1",
    "second mates alone": "frag{}/2",
    "casava": "M01:7:FC:1:1101:{}:9 1:N:0:ACGT",
    "fastq-dump -I of single reads": "SRR1.{0}.1 {0} length=50",
    "archive": "ERR1.{0} HS2:{0}/1",
    "archive, cut": "ERR1 HS2:{0}/1",
}


def fastq(names):
    return "".join(
        f"@{name}\n{'ACGT' if at % 2 else 'TTGCA'}\n+\n{'F' * (5 - at % 2)}\n"
        for at, name in enumerate(names)
    )


def save(path, names):
    return write_records(path, fastq(names))


def pairs(naming, numbers):
    return [one.format(number) for number in numbers for one in NAMINGS[naming]]


def singles(naming, numbers):
    return [ORDINARY[naming].format(number) for number in numbers]


def orphaned(naming, numbers, share):
    """Pairs of which `share` have lost one mate to trimming."""
    rng = random.Random(7)
    return [
        name
        for number in numbers
        for name in (
            pairs(naming, [number])
            if rng.random() > share
            else [NAMINGS[naming][rng.random() > 0.5].format(number)]
        )
    ]


def run_it(error, folder):
    """Runs the command that a refusal gives."""
    command = "gzip -dcf " + str(error.value).split(": gzip -dcf ")[1]
    shell = ["bash", "-euo", "pipefail", "-c", command]
    done = subprocess.run(shell, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return [folder / f"reads_{mate}.fastq.gz" for mate in (1, 2)]


@pytest.mark.parametrize("ending", ["fastq.gz", "fq"])
@pytest.mark.parametrize("naming", NAMINGS)
def test_mates_in_turns_are_refused_with_a_command_that_parts_them(tmp_path, naming, ending):
    path = save(tmp_path / f"reads.{ending}", pairs(naming, range(1, 41)))
    with pytest.raises(
        InputError, match=r"reads\.f.*: holds both mates .* record 1 \(line 1\).* 80 of 80 records"
    ) as error:
        check_fastq(path)
    assert all(repr("@" + name.format(1)) in str(error.value) for name in NAMINGS[naming])
    assert "neither" not in str(error.value)
    parted = run_it(error, tmp_path)
    assert [one.records for one in check_pair(*parted)] == [40, 40]
    assert [gzip.decompress(one.read_bytes()).split(b"\n")[1] for one in parted] == [b"TTGCA", b"ACGT"]


@pytest.mark.parametrize("naming", NAMINGS)
def test_single_reads_between_them_are_left_out_of_both(tmp_path, naming):
    names = orphaned(naming, range(1, 1501), 0.4)
    with pytest.raises(InputError, match="reads whose mate is not next to them go into neither") as error:
        check_fastq(save(tmp_path / "reads.fastq", names))
    parted = run_it(error, tmp_path)
    facts = check_pair(*parted)
    assert facts[0].records == facts[1].records
    both = sum(one in names and two in names for n in range(1, 1501) for one, two in [pairs(naming, [n])])
    if NAMINGS[naming][0] != NAMINGS[naming][1]:
        assert facts[0].records == both
    else:
        assert facts[0].records == sum(names.count(name) == 2 for name in set(names))


@pytest.mark.parametrize("naming", NAMINGS)
@pytest.mark.parametrize("before", [9_700, 12_001])
def test_a_file_that_turns_to_mates_later_is_refused(tmp_path, naming, before):
    names = singles("run.number", range(before)) + pairs(naming, range(6_000))
    with pytest.raises(InputError, match=r"holds both mates of pairs"):
        check_fastq(save(tmp_path / "reads.fastq", names))


def test_few_couples_do_where_the_names_say_which_mate_they_are(tmp_path):
    names = singles("one mate's", range(100_000)) + pairs("slash", range(100_000, 104_000))
    with pytest.raises(
        InputError, match=r"record 100,\d{3} \(line 40\d,\d{3}\) '@frag100\d+/1' and the next, '@frag100"
    ):
        check_fastq(save(tmp_path / "reads.fastq", names))


@pytest.mark.parametrize("naming", ORDINARY)
@pytest.mark.parametrize("count", [1, 3, 1001, 13_000])
def test_ordinary_single_reads_pass(tmp_path, naming, count):
    assert check_fastq(save(tmp_path / "reads.fastq", singles(naming, range(1, count + 1)))).records == count


def repeated(rng, kind, count):
    match kind:
        case "a name in a hundred twice":
            return [name for n in range(count) for name in [f"frag{n}"] * (1 + (rng.random() < 0.01))]
        case "families of duplicates":
            sizes = rng.choices([1, 2, 3, 4, 5], [70, 20, 7, 2, 1], k=count)
            return [f"frag{n}" for n in range(count) for _ in range(sizes[n])]
        case "rare families":
            sizes = rng.choices([1, 2, 3], [940, 55, 5], k=count)
            return [f"frag{n}" for n in range(count) for _ in range(sizes[n])]
        case "barcodes, sorted":
            return sorted("".join(rng.choices("ACGT", k=6)) for _ in range(count))
        case "sparse barcodes, sorted":
            return sorted("".join(rng.choices("ACGT", k=9)) for _ in range(count))
        case "coordinates cut":
            return [f"M01:1:1101:{x}" for x in sorted(rng.choices(range(4 * count), k=count))]
        case "first mates twice":
            return [f"frag{n}/1" for n in range(count) for _ in range(2)]
        case "both mates one after the other":
            return [f"frag{n}/{mate}" for mate in (1, 2) for n in range(count)]
        case "both mates, cut names":
            return [f"SRR1 HS2/{mate}" for mate in (1, 2) for n in range(count)]
        case "orphans of both mates":
            return [f"frag{n}/{rng.choice('12')}" for n in range(count)]
        case "many short runs":
            return [f"SRR{run}.{n}" for run in range(count // 40) for n in range(1, 41)]


@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize(
    "kind",
    [
        "a name in a hundred twice",
        "families of duplicates",
        "rare families",
        "barcodes, sorted",
        "sparse barcodes, sorted",
        "coordinates cut",
        "first mates twice",
        "both mates one after the other",
        "both mates, cut names",
        "orphans of both mates",
        "many short runs",
    ],
)
@pytest.mark.parametrize("count", [200, 15_000])
def test_names_that_repeat_for_another_reason_pass(tmp_path, kind, count, seed):
    names = repeated(random.Random(seed), kind, count)
    assert check_fastq(save(tmp_path / "reads.fastq", names)).records == len(names)


@pytest.mark.parametrize("more_than_one", [0.05, 0.4, 1.0])
def test_families_of_duplicates_pass_in_files_of_any_length(more_than_one):
    sizes = np.maximum(1, np.random.default_rng(5).poisson(more_than_one, 500_000))
    names = [b"@frag%d" % n for n in np.repeat(np.arange(len(sizes)), sizes)]
    neighbours = Neighbours("reads.fastq")
    neighbours.look_at_head(names[:10_000])
    for at in range(10_000, len(names) - WINDOW, 200):
        neighbours.look_at_window(at + 1, names[at : at + WINDOW])
    neighbours.end()


def test_interleaved_files_given_as_mates_are_refused(tmp_path):
    mixed = save(tmp_path / "mixed.fastq", pairs("casava", range(30)))
    twice = save(tmp_path / "again.fastq", pairs("casava", range(30)))
    first, second = (save(tmp_path / f"{m}.fastq", pairs("casava", range(30))[m::2]) for m in (0, 1))
    assert [one.records for one in check_pair(first, second)] == [30, 30]
    for one, two in ((mixed, twice), (mixed, second), (first, mixed)):
        with pytest.raises(InputError, match=r"mixed\.fastq: holds both mates"):
            check_pair(one, two)


@pytest.mark.parametrize("naming", ["slash", "casava"])
def test_mates_in_the_column_of_the_other_are_told(tmp_path, naming, caplog):
    caplog.set_level(logging.WARNING)
    first, second = (save(tmp_path / f"{m}.fastq", pairs(naming, range(30))[m::2]) for m in (0, 1))
    check_pair(first, second)
    assert not caplog.records
    check_pair(second, first)
    assert [record.getMessage().split(": ", 1)[1][:62] for record in caplog.records] == [
        "holds mates /2 by their names, but is given as fastq_1: are th",
        "holds mates /1 by their names, but is given as fastq_2: are th",
    ]


def test_second_mates_as_single_reads_are_told(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    check_fastq(save(tmp_path / "a.fastq", singles("one mate's", range(90))))
    assert not caplog.records
    check_fastq(save(tmp_path / "b.fastq", singles("second mates alone", range(90))))
    check_fastq(save(tmp_path / "c.fastq", repeated(None, "both mates one after the other", 90)))
    assert "b.fastq: holds second mates by the names" in caplog.text
    assert "c.fastq: holds first and second mates by the names" in caplog.text


@pytest.mark.parametrize(
    ("tail", "says"),
    [(bytes(512), "512 zero bytes follow"), (b"x", "bytes follow the end"), (b"\x1f\x8b\x08\x00", "damaged")],
)
def test_bytes_after_the_gzip_data_are_refused_before_the_trimmer_meets_them(tmp_path, tail, says):
    path = save(tmp_path / "a.fastq.gz", singles("casava", range(3000)))
    assert check_fastq(path).records == 3000
    path.write_bytes(path.read_bytes() + tail)
    with pytest.raises(InputError, match=rf"a\.fastq\.gz: .*{says}"):
        check_fastq(path)
