# Packs and inputs of the patience study.
import math

STUDY = config["patience_study"]


def study_packs():
    return range(math.ceil(count_profiles(STUDY, task_table()) / STUDY["groups_per_pack"]))


def study_curves(wildcards):
    return [
        f"{RESULTS}/patience/{wildcards.strategy}/seed{wildcards.seed}/pack{pack}.curves.tsv"
        for pack in study_packs()
    ]


def study_tables():
    """What figures and report read of the study; its seed is the first of its strategy's."""
    folder = f"{RESULTS}/patience/{STUDY['strategy']}/seed{STRATEGY_SEEDS(STUDY['strategy'])[0]}"
    return {
        "study": f"{folder}/study.tsv",
        "regret": f"{folder}/regret.tsv",
        "study_groups": f"{folder}/groups.tsv",
        "study_curves": [f"{folder}/pack{pack}.curves.tsv" for pack in study_packs()],
    }
