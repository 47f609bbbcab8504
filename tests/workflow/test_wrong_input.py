"""Wrong input ends a run before heavy work, naming file, row or key and value; nothing is half-written."""

import gzip
import random
import re

import pandas as pd
import pytest
import yaml

from alignment_files import write_bam
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
COLUMNS = ["profile_id", "modality", "assay", "target", "cell_type", "cell_group", "peaks", "assembly"]
ROWS = [
    ["one", "CA", "ATAC", "", "neuron", "brain", "one.bed", "toy1"],
    ["two", "HM", "ChIP", "H3K4me3", "glia", "brain", "two.bed", "toy1"],
]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return copy_checkout(tmp_path_factory.mktemp("wrong"))


@pytest.fixture
def inputs(checkout):
    """Right inputs in the folder; a test spoils one of them."""
    letters = random.Random(1)
    names = ["chr1", "chr2", "chr3", "chrUnused"]
    write_fasta(checkout / "genome.fa", {name: letters.choices("ACGT", k=20_000) for name in names})
    beds = {
        f"{name}.bed": [[c, str(s), str(s + 300)] for c in names[:3] for s in range(first, 19_000, 2_000)]
        for name, first in (("one", 400), ("two", 1_200))
    }
    return {
        "config": yaml.safe_load(yaml.safe_dump(CONFIG)),
        "rows": [list(r) for r in ROWS],
        "beds": beds,
        "folder": checkout,
    }


def run(inputs, *words):
    folder = inputs["folder"]
    (folder / "wrong.yaml").write_text(yaml.safe_dump(inputs["config"]))
    columns = inputs.get("columns", COLUMNS)
    (folder / "sheet.tsv").write_text("\n".join("\t".join(r) for r in [columns, *inputs["rows"]]) + "\n")
    for name, rows in inputs["beds"].items():
        (folder / name).write_text("".join("\t".join(r) + "\n" for r in rows))
    return run_snakemake(folder, *words, "--configfile", "wrong.yaml", check=False)


def complaint(result):
    return result.stdout + result.stderr


def test_right_input_passes(inputs):
    assert run(inputs, "-n").returncode == 0


def unknown_key(inputs):
    inputs["config"]["trainning"] = {}
    return ["wrong.yaml", "trainning", "did you mean 'training'"]


def missing_file(inputs):
    inputs["rows"][1][6] = "gone.bed"
    return ["sheet.tsv", "gone.bed", "3"]


def missing_genome(inputs):
    inputs["config"]["genome"]["fasta"] = "gone.fa"
    return ["genome.fasta", "gone.fa"]


def duplicate_profile(inputs):
    inputs["rows"].append(list(inputs["rows"][0]))
    return ["sheet.tsv", "one", "4"]


def unknown_modality(inputs):
    inputs["rows"][0][1] = "RNA"
    return ["sheet.tsv", "modality", "RNA", "2"]


def other_assembly(inputs):
    inputs["rows"][1][7] = "hg38"
    return ["sheet.tsv", "hg38", "toy1"]


def hostile_name(inputs):
    inputs["rows"][0][0] = "a$(touch pwned)"
    return ["sheet.tsv", "profile_id", "a$(touch pwned)"]


def k_above_tasks(inputs):
    inputs["config"]["groupings"]["km"] = {"method": "kmeans", "k": 3, "heads_from": "SMTL"}
    inputs["config"]["strategies"]["KMTL"] = {"grouping": "km"}
    return ["wrong.yaml: groupings.km.k", "3 groups of 2 tasks"]


def contigs_of_other_names(inputs):
    """All of them in one answer, though nothing has run."""
    inputs["config"]["genome"] |= {"blacklist": "black.bed", "gtf": "genes.gtf", "mitochondrion": "chrM"}
    (inputs["folder"] / "black.bed").write_text("chrUnused\t1\t9\n3\t1\t9\n")
    (inputs["folder"] / "genes.gtf").write_text(
        "chr2\tx\tgene\t1\t9\t.\t+\t.\tid\n1\tx\tgene\t1\t9\t.\t+\t.\tid\n"
    )
    inputs["beds"]["one.bed"][0][0] = "CHR1"
    return [
        "wrong.yaml: 4 faults",
        "genome.mitochondrion: chrM is not in genome.fasta",
        "genome.blacklist: black.bed, line 2: contig '3' is called chr3",
        "genome.gtf: genes.gtf, line 2: contig '1' is called chr1",
        "peaks of one: one.bed, line 1: contig 'CHR1' is called chr1",
    ]


def control_of_another_layout(inputs):
    for name, paired in (("pairs", True), ("single", False)):
        write_bam(inputs["folder"] / f"{name}.bam", [(0, at, at + 100) for at in range(100, 9_000, 90)], paired=paired,
                  sizes=dict.fromkeys(("chr1", "chr2", "chr3", "chrUnused"), 20_000))  # fmt: skip
    inputs["columns"] = [*COLUMNS, "bam", "control"]
    inputs["rows"] = [row + ["", ""] for row in inputs["rows"]] + [
        ["chip", "TFB", "ChIP", "CTCF", "glia", "brain", "", "toy1", "pairs.bam", "in"],
        ["in", "", "input", "", "glia", "brain", "", "toy1", "single.bam", ""],
    ]
    return ["wrong.yaml: profile chip is paired, its control in is single-end", "samtools view -b -f 64"]


@pytest.mark.parametrize(
    "spoil",
    [
        unknown_key,
        missing_file,
        missing_genome,
        duplicate_profile,
        unknown_modality,
        other_assembly,
        hostile_name,
        k_above_tasks,
        contigs_of_other_names,
        control_of_another_layout,
    ],
)
def test_refused_before_any_job(inputs, spoil):
    words = spoil(inputs)
    result = run(inputs, "-n")
    assert result.returncode != 0
    assert all(word in complaint(result) for word in words), complaint(result)
    assert "Traceback" not in complaint(result)


def peak_outside(inputs):
    inputs["beds"]["two.bed"][3] = ["chr1", "19900", "21100"]
    return "peaks/standard/two.narrowPeak.gz", ["two.bed", "line 4", "21100", "20000"]


def unknown_contig(inputs):
    inputs["beds"]["two.bed"][2][0] = "1"
    return "genome/genome.h5", [
        "peaks of two: two.bed, line 3: contig '1' is called chr1",
        "peaks.contig_names",
    ]


def empty_peaks(inputs):
    inputs["beds"]["two.bed"] = []
    return "peaks/standard/two.narrowPeak.gz", ["two.bed", "empty"]


def reads_as_peaks(inputs):
    letters = random.Random(2)
    starts = [letters.choice([3_000, 9_000, 15_000]) + letters.randrange(300) for _ in range(400)]
    inputs["beds"]["two.bed"] = [
        ["chr1", str(s), str(s + 50), "n", "37", letters.choice("+-")] for s in starts
    ]
    return "peaks/standard/two.narrowPeak.gz", [
        "two.bed",
        "looks like reads",
        "bedtobam",
        "set peaks.unlikely to take",
    ]


def cut_gzip(inputs):
    inputs["rows"][1][6] = "two.bed.gz"
    text = "".join("\t".join(row) + "\n" for row in inputs["beds"]["two.bed"])
    (inputs["folder"] / "two.bed.gz").write_bytes(gzip.compress(text.encode())[:-9])
    return "peaks/standard/two.narrowPeak.gz", ["two.bed.gz", "truncated"]


def contig_the_fasta_lacks(inputs):
    inputs["config"]["genome"]["chromosomes"] = ["chr1", "chr2", "chr3", "chr7"]
    return "genome/genome.h5", ["wrong.yaml: genome.chromosomes: chr7 is not in genome.fasta, genome.fa"]


def no_gpu(inputs):
    inputs["config"]["training"]["device"] = "cuda"
    return "checks/device.json", ["cuda"]


@pytest.mark.parametrize(
    "spoil",
    [peak_outside, unknown_contig, empty_peaks, reads_as_peaks, cut_gzip, contig_the_fasta_lacks, no_gpu],
)
def test_refused_by_the_step_that_can_know(inputs, spoil):
    if spoil is no_gpu:
        torch = pytest.importorskip("torch")
        if torch.cuda.is_available():
            pytest.skip("this machine has a GPU")
    target, words = spoil(inputs)
    inputs["config"]["results"] = f"results/{spoil.__name__}"
    result = run(inputs, "-c1", f"{inputs['config']['results']}/{target}")
    assert result.returncode != 0
    assert all(word in complaint(result) for word in words), complaint(result)
    folder = inputs["folder"] / inputs["config"]["results"]
    assert not (folder / target).exists()
    assert not list(folder.rglob("*partial*"))
    assert not list((folder / "models").rglob("*"))


def test_what_does_not_lie_as_peaks_is_taken_where_the_config_insists(inputs):
    """And rows off the FASTA are passed over, ends cut: all of it said in the log."""
    target, _ = reads_as_peaks(inputs)
    inputs["beds"]["two.bed"] += [
        ["chrEBV", "5", "90", "n", "37", "+"],
        ["chr3", "19900", "20007", "n", "37", "-"],
    ]
    inputs["config"] |= {"results": "results/taken", "peaks": {"unlikely": "take"}}
    result = run(inputs, "-c1", f"results/taken/{target}")
    assert result.returncode == 0, complaint(result)
    log = "".join(path.read_text() for path in (inputs["folder"] / "results/taken/logs").glob("*.log"))
    for words in (
        "two.bed: looks like reads",
        "they are taken as peaks",
        "two.bed: 1 of 402 rows passed over, on contigs that the genome's FASTA has not (chrEBV)",
        "two.bed: 1 of 402 rows reach over the end of their contig and end there",
    ):
        assert words in log


READS = "".join(f"@r{n}\nACGTACGT\n+\nFFFF:FFF\n" for n in range(200))
OTHER_GENOME = {"chr1": 20_000, "chr2": 20_000, "chr3": 19_999}
BAD_READS = {  # profile: its files, and what is said of them
    "cut": (
        {"cut.fastq.gz": gzip.compress(READS.encode())[:-20]},
        "cut.fastq.gz: the gzip file is truncated or damaged",
    ),
    "unequal": (
        {"u_1.fastq": READS.encode(), "u_2.fastq": READS[: READS.index("@r150")].encode()},
        "u_2.fastq: 150 records, but u_1.fastq has 200",
    ),
    "turns": (
        {"t.fastq": "".join(f"@r{n}/{m}\nAC\n+\nFF\n" for n in range(50) for m in (1, 2)).encode()},
        "t.fastq: holds both mates of pairs in turns",
    ),
    "behind": (
        {"z.fastq.gz": gzip.compress(READS.encode()) + bytes(512)},
        "z.fastq.gz: 512 zero bytes follow the end of the gzip data",
    ),
    "fasta": ({"f.fastq": b">r1\nACGT\n"}, "f.fastq: is FASTA, without qualities"),
    "phred64": ({"p.fastq": READS.replace("F", "h").replace(":", "B").encode()}, "the old Phred+64"),
    "nothing": ({"n.fastq.gz": gzip.compress(b"")}, "n.fastq.gz: is empty once unpacked"),
    "windows": (
        {"w.fastq": READS.replace("\n", "\r\n").encode()},
        "w.fastq, record 1 (line 1): Windows line ends",
    ),
    "marked": ({"m.fastq": b"\xef\xbb\xbf" + READS.encode()}, "m.fastq: is text with a byte-order mark"),
    "genome": (
        {"g.bam": OTHER_GENOME},
        "g.bam: contig chr3 is 19,999 bp in its header and 20,000 bp in toy1",
    ),
    "half": (
        {"h.bam": dict.fromkeys(("chr1", "chr2", "chr3"), 20_000)},
        "h.bam: is not a whole BAM or CRAM file",
    ),
}


def test_bad_reads_are_refused_before_anything_heavy(inputs):
    """All in one run: each is named with what is wrong, and nothing is made of any."""
    folder, columns = inputs["folder"], [*COLUMNS, "fastq_1", "fastq_2", "bam"]
    for name, (files, _) in BAD_READS.items():
        cells = dict(zip(COLUMNS, [name, "CA", "ATAC", "", "neuron", "brain", "", "toy1"]))
        for column, (path, content) in zip(("fastq_1", "fastq_2"), files.items()):
            if isinstance(content, dict):
                write_bam(
                    folder / path,
                    [(0, at, at + 100) for at in range(100, 9_000, 90)],
                    paired=False,
                    sizes=content,
                )
                column, content = "bam", (folder / path).read_bytes()[: -100 if name == "half" else None]
            (folder / path).write_bytes(content)
            cells[column] = path
        inputs["rows"].append([cells.get(column, "") for column in columns])
    inputs["rows"] = [row + [""] * (len(columns) - len(row)) for row in inputs["rows"]]
    inputs["columns"], inputs["config"]["results"] = columns, "results/reads"
    made = {
        name: f"results/reads/quality/given/{name}.rep1.contigs.tsv"
        if next(iter(files)).endswith(".bam")
        else f"results/reads/quality/fastq/{name}.rep1.json"
        for name, (files, _) in BAD_READS.items()
    }
    result = run(inputs, "-c1", "-k", *made.values())
    assert result.returncode != 0 and "Traceback" not in complaint(result)
    for name, (_, said) in BAD_READS.items():
        assert said in complaint(result), (name, complaint(result))
        assert not (folder / made[name]).exists()
    assert not list((folder / "results/reads").rglob("*partial*"))
    assert not (folder / "results/reads/alignments").exists()


def test_all_reads_are_looked_at_before_any_is_worked_on(inputs):
    """Not even the genome is made, which many a job waits for, when the last row of the sheet has a bad file."""
    folder, columns = inputs["folder"], [*COLUMNS, "fastq_1"]
    inputs["rows"] = []
    for name, content in (("good", READS), ("bad", READS[:-30])):
        (folder / f"{name}.fastq").write_text(content)
        inputs["rows"].append([name, "CA", "ATAC", "", "neuron", "brain", "", "toy1", f"{name}.fastq"])
    inputs["columns"], inputs["config"]["results"] = columns, "results/first"
    result = run(inputs, "-c1", "quality")
    assert result.returncode != 0 and "bad.fastq" in complaint(result)
    logs = folder / "results/first/logs"
    assert {path.name for path in logs.iterdir()} == {"check_fastq"}


def test_what_is_strange_is_flagged_before_training_and_stops_nothing(inputs):
    """Two files of the same peaks, and a profile without a peak on the test chromosome."""
    inputs["rows"] += [
        ["twin", "TFB", "ChIP", "CTCF", "glia", "brain", "twin.bed", "toy1"],
        ["partial", "TFB", "ChIP", "REST", "glia", "gut", "partial.bed", "toy1"],
    ]
    inputs["beds"]["twin.bed"] = inputs["beds"]["two.bed"]
    inputs["beds"]["partial.bed"] = [
        [c, str(int(s) + 700), str(int(e) + 700)] for c, s, e in inputs["beds"]["two.bed"] if c != "chr3"
    ]
    inputs["config"]["results"] = "results/strange"
    results = inputs["folder"] / "results/strange"
    made = run(inputs, "-c1", "dataset")
    assert made.returncode == 0, complaint(made)
    said = (results / "logs/summarise_dataset/dataset.log").read_text()
    for text in (said, complaint(made)):
        assert "tasks two and twin have the same labels in every example" in text
        assert "task partial: no positives in test" in text
    tasks = pd.read_csv(results / "dataset/tasks.tsv", sep="\t", keep_default_na=False).set_index("task_id")
    assert tasks["flag"].to_dict() == {"one": "", "two": "", "twin": "", "partial": "no positives in test"}
    table_i = pd.read_csv(results / "dataset/profiles.tsv", sep="\t", index_col=0)
    assert table_i.loc["Total"].to_dict() == {"CA": 1, "HM": 1, "TFB": 2, "Total": 4}
    figure_4 = pd.read_csv(results / "figures/positives.tsv", sep="\t").set_index("task_id")
    assert figure_4["positives_train"].equals(tasks["positives_train"])
    assert (results / "figures/positives.svg").exists() and not (results / "models").exists()
    scored = run(inputs, "-c1", "results/strange/evaluation/SMTL/seed1/metrics.tsv")
    assert scored.returncode == 0, complaint(scored)
    f1 = pd.read_csv(results / "evaluation/SMTL/seed1/metrics.tsv", sep="\t").set_index("task_id")["test_f1"]
    assert f1.isna().to_dict() == {"one": False, "two": False, "twin": False, "partial": True}
    told = run(inputs, "-c1", "results/strange/report/report.html")
    assert told.returncode == 0, complaint(told)
    audit = pd.read_csv(results / "audit/audit.tsv", sep="\t").set_index("check")
    assert audit.loc["twins", "verdict"] == "warn" and "two = twin." in audit.loc["twins", "figure"]
    page = (results / "report/report.html").read_text()
    assert "2 of 4 tasks have the same labels in every example as another (two = twin)" in page
    assert all(
        re.search(f'<td class="flag">[^<]*same labels as {name}</td>', page) for name in ("two", "twin")
    )
