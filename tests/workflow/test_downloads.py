"""Files of accessions are fetched from a server on this machine, and only those that rows lack."""

import gzip
import hashlib
import random
import re

import pytest
import yaml

from archive_server import Archive, serving
from checkouts import copy_checkout, run_snakemake
from sequence_files import write_fasta

CONFIG = {
    "samples": "sheet.tsv",
    "genome": {"fasta": "genome.fa", "assembly": "toy1", "chromosomes": ["chr1", "chr2", "chr3"]},
    "splits": {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}]},
    "dataset": {"window": 301},
    "training": {"max_steps": 4, "validate_every": 2, "network": {"channels": [4, 4, 4], "hidden": 4}},
    "groupings": {"all": {"method": "all"}},
    "strategies": {"SMTL": {"grouping": "all"}},
}
COLUMNS = ["profile_id", "modality", "assay", "target", "cell_type", "cell_group", "fastq_1", "peaks", "accession",
           "format", "layout", "checksum", "assembly"]  # fmt: skip
PEAKS = gzip.compress(
    "".join(
        f"{c}\t{s}\t{s + 300}\n" for c in ("chr1", "chr2", "chr3") for s in range(400, 19_000, 2_000)
    ).encode()
)
READS = gzip.compress(b"".join(b"@r%d\nACGTACGT\n+\nFFFFFFFF\n" % n for n in range(100)))
MD5 = "md5:" + hashlib.md5(PEAKS).hexdigest()
FETCHED = "ENCFF001ABC.bed.gz"
PLACE = f"/files/ENCFF001ABC/@@download/{FETCHED}"


def row(**cells):
    full = {
        "cell_type": "glia",
        "cell_group": "brain",
        "assembly": "toy1",
        "modality": "TFB",
        "assay": "ChIP",
    }
    return [(full | cells).get(column, "") for column in COLUMNS]


def own(**cells):
    return row(
        profile_id="own", target="MAX", peaks="own.bed.gz", accession="ENCFF002ABC", format="peaks", **cells
    )


def asked(**cells):
    return row(
        profile_id="asked", target="CTCF", accession="ENCFF001ABC", format="peaks", checksum=MD5, **cells
    )


def reads(**cells):
    cells = {"accession": "SRR1016916", "layout": "paired"} | cells
    return row(
        profile_id="reads", modality="CA", assay="ATAC", **{k: v for k, v in cells.items() if k != "modality"}
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    folder = copy_checkout(tmp_path_factory.mktemp("downloads"))
    letters = random.Random(1)
    write_fasta(folder / "genome.fa", {f"chr{n}": letters.choices("ACGT", k=20_000) for n in (1, 2, 3)})
    (folder / "own.bed.gz").write_bytes(PEAKS)
    return folder


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def archive():
    run = "/fastq/SRR101/006/SRR1016916/SRR1016916"
    with serving(Archive({PLACE: PEAKS, f"{run}_1.fastq.gz": READS, f"{run}_2.fastq.gz": READS})) as one:
        yield one


def run(folder, archive, rows, *words, results="results", columns=COLUMNS, **config):
    (folder / "sheet.tsv").write_text("\n".join("\t".join(r) for r in [columns, *rows]) + "\n")
    downloads = {
        "ena": f"{archive.address}/fastq/",
        "encode": f"{archive.address}/files",
        "pause": 0,
        "tries": 3,
    }
    (folder / "mine.yaml").write_text(
        yaml.safe_dump(CONFIG | {"results": results, "downloads": downloads} | config)
    )
    made = run_snakemake(folder, *words, "--configfile", "mine.yaml", check=False)
    return made.returncode, made.stdout + made.stderr


def test_only_rows_without_a_file_are_fetched_and_the_plan_counts_them(checkout, archive):
    rows = [own(), asked(), reads()]
    code, said = run(checkout, archive, rows, "-n")
    assert code == 0, said
    blocks = re.findall(r"rule fetch_file:.*?output: (\S+)", said, re.DOTALL)
    assert sorted(blocks) == [
        f"results/downloads/{name}" for name in (FETCHED, "SRR1016916_1.fastq.gz", "SRR1016916_2.fastq.gz")
    ]
    checked = re.search(r"rule check_fastq:\n +input: (.*)", said)[1]
    assert checked == "results/downloads/SRR1016916_1.fastq.gz, results/downloads/SRR1016916_2.fastq.gz"
    total = int(re.search(r"^total +(\d+)", said, re.MULTILINE)[1])
    code, planned = run(checkout, archive, rows, "-c1", "plan")
    assert code == 0, planned
    assert re.search(r"^ *downloads +3$", planned, re.MULTILINE), planned
    assert re.search(rf"together {total - 1}\b", planned)  # all but the target itself
    assert archive.asked == []


def test_fetched_once_and_not_again_for_another_address_or_place_in_the_sheet(checkout, archive):
    archive.failures = [500, 503]
    target = "results/once/peaks/standard/asked.narrowPeak.gz"
    code, said = run(checkout, archive, [own(), asked()], "-c1", target, results="results/once")
    assert code == 0, said
    assert (checkout / target).exists()
    fetched = checkout / "results/once/downloads"
    assert [path.name for path in fetched.iterdir()] == [FETCHED]
    assert (fetched / FETCHED).read_bytes() == PEAKS
    assert archive.paths == [PLACE] * 3
    log = (checkout / f"results/once/logs/fetch_file/{FETCHED}.log").read_text()
    assert "500 Internal Server Error" in log and "sheet.tsv, profile asked, replicate 1" in log
    moved = [asked(), own()]
    with serving(Archive()) as elsewhere:
        code, said = run(checkout, elsewhere, moved, "-n", "downloads", results="results/once")
    assert code == 0 and "Nothing to be done" in said
    moved[0][COLUMNS.index("checksum")] = "sha256:" + hashlib.sha256(PEAKS).hexdigest()
    code, said = run(checkout, archive, moved, "-n", "downloads", results="results/once")
    assert code == 0 and "rule fetch_file" in said, "a new checksum must be looked at"


def test_files_of_addresses_are_fetched_once_resumed_and_checked(checkout, archive, monkeypatch):
    """A control that two profiles share is fetched once; a transfer that broke is gone on with."""
    big = gzip.compress(random.Random(2).randbytes(1 << 20), 1)
    archive.files |= {"/lab/p%20k.bed.gz?download=1": PEAKS, "/lab/i.fq.gz": big, "/lab/r.fq.gz": READS}
    archive.cuts, archive.cut = (
        [400_000],
        "/lab/i.fq.gz",
    )  # in which order files are fetched is Snakemake's to choose
    lab = f"{archive.address}/lab"
    monkeypatch.setenv("LAB", lab)
    factor = {"target": "MAX", "fastq_1": "$LAB/r.fq.gz", "checksum": "md5:" + hashlib.md5(READS).hexdigest()}
    rows = [
        [*row(profile_id="one", **factor), f"{lab}/i.fq.gz"],
        [*row(profile_id="two", target="REST", fastq_1="own.fq.gz"), "$LAB/i.fq.gz"],
        [*row(profile_id="peaks", target="CTCF", peaks=f"{lab}/p%20k.bed.gz?download=1"), ""],
    ]
    (checkout / "own.fq.gz").write_bytes(READS)
    columns = {"results": "results/address", "columns": [*COLUMNS, "control"]}
    code, said = run(checkout, archive, rows, "-c1", "downloads", **columns)
    assert code == 0, said
    there = sorted(path.name.partition("_")[2] for path in (checkout / "results/address/downloads").iterdir())
    assert there == ["i.fq.gz", "p_k.bed.gz", "r.fq.gz"]
    assert sorted(
        (path, wanted is not None) for path, wanted, _ in archive.asked if path == "/lab/i.fq.gz"
    ) == [
        ("/lab/i.fq.gz", False),
        ("/lab/i.fq.gz", True),
    ]
    assert f"LAB is {lab}" in said
    rows[0][COLUMNS.index("checksum")] = MD5
    code, said = run(checkout, archive, rows, "-c1", "downloads", **columns)
    assert (
        code != 0 and f"sheet.tsv, profile one, replicate 1, column fastq_1: {lab}/r.fq.gz: has md5" in said
    )


def test_the_genome_is_fetched_once_from_its_address_resumed_and_checked(checkout, archive):
    """A plain FASTA whose transfer broke; a blacklist beside it; the labels are made of them."""
    fasta = (checkout / "genome.fa").read_bytes()
    archive.files |= {"/lab/g.fa": fasta, "/lab/black.bed.gz": gzip.compress(b"chr1\t0\t1000\n")}
    archive.cuts, archive.cut = [30_000], "/lab/g.fa"
    lab = f"{archive.address}/lab"
    genome = CONFIG["genome"] | {
        "fasta": f"{lab}/g.fa",
        "blacklist": f"{lab}/black.bed.gz",
        "checksums": {"fasta": "sha256:" + hashlib.sha256(fasta).hexdigest()},
    }
    told = {"results": "results/lab", "genome": genome}
    code, said = run(checkout, archive, [own()], "-c1", "dataset", **told)
    assert code == 0, said
    there = {path.name.partition("_")[2]: path for path in (checkout / "results/lab/downloads").iterdir()}
    assert sorted(there) == ["black.bed.gz", "g.fa"] and there["g.fa"].read_bytes() == fasta
    of_fasta = [(wanted, status) for path, wanted, status in archive.asked if path == "/lab/g.fa"]
    assert of_fasta == [(None, 200), ("bytes=30000-", 206)]
    assert (checkout / "results/lab/dataset/dataset.json").exists()
    code, said = run(checkout, archive, [own()], "-n", "dataset", **told)
    assert code == 0 and "Nothing to be done" in said, said
    genome["checksums"] = {"fasta": MD5}
    code, said = run(checkout, archive, [own()], "-c1", "dataset", **told)
    found = hashlib.md5(fasta).hexdigest()
    assert (
        code != 0
        and (
            f"genome.fasta: {lab}/g.fa: has md5 {found}, where genome.checksums.fasta says {MD5.removeprefix('md5:')}; "
            "correct genome.checksums.fasta, or the address"
        )
        in said
    ), said


def test_what_cannot_be_fetched_is_told_with_row_and_address(checkout, archive):
    bad = {"gone": None, "other": READS, "page": b"<html>log in</html>"}
    places = {}
    for number, (name, content) in enumerate(bad.items(), start=3):
        one = f"ENCFF00{number}ABC"
        places[name] = f"/files/{one}/@@download/{one}.bed.gz"
        if content is not None:
            archive.files[places[name]] = content
    rows = [
        row(profile_id=name, target="REST", accession=place.split("/")[2], format="peaks", checksum=MD5)
        for name, place in places.items()
    ]
    code, said = run(checkout, archive, rows, "-c1", "-k", "downloads", results="results/bad")
    assert code != 0 and "Traceback" not in said
    words = {
        "gone": "the server answers 404 Not Found; check accession, format and layout",
        "other": f"has md5 {hashlib.md5(READS).hexdigest()}, where the sheet says {MD5.removeprefix('md5:')}",
        "page": "is an HTML page and not gzip",
    }
    for name, place in places.items():
        who = f"sheet.tsv, profile {name}, replicate 1, column accession {place.split('/')[2]}"
        assert f"{who}: {archive.address}{place}: {words[name]}" in said, said
    assert not list((checkout / "results/bad").glob("downloads/*"))
