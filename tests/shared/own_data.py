"""Small sheets as users bring them, with the files that they name: drawn, so that many kinds are tried."""

import random
from collections.abc import Sequence
from pathlib import Path

from sequence_files import write_fasta
from sheet_examples import write_sheet

KINDS = {
    "CA": {"modality": "CA", "assay": "ATAC"},
    "HM": {"modality": "HM", "assay": "ChIP", "target": "H3K27ac"},
    "TFB": {"modality": "TFB", "assay": "ChIP", "target": "CTCF"},
}


def write_genome(path: Path, lengths: dict[str, int], seed: int = 0) -> Path:
    """A FASTA of random letters; lengths in bp."""
    letters = random.Random(seed)
    write_fasta(path, {name: letters.choices("ACGT", k=size) for name, size in lengths.items()})
    return path


def write_bed(path: Path, places: Sequence[tuple[str, int, int]]) -> str:
    path.write_text("".join(f"{chrom}\t{start}\t{end}\n" for chrom, start, end in places))
    return path.name


def draw_sheet(folder: Path, draw: random.Random, lengths: dict[str, int]) -> tuple[Path, int]:
    """A sheet of 1 to 40 tasks in `folder`, the working folder, and how many there are: peaks or reads, one modality or
    several, chromosomes spelt as in the FASTA or without `chr`, peaks that are points."""
    n, modalities, groups = draw.choice([1, 2, 5, 6, 9, 17, 40]), draw.randint(1, 3), draw.randint(1, 4)
    width, bare = draw.choice([1, 300]), draw.random() < 0.3
    some_reads = draw.choice([0.0, 0.0, 0.5, 1.0])
    rows = []
    for i in range(n):
        row = {"profile_id": f"task{i}", **KINDS[list(KINDS)[draw.randrange(modalities)]]}
        row |= {"cell_type": f"cell{i % 7}", "cell_group": f"group{draw.randrange(groups)}"}
        if draw.random() < some_reads:
            (folder / f"t{i}.fq.gz").touch()
            row["fastq_1"] = f"t{i}.fq.gz"
        else:
            places = []
            for _ in range(draw.choice([3, 20, 60])):
                chrom = draw.choice(list(lengths))
                start = draw.randrange(1, lengths[chrom] - width - 1)
                places.append((chrom.removeprefix("chr") if bare else chrom, start, start + width))
            row["peaks"] = write_bed(folder / f"t{i}.bed", sorted(places))
        rows.append(row)
    return write_sheet(folder / "mine.tsv", [{"assembly": "toy1"} | row for row in rows]), n
