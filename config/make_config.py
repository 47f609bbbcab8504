#!/usr/bin/env python3
"""Write a config for a sample sheet and the FASTA of its genome.

    make config SHEET=config/mine.tsv FASTA=resources/genome.fa          writes config/mine.yaml
    python config/make_config.py config/mine.tsv resources/genome.fa --out config/other.yaml

Chromosomes, splits, groupings and strategies are chosen from what the files tell, and each choice is said in a comment.
A file that is there is never overwritten.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from epigroup.begin.first_config import write_first_config  # noqa: E402
from epigroup.core.errors import InputError  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "sheet", help="sample sheet: docs/guide/sheet.md; config/sheet_template.tsv is one to fill in"
    )
    parser.add_argument("fasta", help="genome, plain, gzip or bgzip")
    parser.add_argument("--out", help="config to write; default: config/ and the sheet's name")
    words = parser.parse_args()
    out = words.out or f"config/{Path(words.sheet).stem or 'mine'}.yaml"
    cores = len(os.sched_getaffinity(0))
    try:
        remarks = write_first_config(words.sheet, words.fasta, out, cores)
    except InputError as error:
        sys.exit(str(error))
    sys.stderr.write("".join(f"{text}\n" for text in remarks))
    sys.stdout.write(
        f"{out} is written. Read it, change what you like, then:\n"
        f"  snakemake --configfile {out} --cores 1 -- plan\n"
        f"  snakemake --configfile {out} --cores {cores}\n"
    )


if __name__ == "__main__":
    main()
