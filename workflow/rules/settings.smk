# The settings that each stage gets: one dict, resolved, with nothing in it that does not concern the stage.


def grouping_settings(name):
    spec = config["groupings"][name]
    shown = dict.fromkeys([*AGREEMENT_COLUMNS, *(spec["columns"] or [])])
    options = {key: spec[key] for key in grouping_methods.options(spec["method"], spec)}
    return {
        "method": spec["method"],
        "k": checked(plan_of.count_groups, config, name, task_table()),
        "options": options,
        "heads_from": spec["heads_from"],
        "like": spec["like"],
        "tasks": task_rows(name, shown),
    }


def training_cfg(name):
    training = {k: v for k, v in config_settings.training_settings(config, name).items() if k != "threads"}
    warm = plan_of.warm_start(config, name)
    return training if warm is None else training | {"warm_start": warm}


def trained_at_own_rate(name):
    """What a strategy trains with; one that searches its rates gets them from a file."""
    searched = searches.search_of(config, name) is not None
    return {**training_cfg(name), **({"learning_rate": None} if searched else {})}


def trial_settings(name):
    spec = searches.search_of(config, name)
    return {"search": spec, "training": searches.trial_training(spec, training_cfg(name))}


def study_settings(_):
    spec = config["patience_study"]
    return full_length(training_cfg(spec["strategy"]), spec)


def respelt(path):
    """How a file that may not be there spells contigs; where it must be as in the FASTA nothing is to be said."""
    how = config["peaks"]["contig_names"]
    return {"contig_names": how} if path and how != "as_given" else {}


def report_settings(_=None):
    kept = {key: value for key, value in config.items() if key not in config_settings.UNHASHED}
    return {
        "left_out": sorted(LEFT_OUT.items()),
        "name": config["name"],
        "config_hash": config_settings.config_hash(config),
        "config": kept,
    }


SECTIONS = {
    "genome": lambda _: {key: config["genome"][key] for key in ("chromosomes", "mitochondrion")},
    "reads": lambda _: {k: v for k, v in config["reads"].items() if k != "threads"},
    "peaks": lambda _: {
        **{key: config["peaks"][key] for key in ("qvalue", "broad_qvalue", "extsize")},
        "macs": config["peaks"]["caller"],
    },
    "peaks_standard": lambda _: {
        **{key: config["peaks"][key] for key in ("point_flank", "contig_names", "max_qvalue", "merge_gap")},
        "min_overlap": config["dataset"]["min_overlap"],
    },
    "labels": lambda _: {
        **{
            key: value
            for key, value in config["dataset"].items()
            if key not in ("max_jitter", "targets", "signal_transform")
        },
        **({"signal_transform": config["dataset"]["signal_transform"]} if SIGNAL else {}),
        "blacklist": BLACKLIST,
        **respelt(BLACKLIST),
    },
    "splits": lambda _: {**config["splits"], "max_jitter": config["dataset"]["max_jitter"]},
    "training": trained_at_own_rate,
    "trials": trial_settings,
    "study": study_settings,
    "grouping": grouping_settings,
    "covariance": lambda _: {**config["covariance"], "batch_size": config["evaluation"]["batch_size"]},
    "sweep": lambda _: config["sweep"],
    "evaluation": lambda regions: {
        "min_validation_positives": config["evaluation"]["min_validation_positives"],
        "regions": regions,
        "interval_draws": config["evaluation"]["interval_draws"],
        "seed": config["comparison"]["seed"],
        "targets": config["dataset"]["targets"],
    },
    "prediction": lambda _: {key: config["evaluation"][key] for key in ("batch_size", "both_strands")},
    "comparison": lambda _: config["comparison"],
    "strata": lambda _: config["strata"],
    "figures": lambda _: config["figures"],
    "audit_dataset": lambda _: {
        key: config["audit"][key] for key in ("kmer", "sketch", "similarity", "warn_share", "fail_share")
    },
    "audit_thresholds": lambda regions: {
        "min_validation_positives": config["evaluation"]["min_validation_positives"],
        "regions": regions,
    },
    "audit_run": lambda _: {
        "targets": config["dataset"]["targets"],
        **{key: config["audit"][key] for key in ("min_positives", "draws", "seed")},
    },
    "report": report_settings,
    "predict": lambda _: config["predict"],
    "simulation": lambda _: config["simulation"],
}


def settings(section, name=None):
    """The one dict of settings that a job gets: resolved, keys sorted, nothing that does not concern it."""
    return config_settings.canonical(SECTIONS[section](name))


# What a config asks that cannot be is said before any job.
for name in GROUPINGS:
    grouping_settings(name)
for name in SEARCHED:
    for seed in searches.search_seeds(config, name):
        checked(searches.searched_tasks, config, name, seed, task_table())
if "patience_study" in config:
    checked(count_profiles, config["patience_study"], task_table())
if "sweep" in config and max(config["sweep"]["k"]) > len(TASKS):
    refuse(f"{CONFIG_SOURCE}: sweep.k: {max(config['sweep']['k'])} groups of {len(TASKS)} tasks")
