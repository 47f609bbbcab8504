"""Write the Roadmap pilot set of Avocado (jmschrei/avocado, Apache-2.0) as bigWigs.

The set is a folder of files CELL.ASSAY.pilot.arcsinh.npz, each the arcsinh of the mean -log10 p of 25 bp bins of the
ENCODE pilot regions, end to end and without coordinates. They become tracks of one contig `pilot`, as long as the
bins are, so that coarse factors and stretches lie over borders of regions.

    python config/roadmap_pilot_tracks.py FOLDER resources/roadmap_pilot
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pyBigWig

CONTIG, BIN = "pilot", 25
SUFFIX = ".pilot.arcsinh.npz"


def write_track(source: Path, out: Path) -> int:
    """Write one track as bigWig, values in -log10 p as float32; how many bins it has."""
    values = np.sinh(np.load(source)["arr_0"].astype(np.float64)).astype(np.float32)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".partial.{out.name}")
    with pyBigWig.open(str(partial), "w") as track:
        track.addHeader([(CONTIG, len(values) * BIN)])
        track.addEntries(CONTIG, 0, values=values, span=BIN, step=BIN)
    partial.rename(out)
    return len(values)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="the folder of the .npz files")
    parser.add_argument("out", type=Path, help="the folder of the bigWigs")
    given = parser.parse_args()
    files = sorted(given.folder.glob(f"*{SUFFIX}"))
    if not files:
        raise SystemExit(f"{given.folder}: has no file *{SUFFIX}; name the folder of the pilot set")
    for source in files:
        out = given.out / f"{source.name.removesuffix(SUFFIX)}.bw"
        sys.stdout.write(f"{out}: {write_track(source, out):,} bins\n")


if __name__ == "__main__":
    main()
