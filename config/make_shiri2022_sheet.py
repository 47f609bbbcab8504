#!/usr/bin/env python3
"""Write a sheet of 367 profiles with the joint counts of Table I of Shiri & Sun 2022.

The paper lists no profiles, only how many there are of each modality, assay and cell group (Table I) and
which cell types make a cell group (section II.B). This sheet has as many rows of each kind; cell types
of a group and targets of a modality are dealt out in turn, so that single rows mean nothing. Put your
own files and names in.

    python config/make_shiri2022_sheet.py > config/shiri2022_samples.tsv

With --placeholders it also makes empty files where none are, so that a dry run can be tried without data.
"""

import argparse
import csv
import sys
from itertools import cycle
from pathlib import Path

# cell group: (ATAC, DNase, HM, TFB), Table I
TABLE_I = {
    "Cancer": (1, 13, 27, 66),
    "Circulation": (0, 3, 5, 2),
    "Glial cell": (18, 4, 13, 4),
    "Mix": (0, 19, 66, 0),
    "Neuron": (22, 3, 37, 16),
    "Progenitor": (0, 3, 43, 2),
}
# Section II.B
CELL_TYPES = {
    "Neuron": ["neuron", "bipolar neuron", "excitatory neuron"],
    "Glial cell": ["astrocyte", "glial cell"],
    "Progenitor": [
        "neural progenitor cell",
        "neuronal stem cell",
        "radial glial cell",
        "neurosphere",
        "ecto neural progenitor cell",
    ],
    "Circulation": ["epithelial cell", "endothelial cell", "pericyte"],
    "Cancer": [
        "SK-N-SH",
        "PFSK-1",
        "SK-N-MC",
        "BE2C",
        "D721Med",
        "D341Med",
        "Daoy",
        "M059J",
        "SK-N-DZ",
        "H4",
        "A172",
    ],
    "Mix": ["bulk brain tissue"],
}
KINDS = [("CA", "ATAC"), ("CA", "DNase"), ("HM", "ChIP"), ("TFB", "ChIP")]
# Not in the paper: marks and factors that ENCODE profiled in such cells.
TARGETS = {
    "HM": ["H3K4me1", "H3K4me3", "H3K9ac", "H3K9me3", "H3K27ac", "H3K27me3", "H3K36me3", "H4K20me1"],
    "TFB": ["CTCF", "REST", "EP300", "POLR2A", "RAD21", "GATA3", "MAX", "YY1", "TCF12", "GABPA"],
}
COLUMNS = ["profile_id", "modality", "assay", "target", "cell_type", "cell_group", "peaks", "assembly"]
FOLDER = "resources/shiri2022"


def rows() -> list[dict[str, str]]:
    """The 367 rows, by cell group and then modality."""
    targets = {modality: cycle(names) for modality, names in TARGETS.items()}
    made = []
    for group, counts in TABLE_I.items():
        cells = cycle(CELL_TYPES[group])
        for (modality, assay), count in zip(KINDS, counts, strict=True):
            for number in range(1, count + 1):
                name = f"{assay if modality == 'CA' else modality}_{group.split()[0]}_{number:02d}"
                made.append(
                    {
                        "profile_id": name,
                        "modality": modality,
                        "assay": assay,
                        "target": next(targets[modality]) if modality in targets else "",
                        "cell_type": next(cells),
                        "cell_group": group,
                        "peaks": f"{FOLDER}/peaks/{name}.narrowPeak.gz",
                        "assembly": "hg38",
                    }
                )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--placeholders",
        action="store_true",
        help=f"also make empty files under {FOLDER} where none are, so that `snakemake -n` finds them",
    )
    words = parser.parse_args()
    table = rows()
    writer = csv.DictWriter(sys.stdout, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    if words.placeholders:
        for path in [f"{FOLDER}/hg38.fa.gz", *(row["peaks"] for row in table)]:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).touch()


if __name__ == "__main__":
    main()
