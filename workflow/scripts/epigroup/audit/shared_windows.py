"""Windows of validation or test that share bases with a window of another split."""

from collections.abc import Mapping

import numpy as np

from epigroup.audit.finding import FAIL, PASS, WARN, Finding
from epigroup.audit.windows import PAIRS, read_dataset, split_windows, touching


def check(inputs: Mapping, cfg: Mapping) -> Finding:
    """Count, for each pair of splits, the windows that share at least one base with one of the other split.

    inputs: dataset, shards. cfg: warn_share. Pass: none. One is a warning; more than warn_share of a split's
    windows fail.
    """
    dataset = read_dataset(inputs)
    windows = split_windows(dataset)
    rows, shared, shares = [], 0, []
    for asked, other in PAIRS:
        mine = windows[asked]
        hit = touching(mine, windows[other], len(dataset.chromosomes))
        shared += int(hit.sum())
        shares.append(float(hit.mean()) if len(mine) else 0.0)
        by_chrom = np.bincount(mine.chrom[hit], minlength=len(dataset.chromosomes))
        rows.append(
            {
                "split": asked,
                "with": other,
                "n_windows": len(mine),
                "n_shared": int(hit.sum()),
                "share": shares[-1],
                "worst_chromosome": dataset.chromosomes[int(by_chrom.argmax())] if hit.any() else None,
            }
        )
    verdict = PASS if shared == 0 else WARN if max(shares) <= cfg["warn_share"] else FAIL
    parts = [
        f"{row['n_shared']:,} of {row['n_windows']:,} {row['split']} windows with {row['with']}"
        for row in rows
    ]
    rule = dataset.splits["rule"]
    figure = f"Windows that share a base: {'; '.join(parts)} (rule: {rule})."
    if shared == 0:
        advice = "Nothing to do."
    elif rule == "bin":
        advice = (
            "With splits.rule: bin a bin's start decides and its window reaches over the border; "
            "splits.rule: window leaves such bins out."
        )
    else:
        advice = "The splits' rule should exclude this: make the data set again."
    return Finding(verdict, figure, advice, {"pairs": rows, "rule": rule})
