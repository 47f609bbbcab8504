"""The run that the small results tree is of: its strategies, its config and the settings of training."""

STRATEGIES = {
    "STL": "single",
    "SMTL": "all",
    "EMTL": "modality",
    "CMTL": "cell_group",
    "KMTL": "kmeans",
    "RANDOM": "random",
}
NETWORK = {
    "name": "small",
    "channels": [32, 48, 96],
    "filter_width": 8,
    "pool": 4,
    "dropout": [0.0, 0.0, 0.2],
    "hidden": 64,
    "head": "shared",
}
TRAINING = {
    "network": NETWORK,
    "loss": "bce",
    "focal_gamma": 2.0,
    "total_weight": 0.2,
    "positive_weights": "none",
    "max_positive_weight": 100.0,
    "optimiser": "adam",
    "learning_rate": 0.002,
    "momentum": 0.0,
    "weight_decay": 0.0,
    "batch_size": 64,
    "max_steps": 6000,
    "validate_every": 300,
    "patience": 5,
    "reverse_complement": False,
    "jitter": 0,
    "sampling": "none",
    "keep": "group",
    "balancing": "none",
    "loss_scale": "mean",
    "schedule": "constant",
    "warm_up": 0,
    "averaging": 0.0,
}
PAIRS = [["KMTL", "RANDOM"], ["KMTL", "SMTL"], ["KMTL", "EMTL"], ["KMTL", "CMTL"], ["KMTL", "STL"]]


def config(name: str = "demo") -> dict:
    """A completed config, as far as the report reads it."""
    grouping = {
        "k": None,
        "columns": None,
        "file": None,
        "heads_from": None,
        "like": None,
        "vectors": "raw",
        "append": [],
        "of": "kmeans",
        "starts": 50,
    }
    return {
        "name": name,
        "dataset": {
            "training_regions": "any_peak",
            "evaluation_regions": "any_peak",
            "targets": "labels",
            "signal_transform": "none",
            "negatives_share": 0.5,
            "max_n_fraction": 1.0,
        },
        "genome": {"assembly": "demo1", "blacklist": None},
        "reads": {"trim": True, "mapq": 30, "max_fragment": 2000},
        "peaks": {"qvalue": 0.01, "broad_qvalue": 0.1, "extsize": 200},
        "evaluation": {"min_validation_positives": 20, "both_strands": False, "interval_draws": 200},
        "comparison": {"bootstrap": 1000, "headline": PAIRS, "pools": {}, "seed": 7},
        "audit": {
            "kmer": 24,
            "sketch": 32,
            "similarity": 0.5,
            "warn_share": 0.001,
            "fail_share": 0.05,
            "min_positives": 50,
            "draws": 10000,
            "seed": 3,
        },
        "choices": {},
        "groupings": {
            "single": grouping | {"method": "single"},
            "all": grouping | {"method": "all"},
            "modality": grouping | {"method": "sheet", "columns": ["modality"]},
            "cell_group": grouping | {"method": "sheet", "columns": ["cell_group"]},
            "kmeans": grouping | {"method": "kmeans", "k": 4, "heads_from": "SMTL"},
            "random": grouping | {"method": "random", "like": "kmeans"},
        },
        "strategies": {name: {"grouping": grouping} for name, grouping in STRATEGIES.items()},
    }


def settings(name: str = "demo") -> dict:
    """Keyword arguments of `page.render` and `make_report` besides the inputs."""
    return {
        "report": {
            "name": name,
            "config_hash": "0123456789abcdef" * 4,
            "code": "fedcba9876543210" * 4,
            "used": ["bowtie2", "fastp", "macs", "samtools"],
            "config": config(name),
        },
        "grouping": "kmeans",
        "training": dict.fromkeys(STRATEGIES, TRAINING),
    }
