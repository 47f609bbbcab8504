"""On real reads the workflow's peaks are those of the same tools typed by hand (tests/by_hand/peaks.sh)."""

import gzip
import json
import os
import subprocess

import pytest
import yaml

from checkouts import REPOSITORY, copy_checkout, run_snakemake

HEADER = ["profile_id", "modality", "assay", "target", "cell_type", "cell_group"]
HEADER += ["fastq_1", "fastq_2", "control", "assembly"]
FLY, YEAST = "dm6_chip_cutnrun_fastq", "yeast_fastq_pe"
CASES = {
    "atac": {
        "genome": ("yeast_genome/sacCer3.nuclear.fa.gz", "sacCer3", ["chrVII"]),
        "rows": [
            ["A", "CA", "ATAC", "", "yeast", "A", f"{YEAST}/A-1_vii_1.fastq.gz", f"{YEAST}/A-1_vii_2.fastq.gz", ""],
        ],
    },
    "chip": {
        "genome": (f"{FLY}/dm6.small.fa.gz", "dm6_part", ["chr2L", "chr2R"]),
        "rows": [
            ["GAF", "TFB", "ChIP", "GAF", "embryo", "A", f"{FLY}/chip_ip_4.tiny_R1.fastq.gz", "", "bg"],
            ["bg", "", "input", "", "embryo", "", f"{FLY}/chip_input_3.tiny_R1.fastq.gz", "", ""],
        ],
    },
    "pairs": {
        "genome": (f"{FLY}/dm6.small.fa.gz", "dm6_part", ["chr2L", "chr2R"]),
        "rows": [
            ["Pc", "TFB", "CUTRUN", "Pc", "fly", "A", f"{FLY}/cutnrun_ip_2.small_R1.fastq.gz",
             f"{FLY}/cutnrun_ip_2.small_R2.fastq.gz", ""],
        ],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def checkout(tmp_path_factory, real_data):
    folder = copy_checkout(tmp_path_factory.mktemp("by_hand"))
    (folder / "real").symlink_to(real_data)
    return folder


@pytest.mark.needs("bedtools")
@pytest.mark.parametrize("kind", CASES)
def test_peaks_equal_those_typed_by_hand(checkout, real_data, kind):
    fasta, assembly, chromosomes = CASES[kind]["genome"]
    genome = checkout / f"{kind}.fa"
    command = ["samtools", "faidx", str(real_data / fasta), *chromosomes]
    genome.write_text(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    rows = [
        [*row[:6], *(f"real/{path}" if path else "" for path in row[6:8]), row[8], assembly]
        for row in CASES[kind]["rows"]
    ]
    (checkout / f"{kind}.tsv").write_text("".join("\t".join(row) + "\n" for row in [HEADER, *rows]))
    last = {"chrom": chromosomes[-1]}
    config = {
        "samples": f"{kind}.tsv",
        "results": f"results/{kind}",
        "genome": {"fasta": f"{kind}.fa", "assembly": assembly, "chromosomes": chromosomes},
        "splits": {
            "validation": [last | {"end": 100_000}],
            "test": [last | {"start": 200_000, "end": 300_000}],
        },
        "groupings": {"all": {"method": "all"}},
        "strategies": {"SMTL": {"grouping": "all"}},
    }
    (checkout / f"{kind}.yaml").write_text(yaml.safe_dump(config))
    name = rows[0][0]
    ours = f"results/{kind}/peaks/called/{name}_peaks.narrowPeak.gz"
    facts = f"results/{kind}/quality/strands/{name}.json"
    table = f"results/{kind}/quality/quality.tsv"
    run_snakemake(checkout, "-c2", "--configfile", f"{kind}.yaml", "--", ours, facts, table)
    fragment = json.loads((checkout / facts).read_text())["fragment"] or 200
    hand = checkout / f"hand_{kind}"
    files = [",".join(filter(None, row[6:8])) for row in rows]
    subprocess.run(
        [REPOSITORY / "tests/by_hand/peaks.sh", kind, genome, hand, *files],
        cwd=checkout, env={**os.environ, "FRAGMENT": str(fragment)}, check=True, capture_output=True,
    )  # fmt: skip
    command = f"zcat {ours} | sort -k1,1 -k2,2n | bedtools merge > ours.bed"
    command += f" && bedtools jaccard -a ours.bed -b {hand}/peaks.bed"
    text = subprocess.run(
        command, shell=True, cwd=checkout, check=True, capture_output=True, text=True
    ).stdout
    found = dict(zip(*(line.split("\t") for line in text.splitlines()), strict=True))
    print(kind, found)
    assert float(found["jaccard"]) >= 0.99 and int(found["n_intersections"]) >= 15
    if kind == "chip":
        check_equal_depth(checkout, config)


def check_equal_depth(checkout, config):
    """With fewer fragments, and the control whole, there are fewer peaks; more than there are is refused."""
    whole = count_reads(checkout / "results/chip/alignments/GAF.bam")
    control = count_reads(checkout / "results/chip/alignments/bg.bam")
    (checkout / "thin.yaml").write_text(yaml.safe_dump(config | {"reads": {"fragments": whole // 2}}))
    target = "results/chip/peaks/called/GAF_peaks.narrowPeak.gz"
    before = gzip.decompress((checkout / target).read_bytes())
    run_snakemake(checkout, "-c2", "--configfile", "thin.yaml", "--", target)
    assert count_reads(checkout / "results/chip/alignments/GAF.bam") == whole // 2
    assert count_reads(checkout / "results/chip/alignments/bg.bam") == control
    assert 0 < gzip.decompress((checkout / target).read_bytes()).count(b"\n") < before.count(b"\n")
    (checkout / "thin.yaml").write_text(yaml.safe_dump(config | {"reads": {"fragments": whole + 1}}))
    refused = run_snakemake(checkout, "-c2", "--configfile", "thin.yaml", "--", target, check=False)
    told = (
        refused.stdout + refused.stderr + (checkout / "results/chip/logs/thin_alignments/GAF.log").read_text()
    )
    assert f"GAF: has {whole:,} fragments after the filters" in told


def count_reads(path):
    command = ["samtools", "view", "-c", str(path)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
