"""Seconds, memory and jobs of `snakemake -n --profile slurm` on a generated sheet of many profiles.

Makes a checkout's copy, empty files for genome and peaks, a sheet and a config with the strategies of the
paper, and measures the dry run as a process of its own. With --paper it is the paper's own config and sheet
of 367 profiles, from reads: two replicates each, and a control for each cell type with ChIP. With --finished,
every file that the run would make is put there empty first, with Snakemake's records of it (--touch), so that
nothing is left to be done; and a second time after .snakemake was deleted, whose records are then put back.

    python benchmarks/dry_run.py [--profiles 2000 | --paper] [--finished]
"""

import argparse
import csv
import gzip
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
COLUMNS = (
    "profile_id", "modality", "assay", "target", "cell_type", "cell_group", "replicate", "fastq_1", "fastq_2", "bam",
    "peaks", "control", "peak_mode", "assembly",
)  # fmt: skip
# modality, assay
KINDS = (("CA", "ATAC"), ("CA", "DNase"), ("HM", "ChIP"), ("TFB", "ChIP"))
CHROMOSOMES = [f"chr{i}" for i in range(1, 23)] + ["chrX"]
CONFIG = {
    "name": "dry run",
    "samples": "dry_run/samples.tsv",
    "results": "results",
    "seeds": [1],
    "genome": {"fasta": "dry_run/genome.fa", "assembly": "toy1", "chromosomes": CHROMOSOMES},
    "splits": {"validation": [{"chrom": "chr7"}], "test": [{"chrom": "chr8"}, {"chrom": "chr9"}]},
    "training": {"precision": "fp32"},  # one that is measured stands in a file, which is empty here
    "groupings": {
        "single": {"method": "single"},
        "all": {"method": "all"},
        "modality": {"method": "sheet", "columns": ["modality"]},
        "cell_group": {"method": "sheet", "columns": ["cell_group"]},
        "kmeans": {"method": "kmeans", "k": 10, "heads_from": "SMTL"},
        "random": {"method": "random", "like": "kmeans"},
    },
    "strategies": {
        "STL": {"grouping": "single", "groups_per_pack": 1},
        "SMTL": {"grouping": "all"},
        "EMTL": {"grouping": "modality"},
        "CMTL": {"grouping": "cell_group"},
        "KMTL": {"grouping": "kmeans"},
        "RANDOM": {"grouping": "random"},
    },
}


def write_inputs(folder: Path, profiles: int) -> None:
    """Sheet, config and input files of a line below `folder`/dry_run."""
    here = folder / "dry_run"
    (here / "peaks").mkdir(parents=True)
    (here / "genome.fa").write_text("".join(f">{name}\nACGT\n" for name in CHROMOSOMES), encoding="utf-8")
    peak = gzip.compress(b"chr1\t1\t3\n")
    rows = ["\t".join(COLUMNS)]
    for i in range(profiles):
        modality, assay = KINDS[i % len(KINDS)]
        name, target = f"profile{i:04d}", f"T{i % 50}" if assay == "ChIP" else ""
        (here / f"peaks/{name}.narrowPeak.gz").write_bytes(peak)
        cells = {
            "profile_id": name, "modality": modality, "assay": assay, "target": target, "cell_type": f"cell{i // 50}",
            "cell_group": f"group{i % 6}", "replicate": "1", "peaks": f"dry_run/peaks/{name}.narrowPeak.gz",
            "peak_mode": "narrow", "assembly": "toy1",
        }  # fmt: skip
        rows.append("\t".join(cells.get(column, "") for column in COLUMNS))
    (here / "samples.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (here / "config.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")


def write_paper(folder: Path) -> int:
    """The paper's config and sheet, from reads, and empty files below `folder`/dry_run; returns how many tasks."""
    here = folder / "dry_run"
    (here / "reads").mkdir(parents=True)
    (here / "genome.fa").write_text("", encoding="utf-8")
    sheet = subprocess.run(
        [sys.executable, REPOSITORY / "config/make_shiri2022_sheet.py"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    tasks = list(csv.DictReader(io.StringIO(sheet), delimiter="\t"))
    rows, controls = ["\t".join(COLUMNS)], {}
    for task in tasks:
        if task["assay"] == "ChIP":
            controls.setdefault(task["cell_type"], f"input{len(controls):03d}")
    inputs = [
        {
            "profile_id": name,
            "assay": "input",
            "cell_type": cell_type,
        }
        for cell_type, name in controls.items()
    ]
    for row in [*tasks, *inputs]:
        control = controls[row["cell_type"]] if row["assay"] == "ChIP" else ""
        for replicate in (1, 2):
            reads = f"dry_run/reads/{row['profile_id']}.rep{replicate}.fastq.gz"
            (folder / reads).write_text("", encoding="utf-8")
            cells = {
                **row, "replicate": str(replicate), "fastq_1": reads, "peaks": "", "control": control,
                "assembly": "hg38", "peak_mode": "narrow",
            }  # fmt: skip
            rows.append("\t".join(cells.get(column, "") for column in COLUMNS))
    (here / "samples.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    config = yaml.safe_load((REPOSITORY / "config/shiri2022.yaml").read_text(encoding="utf-8"))
    config["samples"] = "dry_run/samples.tsv"
    config["genome"]["fasta"] = "dry_run/genome.fa"
    config["training"]["precision"] = "fp32"
    (here / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return len(tasks)


def cluster_jobs(said: str) -> int:
    """Jobs that a dry run would send to the cluster: groups, and rules that are in none."""
    return len(re.findall(r"^\[.*\] Group job |^rule \w+:", said, re.MULTILINE))


def snakemake(folder: Path, *words: str) -> tuple[str, dict[str, float]]:
    """(what it said, its wall and CPU seconds and peak resident megabytes of 10^6 bytes)."""
    start = time.perf_counter()
    with open(folder / "said.txt", "w+", encoding="utf-8") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--configfile", "dry_run/config.yaml", *words],
            cwd=folder, stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        said.seek(0)
        text = said.read()
    if process.returncode:
        raise SystemExit(f"snakemake {' '.join(words)} ended with {process.returncode}:\n{text[-3000:]}")
    return text, {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "megabytes": round(usage.ru_maxrss * 1024 / 1e6),
    }


def make_finished(folder: Path, said: str) -> int:
    """Put every output that a dry run names there, empty, and let Snakemake record them; returns how many."""
    names = {
        name
        for line in re.findall(r"^ +(?:output|log|benchmark): (.*)$", said, re.MULTILINE)
        for name in re.sub(r" \(\w+\)", "", line).split(", ")
    }
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    snakemake(folder, "--touch", "--cores", "1", "--quiet", "all")
    return len(names)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--profiles", type=int, default=2000)
    parser.add_argument("--paper", action="store_true", help="the paper's 367 profiles, from reads")
    parser.add_argument("--finished", action="store_true", help="measure a finished tree too")
    parser.add_argument("--out", type=Path, help="the same as JSON")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="dry_run_") as name:
        folder = Path(name)
        for part in ("Snakefile", "workflow", "profiles"):
            source = REPOSITORY / part
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / part)
        if options.paper:
            profiles = write_paper(folder)
        else:
            profiles = options.profiles
            write_inputs(folder, profiles)
        figures = {"profiles": profiles, "python": platform.python_version()}
        said, figures["empty"] = snakemake(folder, "-n", "--profile", "profiles/slurm")
        figures |= {"jobs": int(re.search(r"^total +(\d+)", said, re.MULTILINE)[1])}
        figures |= {"cluster_jobs": cluster_jobs(said)}
        print(json.dumps(figures, indent=1), flush=True)
        if options.finished:
            figures["files"] = make_finished(folder, said)
            said, figures["finished"] = snakemake(folder, "-n", "--profile", "profiles/slurm")
            if "Nothing to be done" not in said:
                raise SystemExit(f"the tree is not finished:\n{said[-3000:]}")
            print(json.dumps(figures["finished"], indent=1))
            shutil.rmtree(folder / ".snakemake")
            said, figures["records_lost"] = snakemake(folder, "-n", "--profile", "profiles/slurm")
            if "Nothing to be done" not in said or "it was taken from" not in said:
                raise SystemExit(f"the records were not put back:\n{said[-3000:]}")
            print(json.dumps(figures["records_lost"], indent=1))
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
