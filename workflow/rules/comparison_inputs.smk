# Input functions and settings of comparison.smk, some of which the report shares.


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


def costs_config():
    """What `count_costs` is told: the network and batch of each strategy, and which others it could not do without."""
    trained = {}
    for name in STRATEGIES:
        training = config_settings.training_settings(config, name)
        trained[name] = {key: training[key] for key in ("network", "batch_size", "device", "threads")}
    return config_settings.canonical(
        {
            "window": config["dataset"]["window"],
            "runs": trained_runs(),
            "training": trained,
            "needs": {name: compared.needed(config, name) for name in STRATEGIES},
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
