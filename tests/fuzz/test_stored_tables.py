"""Spoilt tables: a user's own grouping, and the small texts that stages hand to one another."""

import pytest

from epigroup.comparison.scores import SCORES, read_metrics
from epigroup.dataset.groups import read_groups
from epigroup.genome.contigs import read_contigs
from epigroup.genome.sizes import read_size, read_sizes
from epigroup.grouping.method import GroupingInputs
from epigroup.grouping.table import group_tasks
from epigroup.quality.tables import read_counts
from epigroup.results.files import table as read_report_table
from epigroup.training.group_tables import read_rates
from mutation import BYTES, TABLE, spoilt

TASKS = ["K562_ATAC", "GM.H3K27me3", "SK_CTCF", "SK_REST", "HeLa+x"]
GROUPS = dict(zip(TASKS, ["0", "1", "0", "2", "1"], strict=True))
OWN = ("task_id\tgroup\n" + "".join(f"{task}\t{group}\n" for task, group in GROUPS.items())).encode()
PLACE = r":\d+:|no column|stands twice|have no row|UTF-8|is cut short|is damaged"


def lenient_groups(data):
    """{task: word}, or None for a table that nobody should take."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    lines = text.splitlines()
    rows = [line.split("\t") for line in lines if line.strip()]
    if (
        not rows
        or not lines[0].strip()
        or not "".join(lines).replace("\t", "").isprintable()
        or rows[0].count("task_id") != 1
        or rows[0].count("group") != 1
    ):
        return None
    at, to = rows[0].index("task_id"), rows[0].index("group")
    if any(len(row) != len(rows[0]) for row in rows):
        return None
    found = [(row[at].strip(), row[to].strip()) for row in rows[1:]]
    if sorted(task for task, _ in found) != sorted(TASKS) or not all(word for _, word in found):
        return None
    return dict(found)


@pytest.mark.parametrize("seed", range(2))
def test_spoilt_groupings_of_the_user(tmp_path, tried, seed):
    path = tmp_path / "own.tsv"
    for what, bad in spoilt(OWN, TABLE, 5, seed):
        words = tried.read(path, what, bad, lambda: read_groups(path, TASKS).joined().tolist(), PLACE)
        expected = lenient_groups(bad)
        if words is not None:
            assert expected is not None and words == [expected[task] for task in TASKS], f"{what}: {bad!r}"
        elif expected is not None:
            assert b'"' in bad, f"{what}: refused {bad!r}"


def test_groups_go_by_name_and_not_by_the_spelling_of_numbers(tmp_path):
    path = tmp_path / "own.tsv"
    path.write_bytes(OWN.replace(b"\t0", b"\tone").replace(b"\t1", b"\t01"))
    inputs = GroupingInputs("own", TASKS, None, 3, 1, table=path)
    assert group_tasks(inputs).groups.tolist() == [0, 1, 0, 2, 1]


def test_spoilt_groups_before_training(tmp_path, tried):
    """A table of which rows are missing, doubled or altered trains nothing else than was grouped."""
    path = tmp_path / "groups.tsv"

    def read():
        return read_groups(path, TASKS, overlap=True, numbered=True).by_number()

    for what, bad in spoilt(OWN, TABLE, 5, 3):
        members = tried.read(path, what, bad, read, PLACE)
        expected = lenient_groups(bad)
        if members is not None:
            found = {task: str(group) for group, tasks in members.items() for task in tasks}
            wanted = expected and {task: str(int(word)) for task, word in expected.items()}
            # A task may be in several groups; one line more or less is told by the tasks and the groups.
            assert found == wanted or len(set(bad.splitlines())) > len(OWN.splitlines()), f"{what}: {bad!r}"


RATES = b"group\tlearning_rate\n0\t0.01\n1\t0.003\n2\t1e-4\n"


def test_spoilt_learning_rates(tmp_path, tried):
    path = tmp_path / "rates.tsv"
    for what, bad in spoilt(RATES, TABLE, 3, 4):
        rates = tried.read(
            path, what, bad, lambda: read_rates(path, [0, 1, 2]), r":\d+:|no column|twice|no learning|UTF-8"
        )
        if rates is not None:
            lines = [line.split("\t") for line in bad.decode("utf-8-sig").splitlines() if line.strip()]
            at, to = lines[0].index("group"), lines[0].index("learning_rate")
            assert rates == {int(row[at]): float(row[to]) for row in lines[1:]} and len(rates) == 3, what
            assert all(0 < rate < float("inf") for rate in rates.values()), what


CONTIGS = b"contig\tsize\trole\nchr1\t5000\tchromosome\nchr2\t3000\tchromosome\nchrM\t900\tmitochondrion\nx\t7\tunused\n"
SIZES = b"chr1\t5000\nchr2\t3000\nchrX\t90000\n"
# Cut anywhere, even by one byte: never read as another table.
CUT = {
    "contigs.tsv": (CONTIGS, read_contigs),
    "chrom.sizes": (SIZES, read_sizes),
    "effective_size.txt": (b"2805636331\n", read_size),
}


@pytest.mark.parametrize("name", CUT)
def test_texts_of_the_genome_cut_short(tmp_path, tried, name):
    good, read = CUT[name]
    path = tmp_path / name
    path.write_bytes(good)
    read(path)
    ends = {i + 1 for i, letter in enumerate(good) if letter == ord("\n")}
    for size in range(len(good)):
        value = tried.read(
            path, f"{size} bytes", good[:size], lambda: read(path), r"cut short|is no|names no"
        )
        # Only a cut behind a whole line passes here; rules count the lines of these tables.
        assert value is None or size in ends, f"{size} bytes: {value}"


@pytest.mark.parametrize("name", CUT)
def test_spoilt_texts_of_the_genome(tmp_path, tried, name):
    good, read = CUT[name]
    path = tmp_path / name
    for what, bad in spoilt(good, BYTES, 3, 6):
        tried.read(path, what, bad, lambda: read(path), r"cut short|is no|names no|is damaged")


METRICS = ("task_id\tgroup\t" + "\t".join(SCORES) + "\n" + "".join(
    f"{task}\t0\t" + "\t".join(f"0.{i}{j}5" for j in range(len(SCORES))) + "\n" for i, task in enumerate(TASKS)
)).encode()  # fmt: skip
FLAGSTAT = b"""\
180 + 0 in total (QC-passed reads + QC-failed reads)
170 + 0 primary
0 + 0 secondary
0 + 0 duplicates
11 + 0 primary duplicates
160 + 0 mapped (88.89% : N/A)
150 + 0 primary mapped (88.24% : N/A)
170 + 0 paired in sequencing
140 + 0 with itself and mate mapped
"""


def test_scores_cut_short(tmp_path, tried):
    path = tmp_path / "metrics.tsv"
    ends = {i + 1 for i, letter in enumerate(METRICS) if letter == ord("\n")}
    for size in range(0, len(METRICS), 3):
        table = tried.read(
            path, f"{size}", METRICS[:size], lambda: read_metrics(path), r"cut short|is damaged|no column"
        )
        # Whole lines pass here; what compares strategies holds the tasks against those of blocks.h5.
        assert table is None or size in ends, f"{size} bytes"
    for size in range(0, len(METRICS), 7):
        tried.read(
            path,
            f"{size}",
            METRICS[:size],
            lambda: read_report_table(path, "groups"),
            r"cut short|is damaged|lacks",
        )


def test_counts_of_reads_cut_short(tmp_path, tried):
    path = tmp_path / "p.rep1.flagstat.txt"
    path.write_bytes(FLAGSTAT)
    whole = read_counts([], [str(path)])
    for size in range(0, len(FLAGSTAT), 5):
        found = tried.read(
            path, f"{size}", FLAGSTAT[:size], lambda: read_counts([], [str(path)]), r"cut|damaged"
        )
        assert found is None or found.equals(whole)
