"""The least that a config may hold, and changes of it."""

import copy

MINIMAL = {
    "samples": "s.tsv",
    "genome": {"fasta": "g.fa", "assembly": "x", "chromosomes": ["chr1..chr3", "chrX"]},
    "splits": {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3", "start": "5", "end": 9.0}]},
    "seeds": [1, 2],
    "groupings": {
        "all": {"method": "all"},
        "one": {"method": "single"},
        "km": {"method": "kmeans", "k": 2, "heads_from": "SMTL"},
        "random": {"method": "random", "like": "km"},
    },
    "strategies": {
        "SMTL": {"grouping": "all", "seeds": [1]},
        "ONE": {"grouping": "one"},
        "LATE": {"grouping": "one", "seeds": [2]},
    },
}


def with_change(path, value):
    config = copy.deepcopy(MINIMAL)
    at = config
    for key in path[:-1]:
        at = at.setdefault(key, {})
    at[path[-1]] = value
    return config
