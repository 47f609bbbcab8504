"""A run that is an imputation alone: bigWigs with planted scales, a sheet of signals and a config."""

from pathlib import Path

import numpy as np
import pyBigWig
import yaml

from planted_tracks import planted_places, planted_values

SIZES = {"chr1": 150_030, "chr2": 60_000}
MISSING = ("A_K9", "D_K4")
NAME = "tracks.yaml"


def write_track_run(folder: Path, **section) -> Path:
    """Write bigWigs, sheet and config (`imputation` with these keys more); the config's path below the folder."""
    places = planted_places(MISSING)
    n_bins = {chrom: size // 25 for chrom, size in SIZES.items()}
    values = np.sinh(np.abs(planted_values(places, 1, n=sum(n_bins.values()), own=0.1, noise=0.02) / 4))
    (folder / "bigwigs").mkdir(parents=True)
    rows = ["profile_id\tassay\ttarget\tcell_type\tsignal\tassembly"]
    for track, of_track in zip(places.tracks, values.astype(np.float32), strict=True):
        path = folder / "bigwigs" / f"{track.task_id}.bw"
        with pyBigWig.open(str(path), "w") as out:
            out.addHeader(list(SIZES.items()))
            start = 0
            for chrom, n in n_bins.items():
                out.addEntries(chrom, 0, values=of_track[start : start + n], span=25, step=25)
                start += n
        rows.append(
            "\t".join(
                [track.task_id, "ChIP", track.assay, track.cell_type, f"bigwigs/{track.task_id}.bw", "toy"]
            )
        )
    (folder / "tracks.tsv").write_text("\n".join(rows) + "\n")
    told = {"assembly": "toy", "chromosomes": list(SIZES), "values": "log10_p", "block": 5000, "draws": 100}
    config = {
        "name": "toy tracks",
        "samples": "tracks.tsv",
        "imputation": told
        | {"folds": {"k": 4}, "models": ["average", "scaled_average", "residual_regression"]}
        | section,
    }
    (folder / NAME).write_text(yaml.safe_dump(config))
    return folder / NAME
