# Input functions and settings of comparison.smk, some of which the report shares.
from epigroup.config.k_families import families
from epigroup.evaluation.score_names import SCORE_NAMES

K_FAMILIES = families(config)


def k_runs():
    """[strategy, seed] of the trainings that differ in K alone."""
    names = [name for family in K_FAMILIES for name, _, _ in family["strategies"]]
    return [[name, seed] for name in names for seed in STRATEGY_SEEDS(name)]


def k_groupings():
    """[grouping, seed] of these, each once."""
    found = {(config["strategies"][name]["grouping"], seed): None for name, seed in k_runs()}
    return [list(run) for run in found]


def k_files(pattern, runs):
    return [os.path.join(RESULTS, pattern.format(name=name, seed=seed)) for name, seed in runs]


def k_config():
    """What `choose_k` is told."""
    score = SCORE_NAMES[config["dataset"]["targets"]].chosen_by
    return {"families": K_FAMILIES, "runs": k_runs(), "grouped": k_groupings(), "score": score}


def candidate_files(wildcards, pattern):
    """`pattern` for each strategy that a choice is among."""
    return [
        os.path.join(RESULTS, pattern.format(strategy=strategy, seed=wildcards.seed))
        for strategy in compared.candidates(config, wildcards.choice)
    ]


def choice_config(wildcards):
    candidates = compared.candidates(config, wildcards.choice)
    learnt = {task for strategy in candidates for task in strategy_tasks(strategy)}
    return {
        "candidates": candidates,
        "shrink": config["choices"][wildcards.choice]["shrink"],
        "targets": config["dataset"]["targets"],
        "tasks": [row for row in task_rows(columns=("task_id", "modality")) if row["task_id"] in learnt],
    }


def group_tables_of_runs():
    """groups.tsv of each of `trained_runs`."""
    return [
        f"{RESULTS}/groupings/{config['strategies'][strategy]['grouping']}/seed{seed}/groups.tsv"
        for strategy, seed in trained_runs()
    ]


def curve_tables():
    return [
        f"{RESULTS}/models/{strategy}/seed{seed}/pack{pack}.curves.tsv"
        for strategy, seed in trained_runs()
        for pack in packs(strategy)
    ]


def runs_before(part):
    """The searches or affinities that trained runs need, each once."""
    found = [prerequisites.all_before(config, *run) for run in trained_runs()]
    return list(dict.fromkeys(run for one in found for run in getattr(one, part)))


def trial_tables_of_runs():
    return [
        f"{RESULTS}/search/{strategy}/seed{seed}/trials.tsv" for strategy, seed in runs_before("searches")
    ]


def affinity_figures_of_runs():
    return [
        f"{RESULTS}/affinity/{name}/{strategy}/seed{seed}.json"
        for name, strategy, seed in runs_before("affinities")
    ]


def costs_config():
    """What `count_costs` is told: how each strategy trains, and what it could not do without."""
    kept = {"network", "batch_size", "device", "threads", "balancing", *balancing.OPTIONS}
    trained = {
        name: {k: v for k, v in config_settings.training_settings(config, name).items() if k in kept}
        for name in STRATEGIES
    }
    return config_settings.canonical(
        {
            "window": config["dataset"]["window"],
            "runs": trained_runs(),
            "searches": runs_before("searches"),
            "affinities": runs_before("affinities"),
            "training": trained,
            "before": [
                [
                    *run,
                    *(
                        vars(find(config, *run))
                        for find in (prerequisites.directly_before, prerequisites.all_before)
                    ),
                ]
                for run in trained_runs()
            ],
            "choices": {
                name: [compared.candidates(config, name), compared.compared_seeds(config, name)]
                for name in CHOICES
            },
            "pools": config["comparison"]["pools"],
        }
    )


def quality(pattern, profiles):
    return [
        os.path.join(RESULTS, "quality", pattern.format(profile=profile, replicate=one.number))
        for profile in profiles
        for one in PROFILES[profile].replicates
    ]


def trimmed_counts():
    """fastp's counts of the profiles from FASTQ; none where nothing is trimmed."""
    return quality("fastp/{profile}.rep{replicate}.json", FROM_FASTQ if config["reads"]["trim"] else [])


def aligned_counts():
    """samtools' counts of the profiles from FASTQ and BAM."""
    return quality("alignments/{profile}.rep{replicate}.flagstat.txt", [*FROM_FASTQ, *FROM_BAM])
