# Input functions and settings of strata.smk, which the report shares.


from dataclasses import asdict

from epigroup.strata.definitions import choose_bases


def strata_config():
    """What decides the strata: the config's section, and which tasks of the sheet are counted together."""
    rows = task_rows(columns=("task_id", "modality", "target", "cell_type"))
    bases = [asdict(one) for one in choose_bases(rows)]
    return {**settings("strata"), "task_ids": [row["task_id"] for row in rows], "bases": bases}


def stratified_runs():
    """[strategy, seed] of what is trained, and predictions from elsewhere once: they have no seed."""
    return [*trained_runs(), *([name, SEEDS[0]] for name in EXTERNAL)]


def strata_files(pattern):
    """`pattern` for each of `stratified_runs`, in their order."""
    return [
        os.path.join(RESULTS, "strata", pattern.format(strategy=strategy, seed=seed))
        for strategy, seed in stratified_runs()
    ]


def modalities(strategy=None):
    """Task and modality of all tasks, or of those that a strategy learns."""
    grouping = config["strategies"][strategy]["grouping"] if strategy else None
    return task_rows(grouping, ("task_id", "modality"))
