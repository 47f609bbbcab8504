# Input functions and settings of audit.smk.
import types

from epigroup import audit as audits
from epigroup.audit import flow

# Rules that take metrics.tsv in and read validation's columns of it alone: what they decide is made again in the audit
# (choices), or read by name (pairs of tasks).
BY_COLUMN = ("choose_strategies", "choose_all_mappable", "measure_affinity")


def audit_modules(stage):
    """The package modules that hold the checks of a registry."""
    return tuple(
        entry.split(":")[0].removeprefix("epigroup.") for entry, *_ in getattr(audits, stage).values()
    )


ORIGINS = flow.origins(
    workflow.rules, (f"{RESULTS}/evaluation/", f"{RESULTS}/all_mappable/evaluation/"), BY_COLUMN
)


def tested(path):
    """Whether a file holds the predictions of test."""
    return os.path.basename(path) == "test.h5" and path.startswith(f"{RESULTS}/predictions/")


def decision_files():
    """{kind: files} of all that is fitted or chosen before anything is scored."""
    return {
        "networks": [
            f"{RESULTS}/models/{strategy}/seed{seed}/pack{pack}.safetensors"
            for strategy, seed in trained_runs()
            for pack in packs(strategy)
        ],
        "groups": group_tables_of_runs(),
        "rates": [
            f"{RESULTS}/search/{strategy}/seed{seed}/rates.tsv"
            for strategy in SEARCHED
            for seed in searches.search_seeds(config, strategy)
        ],
        "sweep": sweep_tables(),
        "affinities": affinity_tables(),
        "serving": [
            f"{RESULTS}/models/{strategy}/seed{seed}/serving.tsv"
            for strategy, seed in trained_runs()
            if plan_of.overlaps(config, config["strategies"][strategy]["grouping"])
        ],
        "choices": choice_tables(),
        "patience": (
            [study_tables()[name] for name in ("study", "regret")] if "patience_study" in config else []
        ),
    }


def choice_tables():
    return [f"{folder}/evaluation/{name}/seed{seed}/choice.tsv" for folder, name, seed in made_choices()]


def score_folders():
    """{evaluation regions: folder of their scores}: each chooses its own thresholds and strategies."""
    return dict(zip(REGIONS, [RESULTS, f"{RESULTS}/all_mappable"]))


def scored_tasks(name):
    """Ids of the tasks that a strategy, a choice or predictions from elsewhere have scores of, in the sheet's order."""
    if name in CHOICES:
        return [row["task_id"] for row in choice_config(types.SimpleNamespace(choice=name, seed=""))["tasks"]]
    return list(TASKS) if name in EXTERNAL else strategy_tasks(name)


def made_choices():
    """[folder, choice, seed] of all choices among strategies."""
    return [
        [folder, name, seed]
        for folder in score_folders().values()
        for name in CHOICES
        for seed in compared.compared_seeds(config, name)
    ]


def audited(_=None):
    """What `audit_run` reads."""
    return {
        "found": f"{RESULTS}/audit/dataset.json",
        "tasks": f"{RESULTS}/dataset/tasks.tsv",
        "metrics": evaluated("evaluation/{strategy}/seed{seed}/metrics.tsv"),
        "thresholds": [
            f"{folder}/audit/thresholds/{strategy}/seed{seed}/thresholds.tsv"
            for folder in score_folders().values()
            for strategy, seed in trained_runs()
            if not SIGNAL
        ],
        "chosen": choice_tables(),
        "candidates": [
            f"{folder}/evaluation/{strategy}/seed{seed}/metrics.tsv"
            for folder, name, seed in made_choices()
            for strategy in compared.candidates(config, name)
        ],
        "fastp": trimmed_counts(),
        "flagstat": aligned_counts(),
        **({"read_quality": f"{RESULTS}/quality/quality.tsv"} if FROM_READS else {}),
    }


def audit_facts():
    """What of this run is fitted, for `epigroup.audit.fitted`."""
    specs = {name: grouping_of(name) for name in STRATEGIES}
    trained = [config_settings.training_settings(config, name) for name in STRATEGIES]
    vectors = {what for spec in specs.values() for what in grouping_methods.needs(spec["method"], spec)}
    return {
        "targets": config["dataset"]["targets"],
        "baselines": config["baselines"]["names"],
        "regions": REGIONS[0],
        "called": any(one.kind != "peaks" for one in PROFILES.values()),
        "positive_weights": any(one["positive_weights"] != "none" for one in trained),
        "sampling": any(one["sampling"] != "none" for one in trained),
        "searches": bool(SEARCHED),
        "choices": bool(CHOICES),
        "overlap": bool(decision_files()["serving"]),
        "clusterings": any("heads" in grouping_methods.needs(s["method"], s) for s in specs.values()),
        "covariance": "covariance" in vectors,
        "label_correlation": "labels" in vectors,
        "affinities": bool(AFFINITY_RUNS),
        "sweep": "sweep" in config,
        "patience_study": "patience_study" in config,
        "tables": sorted(
            {config["strategies"][n]["grouping"] for n, s in specs.items() if s["method"] == "table"}
        ),
    }


@lru_cache(maxsize=None)
def audit_config():
    """What `audit_run` is told. Only asked for when the job is in the way: it follows the files of the whole run."""
    decisions = decision_files()
    pair = (headline_pairs() or [[STRATEGIES[0], None]])[0]
    scores = evaluated("evaluation/{strategy}/seed{seed}/metrics.tsv")
    return config_settings.canonical(
        {
            **settings("audit_run"),
            "pair": pair,
            "targets": config["dataset"]["targets"],
            "pools": config["comparison"]["pools"],
            "learnt": {
                member: scored_tasks(member)
                for name in pair
                if name
                for member in compared.pool_members(config, name)
            },
            "tasks": [
                {"task_id": task, "donors": PROFILES[task].donors, "batches": PROFILES[task].batches}
                for task in TASKS
            ],
            "facts": audit_facts(),
            "leaks": flow.leaks(decisions, tested, ORIGINS),
            "readers": flow.readers(scores, tested, ORIGINS),
            "followed": {kind: len(files) for kind, files in decisions.items()},
            "choices": [
                {
                    "name": name,
                    "seed": seed,
                    **choice_config(types.SimpleNamespace(choice=name, seed=str(seed))),
                }
                for _, name, seed in made_choices()
            ],
        }
    )
