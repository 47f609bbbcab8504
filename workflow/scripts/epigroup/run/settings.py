"""The settings that each stage gets: one dictionary, resolved, with nothing in it that does not concern the stage.

Snakemake keeps it with the results: what stands in it reruns the stage when it changes, and nothing else may.
"""

from collections.abc import Callable, Mapping
from typing import Any

from epigroup import grouping as grouping_methods
from epigroup.config.patience import full_length
from epigroup.config.searches import named_search, search_of, trial_training
from epigroup.config.settings import canonical, config_hash, hashed
from epigroup.config.strategies import count_groups, teacher, warm_start
from epigroup.run.facts import AGREEMENT_COLUMNS, Run


def settings(run: Run, section: str, name: str | None = None) -> Any:
    """What a stage is told: a section of SECTIONS, of a strategy, a grouping or a set of evaluation regions; keys
    sorted. Raises InputError for what the config and the sheet do not allow together."""
    return canonical(SECTIONS[section](run, name))


def grouping_settings(run: Run, name: str) -> dict[str, Any]:
    spec = run.config["groupings"][name]
    shown = dict.fromkeys([*AGREEMENT_COLUMNS, *(spec["columns"] or [])])
    # random groups of one fold must not be those of another, lest what they do to a score be the same in all
    drawn = {"fold": run.fold} if spec["method"] == "random" and run.fold > 1 else {}
    return {
        "method": spec["method"],
        "k": count_groups(run.config, name, run.table),
        "options": {key: spec[key] for key in grouping_methods.options(spec["method"], spec)} | drawn,
        "heads_from": spec["heads_from"],
        "like": spec["like"],
        "tasks": run.task_rows(name, shown),
    }


def own_training(run: Run, strategy: str) -> dict[str, Any]:
    """What a strategy trains with, the strategy that it starts from, and its teacher; how many threads changes no
    result."""
    training = {key: value for key, value in run.training_of(strategy).items() if key != "threads"}
    warm = warm_start(run.config, strategy)
    told = teacher(run.config, strategy)
    if told is not None:
        share = run.config["strategies"][strategy]["teacher_share"]
        training |= {"teacher": told, "teacher_share": share}
    return training if warm is None else training | {"warm_start": warm}


def trained_at_own_rate(run: Run, strategy: str) -> dict[str, Any]:
    """What a strategy trains with; one that searches its rates gets them from a file."""
    searched = search_of(run.config, strategy) is not None
    return {**own_training(run, strategy), **({"learning_rate": None} if searched else {})}


def trial_settings(run: Run, strategy: str) -> dict[str, Any]:
    spec = named_search(run.config, strategy)
    return {"search": spec, "training": trial_training(spec, own_training(run, strategy))}


def study_settings(run: Run, _) -> dict[str, Any]:
    spec = run.config["patience_study"]
    return full_length(own_training(run, spec["strategy"]), spec)


def respelt(run: Run, path: str | None) -> dict[str, str]:
    """How a file that may not be there spells contigs; where it must be as in the FASTA nothing is to be said."""
    how = run.config["peaks"]["contig_names"]
    return {"contig_names": how} if path and how != "as_given" else {}


def label_settings(run: Run, _) -> dict[str, Any]:
    dataset = run.config["dataset"]
    apart = ("max_jitter", "targets", "signal_transform")
    return {
        **{key: value for key, value in dataset.items() if key not in apart},
        **({"signal_transform": dataset["signal_transform"]} if run.signal else {}),
        "blacklist": run.blacklist,
        **respelt(run, run.blacklist),
    }


def evaluation_settings(run: Run, regions: str) -> dict[str, Any]:
    return {
        **_some(run, "evaluation", "min_validation_positives", "interval_draws"),
        "regions": regions,
        "seed": run.config["comparison"]["seed"],
        "targets": run.config["dataset"]["targets"],
    }


def report_settings(run: Run, _) -> dict[str, Any]:
    return {
        "left_out": sorted(run.left_out.items()),
        "name": run.config["name"],
        "config_hash": config_hash(run.config),
        "config": hashed(run.config),
    }


def _some(run: Run, section: str, *keys: str) -> dict[str, Any]:
    return {key: run.config[section][key] for key in keys}


def _whole(section: str) -> Callable[[Run, str | None], Any]:
    return lambda run, _: run.config[section]


SECTIONS: Mapping[str, Callable[[Run, Any], Any]] = {
    "genome": lambda run, _: _some(run, "genome", "chromosomes", "mitochondrion"),
    "peaks": lambda run, _: {
        **_some(run, "peaks", "qvalue", "broad_qvalue", "extsize"),
        "macs": run.config["peaks"]["caller"],
    },
    "peaks_standard": lambda run, _: {
        **_some(run, "peaks", "point_flank", "contig_names", "max_qvalue", "merge_gap"),
        "min_overlap": run.config["dataset"]["min_overlap"],
    },
    "labels": label_settings,
    "splits": lambda run, _: {**run.splits, "max_jitter": run.config["dataset"]["max_jitter"]},
    "training": trained_at_own_rate,
    "trials": trial_settings,
    "study": study_settings,
    "grouping": grouping_settings,
    "covariance": lambda run, _: {
        **run.config["covariance"],
        "batch_size": run.config["evaluation"]["batch_size"],
    },
    "sweep": _whole("sweep"),
    "evaluation": evaluation_settings,
    "prediction": lambda run, _: _some(run, "evaluation", "batch_size", "both_strands"),
    "comparison": _whole("comparison"),
    "strata": _whole("strata"),
    "figures": _whole("figures"),
    "audit_dataset": lambda run, _: _some(
        run, "audit", "kmer", "sketch", "similarity", "warn_share", "fail_share"
    ),
    "audit_thresholds": lambda run, regions: {
        **_some(run, "evaluation", "min_validation_positives"),
        "regions": regions,
    },
    "audit_run": lambda run, _: {
        "targets": run.config["dataset"]["targets"],
        **_some(run, "audit", "min_positives", "draws", "seed"),
    },
    "report": report_settings,
    "simulation": _whole("simulation"),
}
